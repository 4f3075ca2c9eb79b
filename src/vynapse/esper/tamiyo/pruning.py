# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pruning by what is measured: a little at a time, with training in between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, final

from pydantic import Field

from vynapse.core import State
from vynapse.core.compatible import refuse_misfit
from vynapse.errors import ConfigError, TrainingError
from vynapse.esper.leyline.actions import Decision, Narrow, Prune
from vynapse.esper.leyline.measurement import GateResult, Measurement
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.tamiyo import gates
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.settings import Settings


class PruningSettings(Settings):
    """The keys of controller `pruning`."""

    target: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="size at which nothing more is cut: share of the parameters that the stage "
        "began with",
    )
    share: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="what a cut takes out of each layer, but at least one channel of it: share of "
        "the channels",
    )
    rest: int = Field(
        2,
        ge=1,
        description="training after a cut, before the next one and before the end: epochs",
    )
    tolerance: float = Field(
        0.1,
        ge=0,
        description="nothing is cut while the validation loss is above that at the beginning of "
        "the stage by more than this: share of the latter",
    )
    least_contribution: float = Field(
        0.0,
        ge=0,
        description="a fossil is taken out when the upper bound of its contribution is not above "
        "this: unit of the loss (nats for cross-entropy)",
    )


@final
class Pruning:
    """Cuts a network until it is small enough. Nothing grows.

    A cut is one fossil that does not contribute, or where there is none a share of the channels of
    every layer.

    Args:
        settings: how much, how often and down to what.
    """

    def __init__(self, settings: PruningSettings) -> None:
        self._settings = settings
        self._wait = 0  # looks until a cut may come
        self._done = False

    @property
    def wants_fossil_contributions(self) -> bool:
        """Whether a fossil may be taken out at the next look: what it contributes is needed."""
        return not self._done and self._wait <= 1

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to cut now.

        Raises:
            TrainingError: no validation loss was measured yet.
            ConfigError: at the first look, there is nothing to cut.
        """
        if not observation.validation_loss:
            raise TrainingError(
                "controller pruning decides by the validation loss, and there is none: measure it "
                "before the first look"
            )
        if observation.epoch == 0:
            _check(observation)
        self._wait = max(0, self._wait - 1)
        aim = self._settings.target * observation.initial_parameters
        self._done = self._done or observation.parameters <= aim
        asked = self._asked(observation)
        if self._done or self._wait or not all(gate.passed for gate in asked):
            return []
        decisions = self._fossil(observation, asked) or self._layers(observation, aim, asked)
        if decisions:
            self._wait = self._settings.rest
        return decisions

    def state(self) -> State:
        """Looks until a cut may come, and whether the network is small enough."""
        return {"wait": self._wait, "done": self._done}

    def load(self, state: State) -> None:
        """Become the controller whose `state()` this was.

        Raises:
            CheckpointError: it was damaged; nothing was loaded.
        """
        refuse_misfit("controller pruning", self.state(), state)
        self._wait, self._done = state["wait"], state["done"]

    def _asked(self, observation: Observation) -> tuple[GateResult, ...]:
        """What has to hold at every cut."""
        begin = observation.validation_loss[0]
        stable = gates.stability(observation, begin, self._settings.tolerance)
        budget = gates.budget(observation, self._settings.rest, reserve=0.0)
        return (stable,) if budget is None else (stable, budget)

    def _fossil(self, observation: Observation, asked: tuple[GateResult, ...]) -> list[Decision]:
        """The fossil that contributes least, if that is not surely enough."""
        found = [
            (measured.value, slot.slot, fossil, measured)
            for slot in observation.slots
            for fossil, measured in zip(slot.fossils, slot.fossil_contributions, strict=False)
            if measured is not None
        ]
        if not found:
            return []
        _, place, fossil, measured = min(found, key=lambda item: item[0])
        useless = _useless(measured, self._settings.least_contribution)
        if not useless.passed:
            return []
        reason = "the network is surely no worse without the fossil"
        return [Decision(Prune(place, fossil), reason, (*asked, useless))]

    def _layers(
        self, observation: Observation, aim: float, asked: tuple[GateResult, ...]
    ) -> list[Decision]:
        """Every layer that has a channel to spare, until it is enough."""
        decisions, excess = [], observation.parameters - aim
        for layer in (layer for layer in observation.layers if layer.narrows):
            most = min(layer.channels - 1, max(1, int(self._settings.share * layer.channels)))
            fewer = min(most, math.ceil(excess / layer.parameters))
            if fewer > 0:
                excess -= fewer * layer.parameters
                action = Narrow(layer.layer, layer.channels - fewer)
                reason = f"the network is larger than {aim:,.0f} parameters"
                decisions.append(Decision(action, reason, asked))
        return decisions


def _useless(measured: Measurement, threshold: float) -> GateResult:
    """The upper bound of a contribution is not above the threshold."""
    passed = measured.high is not None and measured.high <= threshold
    return GateResult("no contribution", measured, "below", threshold, passed)


def _check(observation: Observation) -> None:
    layers = any(layer.narrows for layer in observation.layers)
    if not layers and not any(slot.fossils for slot in observation.slots):
        raise ConfigError(
            "controller pruning: the network has no fossil and no layer that can become narrower: "
            "choose another controller"
        )


KIND: Final = ControllerKind(
    "pruning",
    "grows nothing: makes a trained network smaller",
    PruningSettings,
    lambda settings, _streams: Pruning(settings),
    grows=False,
    prunes=True,
)
