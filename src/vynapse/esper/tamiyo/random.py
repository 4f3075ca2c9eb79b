# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Growth at random: a control with the actions of the heuristic and none of its judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, final

import numpy as np
from pydantic import Field

from vynapse.esper.leyline.actions import Blend, Cull, Decision, Fossilize, Germinate
from vynapse.esper.leyline.limits import GrowthLimits
from vynapse.esper.leyline.observation import Observation, SlotObservation
from vynapse.esper.leyline.phases import SeedPhase
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.seeding import Streams

Probability = Annotated[float, Field(ge=0, le=1)]


class RandomSettings(LimitSettings):
    """The keys of controller `random`."""

    germinate: Probability = Field(
        0.2, description="chance that a seed germinates in an open slot: probability per epoch"
    )
    blend: Probability = Field(
        0.5,
        description="chance that a seed in training, unless culled, begins to blend: "
        "probability per epoch",
    )
    fossilize: Probability = Field(
        0.5,
        description=(
            "chance that a seed with alpha 1, unless culled, fossilises: probability per epoch"
        ),
    )
    cull: Probability = Field(
        0.1,
        description="chance that a seed in training or blending is culled: probability per epoch",
    )


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
        room = GrowthLimits(observation, self._settings, decisions)
        for slot, (_, move, which) in slots:
            offers = room.offers(slot)
            if offers and move < self._settings.germinate:
                offer = offers[int(which * len(offers))]
                room.take(offer)
                reason = _drawn(self._settings.germinate)
                decisions.append(Decision(Germinate(slot.slot, offer.blueprint), reason))
        return decisions

    def _advance(self, slot: SlotObservation, cull: float, move: float) -> Decision | None:
        """What becomes of a seed in training or blending."""
        settings = self._settings
        if slot.phase not in {SeedPhase.TRAINING, SeedPhase.BLENDING}:
            return None
        if cull < settings.cull:
            return Decision(Cull(slot.slot), _drawn(settings.cull))
        if slot.phase == SeedPhase.TRAINING and move < settings.blend:
            return Decision(Blend(slot.slot), _drawn(settings.blend))
        if slot.phase == SeedPhase.BLENDING and slot.alpha >= 1 and move < settings.fossilize:
            return Decision(Fossilize(slot.slot), _drawn(settings.fossilize))
        return None


def _drawn(probability: float) -> str:
    return f"it was drawn with probability {probability:g}"


KIND: Final = ControllerKind(
    "random",
    "takes each legal action with a stated probability: a control",
    RandomSettings,
    Random,
)
