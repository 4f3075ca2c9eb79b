# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who plays for a log: blind choices, networks that explore, and what a task offers."""

import numpy as np
import pytest

from tests.rl.doors import LENGTH, Doors, control
from vynapse.core import Stateless
from vynapse.errors import ConfigError
from vynapse.rl.behaviour import (
    EpsilonGreedy,
    RandomBehaviour,
    behaviour_named,
    collected,
    offered,
)
from vynapse.seeding import Stream, Streams
from vynapse.testing.demand import global_generators


def stream(seed: int = 0) -> Stream:
    return Streams(seed).stream("log")


def test_blind_choices_are_legal_and_equally_likely() -> None:
    task = Doors()
    log = collected({"random": RandomBehaviour(task)}, task, 300, stream())
    assert log.masks is not None
    rooms = log.observations[log.rows].argmax(axis=1)
    locked = log.actions[rooms == 0, 0]
    assert set(locked.tolist()) == {1, 2}
    assert np.bincount(log.actions[rooms == 1, 0], minlength=3).min() > 100
    assert np.bincount(log.actions[:, 1]).min() > 500


@pytest.mark.parametrize(("epsilon", "share"), [(0.0, 0.0), (0.5, 0.25), (1.0, 0.5)])
def test_a_network_explores_as_often_as_was_said(epsilon: float, share: float) -> None:
    task = Doors()
    # always way 1, and door 2, which is never locked
    network = Stateless(
        lambda seen: np.tile(np.array([0, 0.1, 0.9, 0.1, 0.9], np.float32), (len(seen), 1))
    )
    log = collected({"n": EpsilonGreedy(task, network, epsilon)}, task, 300, stream(1))
    assert (log.actions[:, 1] == 0).mean() == pytest.approx(share, abs=0.04)


def test_episodes_are_a_function_of_the_seed_alone() -> None:
    before = global_generators()
    task = Doors()
    one, again, other = (collected(offered(task), task, 40, stream(seed)) for seed in (3, 3, 4))
    assert one.sha256() == again.sha256() != other.sha256()
    assert global_generators() == before
    # twenty of each: more than are played side by side
    assert [row["episodes"] for row in one.played()] == [20, 20]
    assert [row["steps"] for row in one.played()] == [20 * LENGTH] * 2
    assert len({one.observations[start].tobytes() for start in one.rows[one.starts]}) == 3


def test_numbers_of_actions_are_logged_without_masks() -> None:
    task = control("acrobot")
    log = collected({"random": RandomBehaviour(task)}, task, 2, stream())
    assert log.masks is None
    assert log.choices == (3,)
    assert set(np.unique(log.actions)) == {0, 1, 2}
    assert not log.terminated.any() or not log.truncated.all()
    assert (log.terminated | log.truncated).sum() == 2


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="one of random, first, or run:PATH was wanted, got 'fi'"):
        behaviour_named("fi", Doors(), "data.behaviour")
    with pytest.raises(ConfigError, match="at least one for each of 2"):
        collected(offered(Doors()), Doors(), 1, stream())
