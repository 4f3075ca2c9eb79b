# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A grown network as data: what a stage hands on, what a winner's file holds.

    network:
      grown:
        host: {kind: cnn, …}
        input_shape: [3, 32, 32]
        slots: {stage1: [{name: s0, blueprint: conv_heavy, operator: add, alpha: 1.0}], stage2: []}

Its module is the host's own with the fossils in it (`kasmina.settled`). A network in which nothing
has grown is its host, under its own structure and names.

Layers that were pruned are narrower than host and blueprints make them: `widths` has their
channels, `{host.stage1.0: 48, slots.stage1.seeds.s0.body.residual.0: 64}`. An MLP or a CNN has its
layers' widths in its own structure, so that one that was pruned or widened is an MLP or a CNN. Of
another network in which a layer became wider, `shapes` has those of all tensors that this changed.

A seed that began as the copy of another network (`kasmina.grafts`) names it, and `donors` has the
structure of that: nothing else has to be at hand to load the grown network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from pydantic import Field

from vynapse.core import Interface
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.plan import DonorPlan, SeedPlan, may_draw
from vynapse.networks.factory import Factory
from vynapse.networks.structure import Structure, StructureKind, from_json, structure_kind

if TYPE_CHECKING:
    from torch import nn

_FACTORY: Final = f"{__name__}:build"
"""What older files name: there a grown network is a `Factory` with the same keys as options."""


def _is_empty(parts: Mapping[str, object]) -> bool:
    return not parts


class Grown(Structure):
    """A host and the seeds that became a part of it."""

    kind: Literal["grown"] = "grown"
    host: dict[str, Any] = Field(description="structure of the host, with its kind")
    input_shape: tuple[int, ...] = Field(description="shape of one input, without the batch")
    slots: dict[str, tuple[SeedPlan, ...]] = Field(
        default_factory=dict,
        description="seeds that take part, the oldest first, by the part of the host they follow",
    )
    widths: dict[str, int] = Field(
        default_factory=dict, description="channels of the layers that were pruned, by name"
    )
    shapes: dict[str, tuple[int, ...]] = Field(
        default_factory=dict,
        description="shapes of the tensors that became longer with a layer, by name",
        exclude_if=_is_empty,
    )
    hooks: bool = Field(
        False,
        description="seeds follow their parts by hooks, since the host does not call all of its "
        "parts by their names; then tensors have the names of a network that grows",
    )
    donors: dict[str, DonorPlan] = Field(
        default_factory=dict,
        description="the networks whose copies seeds began as, by the names of these blueprints",
        exclude_if=_is_empty,  # so that networks without any have the hash that they always had
    )

    def fit(self, interface: Interface) -> Grown:
        if self.input_shape != interface.inputs:
            raise ConfigError(
                f"network.grown.input_shape: task {interface.name!r} has {interface.inputs}, the "
                f"network has {self.input_shape}"
            )
        host = from_json(self.host).fit(interface)
        return self.model_copy(update={"host": host.model_dump(mode="json")})

    def stochastic(self) -> bool:
        seeds = {seed.blueprint for seeds in self.slots.values() for seed in seeds}
        return from_json(self.host).stochastic() or may_draw(seeds)

    def module(self) -> nn.Module:
        from vynapse.esper.kasmina.assembly import assemble
        from vynapse.esper.kasmina.settled import settle

        network = assemble(self)
        return network if self.hooks else settle(network)


def as_grown(structure: Structure, input_shape: tuple[int, ...]) -> Grown:
    """Host and seeds of any network; one that never grew is a host without seeds.

    Args:
        structure: the structure of the network.
        input_shape: the shape of one input, without the batch.
    """
    if isinstance(structure, Grown):
        return structure
    if structure.kind == "factory" and (old := cast("Factory", structure)).factory == _FACTORY:
        parts: dict[str, Any] = old.options
        slots = {
            place: tuple(SeedPlan(**plan) for plan in plans)
            for place, plans in parts["slots"].items()
        }
        # its tensors have the names of a network that grows
        return Grown(
            host=parts["host"],
            input_shape=tuple(parts["input_shape"]),
            slots=slots,
            widths=parts.get("widths", {}),
            hooks=True,
        )
    return Grown(host=structure.model_dump(mode="json"), input_shape=input_shape)


def build(
    host: dict[str, Any],
    input_shape: Sequence[int],
    slots: Mapping[str, Sequence[dict[str, Any]]],
    widths: Mapping[str, int] = MappingProxyType({}),
) -> nn.Module:
    """The module of a grown network of an older file, its weights yet to be loaded.

    Args:
        host: structure of the host, as `model_dump` gives it.
        input_shape: the shape of one input, without the batch.
        slots: seeds by place, each a `SeedPlan` as a mapping.
        widths: channels of layers that were pruned, by name.

    Raises:
        ConfigError: there is no such layer, slot or blueprint.
    """
    options = {"host": host, "input_shape": input_shape, "slots": slots, "widths": dict(widths)}
    return as_grown(Factory(factory=_FACTORY, options=options), tuple(input_shape)).module()


KIND: Final[StructureKind] = structure_kind(
    Grown, "a host with what has grown in it; mode grow makes them"
)
