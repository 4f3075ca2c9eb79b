# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How large a network may grow: the limits that controllers share, and what they leave."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Protocol, final, runtime_checkable

from vynapse.esper.leyline.actions import Cull, Decision, Fossilize
from vynapse.esper.leyline.observation import LayerObservation, Observation, Offer, SlotObservation
from vynapse.esper.leyline.phases import LIVE, OPEN


@runtime_checkable
class Limits(Protocol):
    """The keys about size that every controller which grows has; see their descriptions."""

    @property
    def blueprints(self) -> tuple[str, ...] | None: ...
    @property
    def live_seeds(self) -> int: ...
    @property
    def seeds_per_slot(self) -> int: ...
    @property
    def parameter_limit(self) -> float: ...


@final
class GrowthLimits:
    """What the limits leave for further seeds at one look, after what was decided so far.

    A live seed counts with the parameters that its slot offers its blueprint at. While a seed lives
    whose blueprint its slot does not offer, no other may germinate, since its size is not known.

    Args:
        observation: the look.
        limits: the limits to keep.
        decided: the decisions of this look. A seed that is culled makes room at once. A seed that
            fossilizes no longer lives, but keeps its size.
    """

    def __init__(
        self, observation: Observation, limits: Limits, decided: Sequence[Decision] = ()
    ) -> None:
        culled = {d.action.slot for d in decided if isinstance(d.action, Cull)}
        fossils = {d.action.slot for d in decided if isinstance(d.action, Fossilize)}
        kept = [s for s in observation.slots if s.phase in LIVE and s.slot not in culled]
        self._limits = limits
        self._seeds = limits.live_seeds - sum(slot.slot not in fossils for slot in kept)
        largest = limits.parameter_limit * observation.initial_parameters
        self._parameters = largest - observation.parameters - sum(map(_size, kept))

    def offers(self, slot: SlotObservation, but: Collection[str] = ()) -> list[Offer]:
        """What may germinate in a slot now, the preferred first; nothing where it is not open.

        Args:
            slot: where.
            but: blueprints that are not wanted there.
        """
        full = len(slot.fossils) >= self._limits.seeds_per_slot
        if slot.phase not in OPEN or full or self._seeds < 1:
            return []
        return [
            offer
            for offer in self._preferred(slot)
            if offer.blueprint not in but and offer.parameters <= self._parameters
        ]

    def channels(self, layer: LayerObservation) -> int:
        """How many channels more a layer may have."""
        room = self._parameters / max(1, layer.parameters)
        return max(0, math.floor(room)) if math.isfinite(room) else 0

    def take(self, offer: Offer) -> None:
        """Count in a seed that is going to germinate."""
        self._seeds -= 1
        self._parameters -= offer.parameters

    def take_channels(self, layer: LayerObservation, count: int) -> None:
        """Count in channels that a layer is going to get."""
        self._parameters -= count * layer.parameters

    def _preferred(self, slot: SlotObservation) -> list[Offer]:
        names = self._limits.blueprints
        if names is None:
            return sorted(slot.offers, key=lambda offer: -offer.parameters)
        by_name = {offer.blueprint: offer for offer in slot.offers}
        return [by_name[name] for name in names if name in by_name]


def _size(slot: SlotObservation) -> float:
    sizes = {offer.blueprint: offer.parameters for offer in slot.offers}
    return sizes.get(slot.blueprint or "", math.inf)
