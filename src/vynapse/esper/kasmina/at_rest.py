# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A growing network at rest: what a stage hands on, and what a winner's file holds."""

from __future__ import annotations

from collections.abc import Mapping

from vynapse.esper.kasmina.assembly import participants, prefix_of
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.kasmina.settled import names_at_rest
from vynapse.networks import modules
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure


def as_state(
    network: HostWithSlots, parts: Grown, host: Structure, widths: Mapping[str, int]
) -> NetworkState:
    """The network at rest: the host and the seeds that take part in its output.

    Args:
        network: a growing network.
        parts: what it began as; it says whether fossils follow by hooks.
        host: structure of its host.
        widths: channels of the layers that are narrower than host and blueprints make them.
    """
    host, widths = as_wide(host, widths)
    slots = {place: tuple(participants(network, place)) for place in network.places}
    grown = [place for place, plans in slots.items() if plans]
    absent = tuple(prefix_of(*seed) for seed in _absent(network))
    tensors = {
        name: tensor
        for name, tensor in modules.to_tensors(network).items()
        if not name.startswith(absent)
    }
    hooks = parts.hooks and bool(grown)
    if not hooks:
        names = names_at_rest(network.host, grown, tensors)
        tensors = {name: tensors[own] for name, own in names.items()}
    if not grown and not widths:
        return NetworkState(host, tensors)
    structure = Grown(
        host=host.model_dump(mode="json"),
        input_shape=parts.input_shape,
        slots=slots,
        widths=dict(widths),
        hooks=hooks,
    )
    return NetworkState(structure, tensors)


def as_wide(host: Structure, widths: Mapping[str, int]) -> tuple[Structure, dict[str, int]]:
    """The structure of a host whose layers have these widths.

    Returns:
        It, and the widths that it has no key for, those of seeds among them.
    """
    own = {n.removeprefix("host."): w for n, w in widths.items() if n.startswith("host.")}
    structure, left = host.with_widths(own)
    placed = {f"host.{name}" for name in own.keys() - left.keys()}
    return structure, {name: width for name, width in widths.items() if name not in placed}


def _absent(network: HostWithSlots) -> list[tuple[str, str]]:
    """Seeds that are there but take no part."""
    taking_part = {
        (place, plan.name) for place in network.places for plan in participants(network, place)
    }
    return [
        (place, name)
        for place in network.places
        for name in network.slot(place).shares
        if (place, name) not in taking_part
    ]
