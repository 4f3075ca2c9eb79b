# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From a grown network as data to one that can grow on, and back."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from vynapse.core import Array
from vynapse.esper.kasmina.attach import HostWithSlots, attach, slot_key
from vynapse.esper.kasmina.blueprints import blueprint
from vynapse.esper.kasmina.grown import Grown, SeedPlan
from vynapse.esper.kasmina.pruning import shrink
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.kasmina.settled import names_at_rest
from vynapse.networks import modules
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure, from_json


def assemble(parts: Grown, examples: Array | None = None) -> HostWithSlots:
    """A growing network whose seeds are all fossils, its weights yet to be loaded.

    Args:
        parts: host and seeds.
        examples: see `attach`.

    Raises:
        ConfigError: there is no such layer, slot or blueprint.
    """
    # the host first: a seed that is there now was made at the width that the host has now
    host = bare(from_json(parts.host), parts.widths)
    network = attach(host, list(parts.slots), parts.input_shape, examples=examples)
    for place, plans in parts.slots.items():
        for plan in plans:
            plant(network, place, plan)
            network.slot(place).fossilize()
    shrink(network, {n: w for n, w in parts.widths.items() if not n.startswith("host.")})
    return network


def bare(host: Structure, widths: Mapping[str, int]) -> nn.Module:
    """The host alone, its layers as wide as `widths` says; weights yet to be loaded."""
    module = modules.build(host)
    shrink(module, {n.removeprefix("host."): w for n, w in widths.items() if n.startswith("host.")})
    return module


def plant(network: HostWithSlots, place: str, plan: SeedPlan) -> Seed:
    """Put a fresh seed into a slot, live and closed. Draws from torch's global generator."""
    slot = network.slot(place)
    body = blueprint(plan.blueprint).body(slot.shape)
    seed = Seed(body, plan.blueprint, plan.operator, slot.shape)
    reference = next(network.host.parameters(), None)
    if reference is not None:
        seed.to(device=reference.device, dtype=reference.dtype)
    seed.train(network.training)
    slot.plant(plan.name, seed, plan.alpha)
    return seed


def growing_tensors(
    parts: Grown, tensors: dict[str, Array], network: HostWithSlots
) -> dict[str, Array]:
    """A network's tensors under the names that they have while it grows.

    Args:
        parts: the network at rest.
        tensors: its tensors.
        network: what it is to be while it grows.
    """
    if parts.hooks:
        return tensors
    grown = [place for place, plans in parts.slots.items() if plans]
    names = names_at_rest(network.host, grown, network.state_dict())
    return {names.get(name, name): tensor for name, tensor in tensors.items()}


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


def participants(network: HostWithSlots, place: str) -> list[SeedPlan]:
    """The seeds of a slot that take part in the output: fossils, and a seed that blends in."""
    slot = network.slot(place)
    return [
        SeedPlan(name, seed.blueprint, seed.operator, slot.shares[name])
        for name, seed in slot.seeds.items()
        if isinstance(seed, Seed)
        and (name != slot.live or (slot.flow == "open" and slot.shares[name] > 0))
    ]


def prefix_of(place: str, seed: str) -> str:
    """What the names of a seed's parameters begin with."""
    return f"slots.{slot_key(place)}.seeds.{seed}."


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
