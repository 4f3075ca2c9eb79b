# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth by the clock: a control that grows as a heuristic would, but sees no measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from pydantic import Field

from vynapse.esper.leyline.actions import Blend, Decision, Fossilize, Germinate
from vynapse.esper.leyline.limits import GrowthLimits
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.limit_settings import LimitSettings


class FixedSettings(LimitSettings):
    """The keys of controller `fixed`."""

    begin: int = Field(5, ge=0, description="when the first seeds germinate: epochs done")
    every: int = Field(
        5, ge=1, description="time from one germination of seeds to the next: epochs"
    )
    training_epochs: int = Field(1, ge=1, description="time in training: epochs")


@final
class FixedSchedule:
    """Germinates at stated epochs, blends after a stated time, fossilizes once alpha is 1.

    Args:
        settings: the times.
    """

    def __init__(self, settings: FixedSettings) -> None:
        self._settings = settings

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to do now."""
        settings = self._settings
        decisions: list[Decision] = []
        for slot in observation.slots:
            if slot.phase == SeedPhase.TRAINING and slot.epochs >= settings.training_epochs:
                decisions.append(Decision(Blend(slot.slot), "its time in training is over"))
            elif slot.phase == SeedPhase.BLENDING and slot.alpha >= 1:
                decisions.append(Decision(Fossilize(slot.slot), "it has blended in"))
        room = GrowthLimits(observation, settings, decisions)
        since = observation.epoch - settings.begin
        if since < 0 or since % settings.every:
            return decisions
        for slot in observation.slots:
            if offers := room.offers(slot):
                room.take(offers[0])
                action = Germinate(slot.slot, offers[0].blueprint)
                decisions.append(Decision(action, f"epoch {observation.epoch} is on the schedule"))
        return decisions


KIND: Final = ControllerKind(
    "fixed",
    "grows by the clock, whatever is measured: a control",
    FixedSettings,
    lambda settings, _streams: FixedSchedule(settings),
)
