# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth at random: a control with the actions of the heuristic and none of its judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from vynapse.core import State
from vynapse.esper.leyline.actions import Blend, Cull, Decision, Fossilize, Germinate
from vynapse.esper.leyline.observation import Observation, SlotObservation
from vynapse.esper.leyline.stages import SeedStage
from vynapse.esper.tamiyo.room import Room
from vynapse.esper.tamiyo.settings import RandomSettings
from vynapse.seeding import Streams


@final
class Random:
    """Takes each legal action with a stated probability.

    The numbers for a slot at a look are those of stream "random" at generation = epochs done and
    individual = number of the slot: whether to cull, whether to move on, and which blueprint.

    Args:
        settings: the probabilities.
        streams: where the numbers come from.
    """

    def __init__(self, settings: RandomSettings, streams: Streams) -> None:
        self._settings = settings
        self._stream = streams.stream("random")

    def decide(self, observation: Observation) -> Sequence[Decision]:
        """What to do now."""
        numbers = np.arange(len(observation.slots))
        draws = self._stream.uniform(3, observation.epoch, numbers).tolist()
        slots = list(zip(observation.slots, draws, strict=True))
        decisions = [
            decision
            for slot, (cull, move, _) in slots
            if (decision := self._advance(slot, cull, move)) is not None
        ]
        room = Room(observation, self._settings, decisions)
        for slot, (_, move, which) in slots:
            offers = room.offers(slot)
            if offers and move < self._settings.germinate:
                offer = offers[int(which * len(offers))]
                room.take(offer)
                reason = _drawn(self._settings.germinate)
                decisions.append(Decision(Germinate(slot.slot, offer.blueprint), reason))
        return decisions

    def state(self) -> State:
        """Nothing: a draw is a function of the seed, the epoch and the slot."""
        return {}

    def load(self, state: State) -> None:
        """Nothing to do."""

    def _advance(self, slot: SlotObservation, cull: float, move: float) -> Decision | None:
        """What becomes of a seed in training or blending."""
        settings = self._settings
        if slot.stage not in {SeedStage.TRAINING, SeedStage.BLENDING}:
            return None
        if cull < settings.cull:
            return Decision(Cull(slot.slot), _drawn(settings.cull))
        if slot.stage == SeedStage.TRAINING and move < settings.blend:
            return Decision(Blend(slot.slot), _drawn(settings.blend))
        if slot.stage == SeedStage.BLENDING and slot.alpha >= 1 and move < settings.fossilize:
            return Decision(Fossilize(slot.slot), _drawn(settings.fossilize))
        return None


def _drawn(probability: float) -> str:
    return f"it was drawn with probability {probability:g}"
