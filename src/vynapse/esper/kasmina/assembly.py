# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From a grown network as data to one that can grow on, and back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

from vynapse.core import Array
from vynapse.esper.kasmina.attach import HostWithSlots, attach, slot_key
from vynapse.esper.kasmina.blueprints import Blueprint, blueprint
from vynapse.esper.kasmina.grafts import grafts
from vynapse.esper.kasmina.plan import GrownParts, SeedPlan
from vynapse.esper.kasmina.pruning import shrink
from vynapse.esper.kasmina.resizing import reshape
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.kasmina.settled import names_at_rest
from vynapse.networks.foreign import ready
from vynapse.networks.structure import Structure, from_json


def assemble(parts: GrownParts, examples: Array | None = None) -> HostWithSlots:
    """A growing network whose seeds are all fossils, its weights yet to be loaded.

    Args:
        parts: host and seeds.
        examples: see `attach`.

    Raises:
        ConfigError: there is no such layer, slot or blueprint.
    """
    # the host first: a seed that is there now was made at the width that the host has now
    host = bare(from_json(parts.host), parts.widths, parts.shapes)
    network = attach(host, list(parts.slots), parts.input_shape, examples=examples)
    own = grafts(parts.donors, {})
    for place, plans in parts.slots.items():
        for plan in plans:
            plant(network, place, plan, own)
            network.slot(place).fossilize()
    shrink(network, {n: w for n, w in parts.widths.items() if not n.startswith("host.")})
    reshape(network, {n: s for n, s in parts.shapes.items() if not n.startswith("host.")})
    return network


def bare(
    host: Structure,
    widths: Mapping[str, int],
    shapes: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
) -> nn.Module:
    """The host alone, its layers as wide as `widths` and `shapes` say.

    Its weights are drawn from torch's global generator: call it with the generators isolated.
    """
    host, widths = as_wide(host, widths)
    module = ready(host.module())
    shrink(module, {n.removeprefix("host."): w for n, w in widths.items() if n.startswith("host.")})
    own = {n.removeprefix("host."): s for n, s in shapes.items() if n.startswith("host.")}
    reshape(module, own)
    return module


def as_wide(host: Structure, widths: Mapping[str, int]) -> tuple[Structure, dict[str, int]]:
    """The structure of a host whose layers have these widths.

    Returns:
        It, and the widths that it has no key for, those of seeds among them.
    """
    own = {n.removeprefix("host."): w for n, w in widths.items() if n.startswith("host.")}
    structure, left = host.with_widths(own)
    placed = {f"host.{name}" for name in own.keys() - left.keys()}
    return structure, {name: width for name, width in widths.items() if name not in placed}


def plant(
    network: HostWithSlots,
    place: str,
    plan: SeedPlan,
    own: Mapping[str, Blueprint] = MappingProxyType({}),
) -> Seed:
    """Put a fresh seed into a slot, live and closed. Draws from torch's global generator.

    Args:
        network: where.
        place: the slot's place.
        plan: the seed.
        own: blueprints that are known here alone, by name.
    """
    slot = network.slot(place)
    body = blueprint(plan.blueprint, own).body(slot.shape)
    seed = Seed(body, plan.blueprint, plan.operator, slot.shape)
    reference = next(network.host.parameters(), None)
    if reference is not None:
        seed.to(device=reference.device, dtype=reference.dtype)
    seed.train(network.training)
    slot.plant(plan.name, seed, plan.alpha)
    return seed


def growing_tensors(
    parts: GrownParts, tensors: dict[str, Array], network: HostWithSlots
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
