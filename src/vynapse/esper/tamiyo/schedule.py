# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth by the clock: a control that grows as a heuristic would, but sees no measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from vynapse.core import State
from vynapse.esper.leyline.actions import Blend, Decision, Fossilize, Germinate
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.leyline.stages import SeedStage
from vynapse.esper.tamiyo.room import Room
from vynapse.esper.tamiyo.settings import FixedSettings


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
            if slot.stage == SeedStage.TRAINING and slot.epochs >= settings.training_epochs:
                decisions.append(Decision(Blend(slot.slot), "its time in training is over"))
            elif slot.stage == SeedStage.BLENDING and slot.alpha >= 1:
                decisions.append(Decision(Fossilize(slot.slot), "it has blended in"))
        room = Room(observation, settings, decisions)
        since = observation.epoch - settings.begin
        if since < 0 or since % settings.every:
            return decisions
        for slot in observation.slots:
            if offers := room.offers(slot):
                room.take(offers[0])
                action = Germinate(slot.slot, offers[0].blueprint)
                decisions.append(Decision(action, f"epoch {observation.epoch} is on the schedule"))
        return decisions

    def state(self) -> State:
        """Nothing: the clock is in the observation."""
        return {}

    def load(self, state: State) -> None:
        """Nothing to do."""
