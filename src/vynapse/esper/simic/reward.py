# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a policy is rewarded for while a network grows: four terms, each with a weight.

    progress     the drop of the validation loss over the loss of chance, since the look before
    proof        at a fossilisation, what a counterfactual proves that the part is worth
    parameters   rent: the logarithm of the parameters over the first
    flops        rent: the logarithm of the operations over the first

Progress is the difference of a potential, minus the loss over that of chance (Ng, Harada & Russell
1999). So over an episode it adds up to the drop from the first look to the last one, whatever
happened in between. A dead network has the potential of chance.

Proof is paid where the lower bound of a contribution is above 0. It is the least of three numbers:

- how much lower the loss is with the part than without it, paired by example
- how much the loss has fallen since the part germinated
- how much of the fall since the first look no fossil has been paid for yet

So a useless part that germinated after a fall, and two parts that claim one gain, earn nothing
more.

Rent is paid for the share of the budget that has passed: over an episode it is the weight times the
mean logarithm. Live seeds count, so that one that never fossilises is not free.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

from pydantic import Field

from vynapse.core import State
from vynapse.core.compatible import NUMBER, Named, refuse_misfit
from vynapse.esper.leyline.actions import Decision, Deepen, Fossilize, Germinate, Widen
from vynapse.esper.leyline.observation import (
    LayerObservation,
    Observation,
    Offer,
    SlotObservation,
)
from vynapse.esper.leyline.phases import LIVE
from vynapse.settings import Settings


class RewardSettings(Settings):
    """The weights of the terms; one of 0 switches its term off."""

    progress: float = Field(1.0, ge=0, description="weight of the drop of the validation loss")
    proof: float = Field(
        0.2, ge=0, description="weight of what a counterfactual proves at a fossilisation"
    )
    parameters: float = Field(
        0.01, ge=0, description="weight of the rent for parameters beyond the first"
    )
    flops: float = Field(
        0.01, ge=0, description="weight of the rent for operations beyond the first"
    )


@final
@dataclass(frozen=True, slots=True)
class Terms:
    """A reward, term by term, weights included; rents are negative."""

    progress: float
    proof: float
    parameters: float
    flops: float

    def total(self) -> float:
        """The reward."""
        return self.progress + self.proof + self.parameters + self.flops


DEAD: Final = -1.0
"""The potential of a network that cannot be trained any more."""


@final
class Reward:
    """Rewards of one episode.

    Args:
        settings: weights.
        first: the network before the first epoch.
    """

    def __init__(self, settings: RewardSettings, first: Observation) -> None:
        self._settings = settings
        self._start = first.validation_loss[-1]
        chance = first.chance_loss or abs(self._start)
        self._scale = chance if chance > 0 and math.isfinite(chance) else 1.0
        self._paid = 0.0  # of the fall since the first look
        self._births: dict[str, float] = {}  # the loss when a part that is on trial germinated

    def potential(self, observation: Observation) -> float:
        """Minus the validation loss over that of chance."""
        return -observation.validation_loss[-1] / self._scale

    def after(
        self, decisions: Sequence[Decision], before: Observation, now: Observation, share: float
    ) -> Terms:
        """The reward of a step.

        Args:
            decisions: what was decided.
            before: the look at which it was.
            now: the look after it.
            share: how much of the budget has passed in between.
        """
        proof = sum(self._proved(decision, before) for decision in decisions)
        progress = self.potential(now) - self.potential(before)
        live = list(_live(now))
        held = now.parameters + sum(offer.parameters for offer in live)
        computed = now.flops + sum(offer.flops for offer in live)
        size = math.log(max(1, held) / max(1, now.initial_parameters))
        work = math.log(max(1, computed) / max(1, now.initial_flops or now.flops))
        return self._weighted(progress, proof, share * size, share * work)

    def dead(self, before: Observation) -> Terms:
        """The reward of a step after which the network cannot be trained any more."""
        return self._weighted(min(0.0, DEAD - self.potential(before)), 0.0, 0.0, 0.0)

    def state(self) -> State:
        """What has been paid, and the losses at the births of parts on trial."""
        return {"paid": self._paid, "births": dict(self._births)}

    def load(self, state: State) -> None:
        """Go on from `state`."""
        refuse_misfit("reward", {"paid": NUMBER, "births": Named(NUMBER)}, state)
        self._paid, self._births = state["paid"], dict(state["births"])

    def _weighted(self, progress: float, proof: float, size: float, work: float) -> Terms:
        weights = self._settings
        return Terms(
            weights.progress * progress,
            weights.proof * proof,
            -weights.parameters * size,
            -weights.flops * work,
        )

    def _proved(self, decision: Decision, seen: Observation) -> float:
        """What a decision is paid for, before the weight."""
        action, loss = decision.action, seen.validation_loss[-1]
        if isinstance(action, (Germinate, Deepen, Widen)):
            place = action.layer if isinstance(action, Widen) else action.slot
            self._births[place] = loss
            return 0.0
        if not isinstance(action, Fossilize):
            return 0.0
        birth = self._births.pop(action.slot, loss)
        part = _part(action.slot, seen)
        found = None if part is None else part.contribution
        if found is None or found.low is None or found.low <= 0:
            return 0.0
        unpaid = self._start - loss - self._paid
        paid = max(0.0, min(found.value, birth - loss, unpaid))
        self._paid += paid
        return paid / self._scale


def _live(seen: Observation) -> Iterator[Offer]:
    """What the seeds that live were made from."""
    for slot in seen.slots:
        if slot.phase in LIVE:
            yield from (offer for offer in slot.offers if offer.blueprint == slot.blueprint)


def _part(name: str, seen: Observation) -> SlotObservation | LayerObservation | None:
    slots = (slot for slot in seen.slots if slot.slot == name)
    return next(slots, None) or next((layer for layer in seen.layers if layer.layer == name), None)
