# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A grown network as data: what a stage hands on, what a winner's file holds.

Its structure is a `Factory` whose options name the host and the seeds that take part:

    factory: vynapse.esper.kasmina.grown:build
    options:
      host: {kind: cnn, …}
      input_shape: [3, 32, 32]
      slots: {stage1: [{name: s0, blueprint: conv_heavy, operator: add, alpha: 1.0}], stage2: []}

so that every command and every mode takes it like any other network. A network in which nothing
has grown is its host, under its own structure and names.

Layers that were pruned are narrower than host and blueprints make them: the option `widths` has
their channels, `{host.stage1.0: 48, slots.stage1.seeds.s0.body.residual.0: 64}`. An MLP or a CNN
has its layers' widths in its own structure, so that one that was pruned is an MLP or a CNN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

from torch import nn

from vynapse.core import Array
from vynapse.esper.kasmina.attach import Growing, attach, slot_key
from vynapse.esper.kasmina.blending import Operator
from vynapse.esper.kasmina.blueprints import blueprint
from vynapse.esper.kasmina.pruning import shrink
from vynapse.esper.kasmina.seed import Seed
from vynapse.networks import modules
from vynapse.networks.factory import Factory
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure, from_json

FACTORY: Final = "vynapse.esper.kasmina.grown:build"


@dataclass(frozen=True, slots=True)
class SeedPlan:
    """A seed as data.

    Attributes:
        name: within its slot.
        blueprint: what its body is made from.
        operator: how its correction is mixed in.
        alpha: its share.
    """

    name: str
    blueprint: str
    operator: Operator
    alpha: float


@dataclass(frozen=True, slots=True)
class Grown:
    """A network taken apart.

    Attributes:
        host: structure of the host.
        slots: seeds that take part, by place, the oldest first; all places there are.
        widths: channels of the layers that are narrower than these make them, by name.
    """

    host: Structure
    slots: Mapping[str, Sequence[SeedPlan]]
    widths: Mapping[str, int]


def build(
    host: dict[str, Any],
    input_shape: Sequence[int],
    slots: Mapping[str, Sequence[dict[str, Any]]],
    widths: Mapping[str, int] = MappingProxyType({}),
) -> Growing:
    """A grown network with weights yet to be loaded, all its seeds fossils.

    Args:
        host: structure of the host, as `model_dump` gives it.
        input_shape: of one input, without the batch.
        slots: seeds by place, each a `SeedPlan` as a mapping.
        widths: channels of layers that were pruned, by name.

    Raises:
        ConfigError: there is no such layer, slot or blueprint.
    """
    plans = {place: [SeedPlan(**plan) for plan in own] for place, own in slots.items()}
    return assemble(Grown(from_json(host), plans, widths), tuple(input_shape))


def assemble(parts: Grown, input_shape: tuple[int, ...]) -> Growing:
    """The inverse of `take_apart`, but for the weights: a module whose seeds are all fossils."""
    # the host first: a seed that is there now was made at the width that the host has now
    network = attach(bare(parts.host, parts.widths), list(parts.slots), input_shape)
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


def plant(network: Growing, place: str, plan: SeedPlan) -> Seed:
    """Put a fresh seed into a slot, live and closed. Draws from torch's global generator."""
    slot = network.slot(place)
    body = blueprint(plan.blueprint).build(slot.shape)
    seed = Seed(body, plan.blueprint, plan.operator, slot.shape)
    reference = next(network.host.parameters(), None)
    if reference is not None:
        seed.to(device=reference.device, dtype=reference.dtype)
    seed.train(network.training)
    slot.plant(plan.name, seed, plan.alpha)
    return seed


def take_apart(network: NetworkState) -> Grown:
    """Host and seeds of a network; one that never grew is a host without slots."""
    structure = network.structure
    if not isinstance(structure, Factory) or structure.factory != FACTORY:
        return Grown(structure, {}, {})
    slots = {
        place: tuple(SeedPlan(**plan) for plan in plans)
        for place, plans in structure.options["slots"].items()
    }
    widths = structure.options.get("widths", {})
    return Grown(from_json(structure.options["host"]), slots, widths)


def as_state(
    network: Growing,
    host: Structure,
    widths: Mapping[str, int],
    input_shape: tuple[int, ...],
    tensors: dict[str, Array],
) -> NetworkState:
    """The network at rest: the host and the seeds that take part in its output.

    Args:
        network: a growing network.
        host: structure of its host.
        widths: channels of the layers that are narrower than host and blueprints make them.
        input_shape: of one input.
        tensors: its state dict as arrays.
    """
    host, widths = as_wide(host, widths)
    slots = {
        place: [asdict(plan) for plan in participants(network, place)] for place in network.places
    }
    if not any(slots.values()) and not widths:
        own = {n.removeprefix("host."): t for n, t in tensors.items() if n.startswith("host.")}
        return NetworkState(host, own)
    options = {"host": host.model_dump(mode="json"), "input_shape": list(input_shape)}
    options |= {"slots": slots} | ({"widths": widths} if widths else {})
    structure = Factory(factory=FACTORY, options=options)
    absent = tuple(prefix_of(place, name) for place, name in _absent(network))
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(absent)}
    return NetworkState(structure, kept)


def as_wide(host: Structure, widths: Mapping[str, int]) -> tuple[Structure, dict[str, int]]:
    """The structure of a host whose layers have these widths.

    Returns:
        It, and the widths that it has no key for, those of seeds among them.
    """
    own = {n.removeprefix("host."): w for n, w in widths.items() if n.startswith("host.")}
    structure, left = host.with_widths(own)
    placed = {f"host.{name}" for name in own.keys() - left.keys()}
    return structure, {name: width for name, width in widths.items() if name not in placed}


def participants(network: Growing, place: str) -> list[SeedPlan]:
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


def host_tensors(network: NetworkState) -> dict[str, Array]:
    """A network's tensors under the names of a `Growing` with the same host."""
    if isinstance(network.structure, Factory) and network.structure.factory == FACTORY:
        return network.tensors
    return {f"host.{name}": tensor for name, tensor in network.tensors.items()}


def _absent(network: Growing) -> list[tuple[str, str]]:
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
