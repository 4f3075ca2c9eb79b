# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Fully connected networks of a population as one module: batched matrix products in torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vynapse.networks import arrays
from vynapse.networks.arrays import Layers
from vynapse.seeding import F32


def _gelu(x: Tensor) -> Tensor:
    return functional.gelu(x, approximate="tanh")


def _identity(x: Tensor) -> Tensor:
    return x


_ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "identity": _identity,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "gelu": _gelu,
}


@final
class DenseLearner(nn.Module):
    """The same layers with the weights of g genomes.

    Args:
        layers: what they have in common.
        genomes: (g, p).

    Attributes:
        weight: (g, p).
    """

    def __init__(self, layers: Layers, genomes: F32) -> None:
        super().__init__()
        self._layers = layers
        self._shapes = list(arrays.layout(layers).values())
        self.weight = nn.Parameter(torch.from_numpy(np.ascontiguousarray(genomes).copy()))

    def forward(self, inputs: Tensor) -> Tensor:
        """(b, *input_shape) -> (g, b, o)."""
        count = len(self.weight)
        parts = self.weight.split([math.prod(shape) for shape in self._shapes], dim=1)
        tensors = [
            part.reshape(count, *shape) for part, shape in zip(parts, self._shapes, strict=True)
        ]
        step = 2 if self._layers.bias else 1
        hidden = inputs.reshape(1, len(inputs), -1).expand(count, -1, -1)
        for at in range(0, len(tensors), step):
            product = torch.bmm(hidden, tensors[at].transpose(1, 2))
            hidden = product + tensors[at + 1][:, None] if self._layers.bias else product
            last = at + step >= len(tensors)
            name = (self._layers.output or "identity") if last else self._layers.hidden
            hidden = _ACTIVATIONS[name](hidden)
        return hidden
