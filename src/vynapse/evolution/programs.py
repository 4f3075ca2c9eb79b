# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes whose networks the kernels run node by node, so that they play whole episodes in C."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np

from vynapse.core import Array
from vynapse.kernels.reference.neat_forward import NODE_ACTIVATIONS
from vynapse.kernels.reference.neat_genomes import Programs
from vynapse.networks.arrays import Layers
from vynapse.seeding import F32


@runtime_checkable
class Programmed(Protocol):
    """An encoding whose networks the kernels can run.

    Attributes:
        updates: how many a recurrent network makes for each input.
    """

    updates: int

    def programs(self, genomes: Any) -> Programs:
        """The networks, ready to run."""

    def flops_each(self, genomes: Any) -> Array:
        """Operations of one input through each genome (g,)."""


def dense_programs(layers: Layers, genomes: F32) -> Programs:
    """Fully connected layers as graphs of single nodes.

    Args:
        layers: the layers; their weights lie in `genomes` as `networks.arrays` lays them out.
        genomes: (g, p).
    """
    names, sizes = list(NODE_ACTIVATIONS), layers.sizes
    inputs, count = sizes[0], len(genomes)
    first, origin = [0], list[int]()
    places, kind, level = list[int](), list[int](), list[int]()
    begin, slot, at = 0, inputs + 1, 0
    for depth, (fan_in, width) in enumerate(pairwise(sizes)):
        last = depth == len(sizes) - 2
        bias = at + fan_in * width
        for node in range(width):
            origin += [*range(begin, begin + fan_in), *([inputs] if layers.bias else [])]
            places += range(at + node * fan_in, at + (node + 1) * fan_in)
            places += [bias + node] if layers.bias else []
            first.append(len(origin))
            kind.append(names.index((layers.output or "identity") if last else layers.hidden))
            level.append(depth + 1)
        begin, slot = slot, slot + width
        at = bias + (width if layers.bias else 0)
    nodes = len(kind)

    def repeated(row: Any) -> Any:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(row, np.int32), (count, len(row))))

    return Programs(
        inputs,
        sizes[-1],
        recurrent=False,
        steps=np.full(count, nodes, np.int32),
        node=repeated(range(nodes)),
        level=repeated(level),
        kind=repeated(kind),
        first=repeated(first),
        origin=repeated(origin),
        weight=np.ascontiguousarray(genomes[:, places]),
        result=repeated(range(begin, begin + sizes[-1])),
    )
