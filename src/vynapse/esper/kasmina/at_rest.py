# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A growing network at rest: what a stage hands on, and what a winner's file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vynapse.esper.kasmina.assembly import as_wide, participants, prefix_of
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.kasmina.plan import SeedPlan
from vynapse.esper.kasmina.settled import names_at_rest
from vynapse.networks.foreign import state_of
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure
from vynapse.networks.tensors import as_array


@dataclass(frozen=True, slots=True)
class Form:
    """What a growing network is at rest, but for its weights.

    Attributes:
        structure: its structure.
        names: names of tensors of the growing network, by those that they have at rest.
    """

    structure: Structure
    names: Mapping[str, str]

    def state(self, network: HostWithSlots) -> NetworkState:
        """The network that this is the form of, at rest."""
        tensors = state_of(network)
        return NetworkState(
            self.structure, {name: as_array(tensors[own]) for name, own in self.names.items()}
        )

    def numbers(self, network: HostWithSlots) -> int:
        """How many numbers its tensors hold."""
        tensors = state_of(network)
        return sum(tensors[own].numel() for own in self.names.values())


def taking_part(network: HostWithSlots) -> dict[str, tuple[SeedPlan, ...]]:
    """The seeds that take part in the output, by place."""
    return {place: tuple(participants(network, place)) for place in network.places}


def form_of(
    network: HostWithSlots,
    parts: Grown,
    host: Structure,
    widths: Mapping[str, int],
    slots: Mapping[str, tuple[SeedPlan, ...]],
    shapes: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
) -> Form:
    """The form at rest: the host and the seeds that take part in its output.

    Args:
        network: a growing network.
        parts: what it began as; it says whether fossils follow by hooks, and has the networks that
            any seed may have begun as.
        host: structure of its host.
        widths: channels of the layers that are not as wide as host and blueprints make them.
        slots: the seeds that take part.
        shapes: shapes of the tensors that became longer with a layer.
    """
    host, widths = as_wide(host, widths)
    grown = [place for place, plans in slots.items() if plans]
    absent = tuple(prefix_of(*seed) for seed in _absent(network, slots))
    own = [name for name in state_of(network) if not name.startswith(absent)]
    hooks = parts.hooks and bool(grown)
    names = {n: n for n in own} if hooks else names_at_rest(network.host, grown, own)
    shapes = {name: shape for name, shape in shapes.items() if not name.startswith(absent)}
    if not grown and not widths and not shapes:
        return Form(host, names)
    used = {plan.blueprint for plans in slots.values() for plan in plans}
    structure = Grown(
        host=host.model_dump(mode="json"),
        input_shape=parts.input_shape,
        slots=dict(slots),
        widths=dict(widths),
        shapes=shapes,
        hooks=hooks,
        donors={name: plan for name, plan in parts.donors.items() if name in used},
    )
    return Form(structure, names)


def _absent(
    network: HostWithSlots, slots: Mapping[str, tuple[SeedPlan, ...]]
) -> list[tuple[str, str]]:
    """Seeds that are there but take no part."""
    present = {(place, plan.name) for place, plans in slots.items() for plan in plans}
    return [
        (place, name)
        for place in network.places
        for name in network.slot(place).shares
        if (place, name) not in present
    ]
