# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structures of kind `vector`: some numbers, for functions that know nothing of networks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field

from vynapse.core import Array, FunctionPolicy, Interface, Policy
from vynapse.errors import ConfigError
from vynapse.networks.structure import Structure, StructureKind, structure_kind
from vynapse.seeding import Stream
from vynapse.settings import Size

if TYPE_CHECKING:
    from torch import nn

NAME: Final = "x"
"""The name of the only tensor, (size,)."""
NOTHING: Final = np.empty((1, 0), np.float32)
"""One example without inputs, to which such a network answers with its numbers."""


class Vector(Structure):
    """Some numbers: a network without inputs whose outputs they are."""

    kind: Literal["vector"] = "vector"
    size: Size | None = Field(None, description="how many numbers; null for the task's")

    def fit(self, interface: Interface) -> Vector:
        inputs, outputs = math.prod(interface.inputs), interface.outputs
        if inputs != 0 or self.size not in {None, outputs}:
            raise ConfigError(
                f"network.vector.size: task {interface.name!r} has {inputs} inputs and {outputs} "
                f"outputs, the vector has no inputs and {self.size or outputs} numbers"
            )
        return self.model_copy(update={"size": outputs})

    def layout(self) -> Mapping[str, tuple[int, ...]]:
        return {NAME: (self.size or 0,)}

    def initial(self, stream: Stream, attempt: int) -> dict[str, Array]:
        """Zeros; where to start is the task's to say."""
        return {NAME: np.zeros(self.size or 0, np.float32)}

    def in_arrays(self, tensors: Mapping[str, Array]) -> Policy:
        numbers = tensors[NAME]
        return FunctionPolicy(lambda inputs: np.tile(numbers, (len(inputs), 1)))

    def flops(self, input_shape: tuple[int, ...], examples: Array | None = None) -> int:
        return 0

    def stochastic(self) -> bool:
        return False

    def module(self) -> nn.Module:
        from vynapse.networks.vector_module import Numbers

        return Numbers(self.size or 0)


KIND: Final[StructureKind] = structure_kind(Vector, "some numbers, for functions: vector: {}")
