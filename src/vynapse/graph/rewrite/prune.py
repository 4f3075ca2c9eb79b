# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Structured pruning: channels leave the weights, and the graph is physically smaller.

What is left computes what the whole graph would with the channels ignored by all that read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from vynapse.errors import GraphError
from vynapse.graph.dependencies import Classes, classes, leaving
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.values import Attribute, Dim, Shape

_SIZES = ("size", "shape")
"""Attributes that state the shape of the result."""


def pruned(graph: Graph, parameter: str, axis: int, keep: Sequence[int]) -> Graph:
    """The graph in which only some channels of a parameter, and of all tied to it, are left.

    Args:
        graph: any.
        parameter: name of a weight, e.g. "0.weight".
        axis: the axis of its channels; 0 for what a layer gives.
        keep: the indices that stay, ascending.

    Raises:
        GraphError: there is no such axis, or its channels cannot leave.
    """
    if parameter not in graph.parameters:
        raise GraphError(f"there is no parameter {parameter!r} in the graph")
    known = classes(graph)
    gone = leaving(known, parameter, axis, keep)
    nodes = tuple(_narrow(node, graph, known, gone) for node in graph)
    tensors = {name: _cut(name, tensor, known, gone) for name, tensor in graph.tensors.items()}
    return Graph(nodes, graph.outputs, tensors, graph.batch)


def strongest(graph: Graph, parameter: str, channels: int) -> tuple[int, ...]:
    """The channels of a layer whose weights have the largest L2 norm, ascending.

    Li et al. 2017, Pruning filters for efficient convnets, ICLR (there the L1 norm).
    """
    weight = graph.parameters[parameter].flatten(1)
    order = torch.linalg.vector_norm(weight, dim=1).argsort(descending=True, stable=True)
    return tuple(sorted(int(i) for i in order[:channels]))


def _cut(name: str, tensor: Tensor, known: Classes, gone: frozenset[int]) -> Tensor:
    for dim in range(tensor.dim()):
        stays = _staying(name, dim, known, gone)
        if len(stays) < tensor.shape[dim]:
            tensor = tensor.index_select(dim, torch.from_numpy(stays))
    return tensor


def _staying(
    name: str, dim: int, known: Classes, gone: frozenset[int]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    own = known.of[name, dim]
    return np.flatnonzero(~np.isin(own, list(gone))).astype(np.int64)


def _narrow(node: Node, graph: Graph, known: Classes, gone: frozenset[int]) -> Node:
    shape = _shape(node, known, gone)
    attributes = dict(node.attributes)
    if shape != node.shape:
        for key in _SIZES:
            if key in attributes:
                attributes[key] = _sized(attributes[key], node.shape, shape)
    if node.op == "aten.convolution.default" and attributes.get("groups", 1) != 1:
        x = graph[str(node.inputs[0])]
        if attributes["groups"] == x.shape[1]:
            attributes["groups"] = _shape(x, known, gone)[1]
    return replace(node, shape=shape, attributes=tuple(sorted(attributes.items())))


def _shape(node: Node, known: Classes, gone: frozenset[int]) -> Shape:
    return tuple(
        size if isinstance(size, Dim) else len(_staying(node.name, dim, known, gone))
        for dim, size in enumerate(node.shape)
    )


def _sized(value: Attribute, before: Shape, after: Shape) -> Attribute:
    """The sizes that an op is told, where -1 stays -1."""
    if not isinstance(value, tuple):
        return value
    return tuple(
        new if said == old else said for said, old, new in zip(value, before, after, strict=True)
    )
