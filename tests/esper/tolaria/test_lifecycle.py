# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lives follow the table, seeds get names of their own, and all of it is JSON."""

import json

import pytest

from vynapse.esper.leyline.phases import Cause, IllegalTransition, SeedPhase
from vynapse.esper.tolaria.lifecycle import Lifecycle


def test_a_seed_lives_and_a_fossil_makes_room_for_another() -> None:
    lives = Lifecycle({"stem": 0, "stage1": 2})
    lives.germinate("stem", "norm", 10)
    assert lives["stem"].seed == "s0"
    assert lives.live() == ["stem"]
    for step, cause in enumerate((Cause.START, Cause.BLEND, Cause.FOSSILIZE), 11):
        lives.age()
        assert lives.advance("stem", cause, step).epochs == 0
        assert lives["stem"].since == step
    assert lives["stem"].phase == SeedPhase.FOSSILIZED
    assert lives.live() == []
    lives.germinate("stem", "conv1x1", 20)
    assert (lives["stem"].seed, lives["stem"].blueprint) == ("s1", "conv1x1")
    assert lives.germinate("stage1", "norm", 20).seed == "s2", "names of fossils are taken"


def test_what_is_no_edge_is_refused_and_changes_nothing() -> None:
    lives = Lifecycle({"stem": 0})
    lives.germinate("stem", "norm", 0)
    before = lives.state()
    with pytest.raises(IllegalTransition):
        lives.germinate("stem", "norm", 1)
    with pytest.raises(IllegalTransition):
        lives.advance("stem", Cause.BLEND, 1)
    assert lives.state() == before


def test_state_is_json_and_comes_back() -> None:
    lives = Lifecycle({"stem": 0, "stage1": 0})
    lives.germinate("stage1", "norm", 3)
    lives.age()
    other = Lifecycle({"stem": 0, "stage1": 0})
    other.load(json.loads(json.dumps(lives.state())))
    assert other["stage1"] == lives["stage1"]
    assert other.live(SeedPhase.GERMINATED) == ["stage1"]
    assert other["stem"].phase == SeedPhase.DORMANT
