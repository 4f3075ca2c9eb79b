# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Leave out ops that give what is there already."""

from __future__ import annotations

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node

_SAME = frozenset({"aten.detach.default", "aten.alias.default", "aten.lift_fresh_copy.default"})
_TURN = "aten.t.default"
_SHAPED = frozenset({"aten.view.default", "aten._unsafe_view.default", "aten.reshape.default"})


def without_detours(graph: Graph) -> Graph:
    """The graph without detached copies, matrices turned twice and views of the same shape.

    An output may then be an input, which is why executors alone do this.
    """
    renamed: dict[str, str] = {}
    kept: dict[str, Node] = {}
    for node in graph:
        read = node.reading(renamed)
        source = _shortcut(graph, kept, read)
        if source is None:
            kept[node.name] = read
        else:
            renamed[node.name] = source
    outputs = tuple(renamed.get(name, name) for name in graph.outputs)
    return Graph(tuple(kept.values()), outputs, graph.tensors, graph.batch)


def _shortcut(graph: Graph, kept: dict[str, Node], node: Node) -> str | None:
    """What has the value of a node before it is computed."""
    if node.op not in _SAME | _SHAPED | {_TURN}:
        return None
    source = str(node.inputs[0])
    if node.op == _TURN:
        before = kept[source]
        return str(before.inputs[0]) if before.op == _TURN else None
    return source if node.op in _SAME or graph[source].shape == node.shape else None
