# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structures of kind `cnn`: a plain convolutional network for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import Field

from vynapse.core import Interface
from vynapse.errors import ConfigError
from vynapse.networks.structure import Structure, StructureKind, structure_kind
from vynapse.settings import Size

if TYPE_CHECKING:
    from torch import nn


class CNN(Structure):
    """Blocks of 3x3 convolution, batch norm, ReLU and 2x2 max pooling; mean pooling; linear."""

    short: ClassVar[str | None] = "channels"

    kind: Literal["cnn"] = "cnn"
    channels: tuple[Size, ...] = Field((16, 32), min_length=1, description="channels of each block")
    norm: bool = Field(True, description="batch normalisation after each convolution")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout before the linear layer")
    input_shape: tuple[Size, Size, Size] | None = Field(
        None, description="(channels, height, width); by default the task's"
    )
    outputs: Size | None = Field(None, description="outputs; by default the task's")

    def fit(self, interface: Interface) -> CNN:
        if len(interface.inputs) != 3:
            raise ConfigError(
                f"network.cnn: inputs of shape (channels, height, width) were wanted, those of "
                f"task {interface.name!r} have shape {interface.inputs}: use mlp"
            )
        shape = self.input_shape or interface.inputs
        outputs = self.outputs or interface.outputs
        if shape != interface.inputs or outputs != interface.outputs:
            raise ConfigError(
                f"network.cnn: task {interface.name!r} has inputs {interface.inputs} and "
                f"{interface.outputs} outputs, the network has {shape} and {outputs}"
            )
        if min(shape[1:]) >> len(self.channels) < 1:
            raise ConfigError(
                f"network.cnn.channels: {len(self.channels)} poolings are too many for "
                f"inputs of {shape[1]}x{shape[2]}"
            )
        return self.model_copy(update={"input_shape": shape, "outputs": outputs})

    def weights(self) -> int | None:
        """Those of the convolutions; the others are few beside them."""
        sides = [self.input_shape[0] if self.input_shape else 1, *self.channels]
        return sum(9 * inputs * outputs for inputs, outputs in pairwise(sides))

    def stochastic(self) -> bool:
        return self.dropout > 0

    def with_widths(self, widths: Mapping[str, int]) -> tuple[CNN, dict[str, int]]:
        parts = 4 if self.norm else 3  # convolution, batch norm, ReLU, pooling
        rest = dict(widths)
        channels = tuple(rest.pop(f"{n * parts}", own) for n, own in enumerate(self.channels))
        return self.model_copy(update={"channels": channels}), rest

    def module(self) -> nn.Module:
        from torch import nn

        if self.input_shape is None or self.outputs is None:
            raise ConfigError("network.cnn: input_shape and outputs are required outside a task")
        layers: list[nn.Module] = []
        inputs = self.input_shape[0]
        for channels in self.channels:
            layers.append(nn.Conv2d(inputs, channels, 3, padding=1, bias=not self.norm))
            if self.norm:
                layers.append(nn.BatchNorm2d(channels))
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
            inputs = channels
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        if self.dropout:
            layers.append(nn.Dropout(self.dropout))
        layers.append(nn.Linear(inputs, self.outputs))
        return nn.Sequential(*layers)


KIND: Final[StructureKind] = structure_kind(CNN, "convolutions and poolings: cnn: [16, 32]")
