# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structures of kind `normalized`: another network, whose inputs are shifted and scaled first.

    network: {normalized: {network: {mlp: [4, 8, 1]}, shift: [0, 0, 0, 0], scale: [1, 5, 1, 5]}}

An input x is seen as (x - shift) * scale, in float32. Modes that normalise observations make it of
their winner, so that module and exports take observations as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, final

import numpy as np
from pydantic import Field

from vynapse.core import Array, Interface, Policy, State
from vynapse.errors import ConfigError
from vynapse.networks.programs import ProgramPolicy
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import Structure, StructureKind, parse_network, structure_kind
from vynapse.seeding import F32, Stream

if TYPE_CHECKING:
    from torch import nn

_INSIDE: Final = "network."
"""Stands before the names of the tensors of the network inside."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """How observations are seen: (o - shift) * scale.

    Attributes:
        shift, scale: (i,), one number for each input.
        count: observations that they were measured on; 0 where they were not measured.
    """

    shift: F32
    scale: F32
    count: int = 0

    def __call__(self, inputs: Array) -> F32:
        """Inputs (batch, …) as the network inside takes them."""
        shape = inputs.shape[1:]
        raw = np.asarray(inputs, np.float32)
        seen: F32 = (raw - self.shift.reshape(shape)) * self.scale.reshape(shape)
        return seen


@final
@dataclass(frozen=True, slots=True)
class NormalizedPolicy:
    """A policy that sees its inputs shifted and scaled.

    Attributes:
        inside: the policy that sees them.
        seen: how.
    """

    inside: Policy
    seen: Seen

    def start(self, batch: int) -> Any:
        """That of the policy inside."""
        return self.inside.start(batch)

    def __call__(self, inputs: Array, state: Any) -> tuple[Array, Any]:
        return self.inside(self.seen(inputs), state)


class Normalized(Structure):
    """A network and how it sees its inputs."""

    kind: Literal["normalized"] = "normalized"
    network: dict[str, Any] = Field(description="the network inside: mlp: [4, 8, 1]")
    inputs: tuple[int, ...] | None = Field(
        None, description="shape of an input; null: that of the task"
    )
    shift: tuple[float, ...] | None = Field(
        None, description="what each input is lessened by; null: nothing"
    )
    scale: tuple[float, ...] | None = Field(
        None, description="what each input is then multiplied by; null: 1"
    )
    count: int = Field(
        0, ge=0, description="observations that shift and scale were measured on; 0: none"
    )

    @cached_property
    def inside(self) -> Structure:
        """The structure of the network inside."""
        return parse_network(self.network, "network.normalized.network")

    @property
    def seen(self) -> Seen:
        """How it sees its inputs.

        Raises:
            ConfigError: the structure is not fitted to a task.
        """
        if self.shift is None or self.scale is None:
            raise ConfigError(
                "network.normalized: a structure fitted to a task was wanted, got an open one"
            )
        return Seen(np.array(self.shift, np.float32), np.array(self.scale, np.float32), self.count)

    def fit(self, interface: Interface) -> Normalized:
        wanted = math.prod(interface.inputs)
        parts = {"shift": self.shift, "scale": self.scale}
        filled = {}
        for name, given in parts.items():
            numbers = (float(name == "scale"),) * wanted if given is None else given
            if len(numbers) != wanted or not np.isfinite(numbers).all():
                raise ConfigError(
                    f"network.normalized.{name}: {wanted} finite numbers were wanted for task "
                    f"{interface.name!r}, got {list(numbers)}"
                )
            filled[name] = numbers
        inside = self.inside.fit(interface)
        update = {**filled, "network": inside.as_key(), "inputs": tuple(interface.inputs)}
        return Normalized.model_validate({**self.model_dump(), **update})

    def layout(self) -> dict[str, tuple[int, ...]] | None:
        own = self.inside.layout()
        return None if own is None else {_INSIDE + name: shape for name, shape in own.items()}

    def initial(self, stream: Stream, attempt: int) -> dict[str, Array]:
        return _outside(self.inside.initial(stream, attempt))

    def in_arrays(self, tensors: Mapping[str, Array]) -> Policy | None:
        inside = self.inside.in_arrays(_inside(tensors))
        return None if inside is None else normalized_policy(inside, self.seen)

    def policy(self, tensors: Mapping[str, Array]) -> Policy:
        return normalized_policy(self.inside.policy(_inside(tensors)), self.seen)

    def flops(self, input_shape: tuple[int, ...], examples: Array | None = None) -> int:
        """Those of the network inside, and 2 for each input."""
        seen = None if examples is None else self.seen(examples)
        return self.inside.flops(input_shape, seen) + 2 * math.prod(input_shape)

    def picture(self, tensors: Mapping[str, Array]) -> str | None:
        return self.inside.picture(_inside(tensors))

    def stochastic(self) -> bool:
        return self.inside.stochastic()

    def module(self) -> nn.Module:
        from vynapse.networks.normalized_module import NormalizedNetwork

        seen, shape = self.seen, self.inputs or ()
        parts = (seen.shift.reshape(shape), seen.scale.reshape(shape))
        return NormalizedNetwork(self.inside.module(), *parts)


def normalized(network: NetworkState, seen: Seen, inputs: tuple[int, ...]) -> NetworkState:
    """A network that sees its inputs shifted and scaled.

    Args:
        network: the network inside.
        seen: how.
        inputs: shape of an input.
    """
    structure = Normalized(
        network=network.structure.as_key(),
        inputs=inputs,
        shift=tuple(seen.shift.astype(float).tolist()),
        scale=tuple(seen.scale.astype(float).tolist()),
        count=seen.count,
    )
    # what was just written down need not be read again for every network of a generation
    structure.__dict__["inside"] = network.structure
    return NetworkState(structure, _outside(network.tensors))


def taken_apart(network: NetworkState) -> tuple[NetworkState, Seen | None]:
    """The network inside and how it sees; the network itself and None where it sees all as is."""
    structure = network.structure
    if not isinstance(structure, Normalized):
        return network, None
    return NetworkState(structure.inside, _inside(network.tensors)), structure.seen


def packed(seen: Seen | None) -> State | None:
    """It as data."""
    return None if seen is None else {"shift": seen.shift, "scale": seen.scale, "count": seen.count}


def unpacked(data: State | None) -> Seen | None:
    """What `packed` made data of."""
    return None if data is None else Seen(data["shift"], data["scale"], int(data["count"]))


def normalized_policy(policy: Policy, seen: Seen) -> Policy:
    """A policy that sees its inputs shifted and scaled; one of the kernels remains one."""
    if isinstance(policy, ProgramPolicy):
        return replace(policy, shift=seen.shift, scale=seen.scale)
    return NormalizedPolicy(policy, seen)


def _outside(tensors: Mapping[str, Array]) -> dict[str, Array]:
    return {_INSIDE + name: tensor for name, tensor in tensors.items()}


def _inside(tensors: Mapping[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(_INSIDE): tensor for name, tensor in tensors.items()}


KIND: Final[StructureKind] = structure_kind(
    Normalized, "a network that sees its inputs shifted and scaled: normalized: {network: …}"
)
