# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of modes lets the built-in ones pass and names what is wrong with a broken one."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import Field

from vynapse.core import Cost, Report, Trainer
from vynapse.networks.state import initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.settings import Settings
from vynapse.tasks.registry import make_task
from vynapse.telemetry.story import Story
from vynapse.testing import check_mode
from vynapse.trainers.mode import MODES, Mode, Stage

SETTINGS: dict[str, dict[str, object]] = {
    "deap": {"strategy": {"kind": "mu+lambda", "mu": 3, "offspring": 6}},
}


def stage() -> Stage:
    task, streams = make_task("spirals", {}), Streams(0)
    structure = parse_network({"mlp": [2, 4, 2]}).fit(task.interface())
    return Stage(task, initial_state(structure, streams), True, streams)


@pytest.mark.parametrize("name", [n for n in MODES.names() if "examples" in MODES.get(n).accepts])
def test_modes_for_examples_keep_their_promises(name) -> None:
    check_mode(MODES.get(name), stage, SETTINGS.get(name, {}), steps=3)


class CoinSettings(Settings):
    side: int = Field(1, description="which side is up")


class Coin(Trainer):
    """The start is the winner, always."""

    def __init__(self, stage: Stage, settings: CoinSettings) -> None:
        self._network, self._step = stage.network, 0

    def step(self) -> Report:
        self._step += 1
        events = (("coin.fell", {"side": 1}),)
        cost = Cost(forwards=self._step)
        return Report(self._step, 1.0, cost, self._step == 1, {"side": 1.0}, events=events)

    def winner(self):
        return self._network

    def state(self) -> dict[str, Any]:
        return {"step": self._step}

    def load(self, state: dict[str, Any]) -> None:
        self._step = state["step"]


SOUND = Mode(
    name="coin",
    summary="tosses a coin",
    settings=CoinSettings,
    build=Coin,
    counts=("forwards",),
    columns=("side",),
    events={"coin.fell": "the coin fell; data: side"},
    story=Story(spans=lambda events, steps: {"coin": [("up", 0, steps)]}, colours={"up": "red"}),
)


class Undescribed(Settings):
    side: int = 1


def test_a_sound_mode_passes() -> None:
    check_mode(SOUND, stage, {})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"summary": "two\nlines"}, "summary must be one line"),
        ({"events": {"coin": "fell"}}, "must begin with a word and a dot"),
        ({"events": {}}, r"events \['coin.fell'\] are not declared"),
        ({"columns": ()}, r"metrics \['side'\] are not among the columns"),
        ({"counts": ("forwards", "flops")}, r"it counts \['flops', 'forwards'\], the cost has"),
        ({"settings": Undescribed}, "every key of settings needs a description"),
        ({"how": frozenset({"evaluator"})}, r"how names \['evaluator'\]"),
        ({"presets": {"xor": {"edge": 2}}}, "the preset for xor is wrong: preset.edge: unknown"),
        ({"fallback": {"budget": {"flops": 9}}}, r"limits \['flops'\], which the mode does not"),
        ({"story": Story(spans=lambda e, s: {"coin": [("up", 0, s)]})}, "no colour for"),
        ({"steps_per_epoch": lambda task, settings: 0}, "steps_per_epoch must be at least 1"),
    ],
)
def test_a_broken_mode_is_caught(changes, sentence) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_mode(replace(SOUND, **changes), stage, {})
