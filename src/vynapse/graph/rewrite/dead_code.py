# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Leave out what no output needs."""

from __future__ import annotations

from vynapse.graph.ir import Graph


def without_dead_code(graph: Graph) -> Graph:
    """The graph without nodes that no output depends on; its inputs stay."""
    needed = set(graph.outputs)
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed |= set(node.sources)
    nodes = tuple(node for node in graph if node.name in needed or node.op == "input")
    tensors = {name: tensor for name, tensor in graph.tensors.items() if name in needed}
    return Graph(nodes, graph.outputs, tensors, graph.batch)
