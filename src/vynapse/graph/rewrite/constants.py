# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compute beforehand what depends on constants alone."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vynapse.graph.execute.interpreter import prepare
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.schema import STRUCTURAL
from vynapse.graph.values import Dim, dtype_of

_LARGEST = 2**16
"""Elements of a constant; larger ones would make the file grow."""
_SHAPED = frozenset(
    f"aten.{name}.default" for name in ("ones_like", "zeros_like", "full_like", "new_zeros")
)
"""Ops that read the shape of their input alone."""


def folded(graph: Graph) -> Graph:
    """The graph whose nodes that read only constants are constants; weights are none."""
    values: dict[str, Tensor] = {n.name: graph.tensors[n.name] for n in graph if n.op == "constant"}
    nodes: list[Node] = []
    for node in graph:
        if _fixed(graph, node, values):
            given = {**values, **_stand_ins(graph, node)}
            with torch.no_grad():
                values[node.name] = prepare(node, None)(given).contiguous()
            node = Node(node.name, "constant", (), (), node.shape, node.dtype)  # noqa: PLW2901
        nodes.append(node)
    names = {node.name for node in nodes}
    tensors = {n: t for n, t in {**graph.tensors, **values}.items() if n in names}
    return without_dead_code(Graph(tuple(nodes), graph.outputs, tensors, graph.batch))


def _fixed(graph: Graph, node: Node, values: dict[str, Tensor]) -> bool:
    if node.op in STRUCTURAL or node.dtype == "tuple":
        return False
    if node.op not in _SHAPED and not all(source in values for source in node.sources):
        return False
    said = [*node.inputs, *(value for _, value in node.attributes), node.shape]
    said += [graph[source].shape for source in node.sources]
    if any(isinstance(v, Dim) or (isinstance(v, tuple) and _moves(v)) for v in said):
        return False
    return math.prod(int(str(size)) for size in node.shape) <= _LARGEST


def _stand_ins(graph: Graph, node: Node) -> dict[str, Tensor]:
    """Tensors of the right shape and type for an op that reads no more of its input."""
    if node.op not in _SHAPED:
        return {}
    sources = [graph[name] for name in node.sources]
    return {
        source.name: torch.empty([int(str(size)) for size in source.shape]).to(
            dtype_of(source.dtype)
        )
        for source in sources
    }


def _moves(values: tuple[object, ...]) -> bool:
    return any(isinstance(value, Dim) for value in values)
