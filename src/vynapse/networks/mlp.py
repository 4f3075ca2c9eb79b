# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structures of kind `mlp`: fully connected layers, computed in NumPy or by torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import Field

from vynapse.core import Array, FunctionPolicy, Interface, Policy
from vynapse.errors import ConfigError
from vynapse.networks import arrays
from vynapse.networks.structure import Structure, StructureKind, structure_kind
from vynapse.seeding import Stream
from vynapse.settings import Size

if TYPE_CHECKING:
    from torch import nn

Activation = Literal["tanh", "relu", "sigmoid", "gelu", "identity"]


class MLP(Structure):
    """Fully connected layers. Inputs of any shape are flattened."""

    short: ClassVar[str | None] = "sizes"

    kind: Literal["mlp"] = "mlp"
    sizes: tuple[Size, ...] = Field(
        min_length=2, description="layer widths, inputs first, outputs last"
    )
    hidden: Activation = Field("tanh", description="activation after each hidden layer")
    output: Activation | None = Field(
        None, description="activation after the last layer; by default what the task asks for"
    )
    bias: bool = Field(True, description="layers have biases")

    def fit(self, interface: Interface) -> MLP:
        inputs = math.prod(interface.inputs)
        if (self.sizes[0], self.sizes[-1]) != (inputs, interface.outputs):
            raise ConfigError(
                f"network.mlp.sizes: task {interface.name!r} has {inputs} inputs and "
                f"{interface.outputs} outputs, the network has {self.sizes[0]} and "
                f"{self.sizes[-1]}"
            )
        return self.model_copy(update={"output": self.output or interface.activation})

    def layout(self) -> dict[str, tuple[int, ...]]:
        return arrays.layout(self)

    def initial(self, stream: Stream, attempt: int) -> dict[str, Array]:
        """Uniform in +-1/sqrt(inputs of the layer), as `torch.nn.Linear` draws them."""
        return arrays.initial(self, stream, attempt)

    def in_arrays(self, tensors: Mapping[str, Array]) -> Policy:
        return FunctionPolicy(arrays.predictor(self, tensors))

    def flops(self, input_shape: tuple[int, ...], examples: Array | None = None) -> int:
        return arrays.forward_flops(self)

    def dense(self) -> arrays.Layers:
        return self

    def stochastic(self) -> bool:
        return False

    def with_widths(self, widths: Mapping[str, int]) -> tuple[MLP, dict[str, int]]:
        names = [name for name in arrays.layout(self) if name.endswith(".weight")]
        layers = [name.removesuffix(".weight") for name in names[:-1]]
        rest = dict(widths)
        hidden = [rest.pop(n, own) for n, own in zip(layers, self.sizes[1:-1], strict=True)]
        sizes = (self.sizes[0], *hidden, self.sizes[-1])
        return self.model_copy(update={"sizes": sizes}), rest

    def module(self) -> nn.Module:
        from torch import nn

        from vynapse.networks.modules import FlatInput

        layers: list[nn.Module] = []
        pairs = list(zip(self.sizes, self.sizes[1:], strict=False))
        for index, (inputs, outputs) in enumerate(pairs):
            layers.append(nn.Linear(inputs, outputs, bias=self.bias))
            last = index == len(pairs) - 1
            name = (self.output or "identity") if last else self.hidden
            if name == "gelu":
                layers.append(nn.GELU(approximate="tanh"))
            elif name != "identity":
                layers.append({"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}[name]())
        return FlatInput(*layers)


KIND: Final[StructureKind] = structure_kind(MLP, "fully connected layers: mlp: [2, 2, 1]")
