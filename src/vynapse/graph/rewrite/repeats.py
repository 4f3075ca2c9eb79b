# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compute equal values once."""

from __future__ import annotations

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node


def without_repeats(graph: Graph) -> Graph:
    """The graph with one node for all that do the same with the same (value numbering).

    Constants of equal content are one; inputs and parameters stay apart.
    """
    first: dict[str, str] = {}
    renamed: dict[str, str] = {}
    kept: list[Node] = []
    for node in graph:
        read = node.reading(renamed)
        known = first.setdefault(_content(graph, read), node.name)
        if known == node.name:
            kept.append(read)
        else:
            renamed[node.name] = known
    outputs = tuple(renamed.get(name, name) for name in graph.outputs)
    names = {node.name for node in kept}
    tensors = {name: tensor for name, tensor in graph.tensors.items() if name in names}
    return Graph(tuple(kept), outputs, tensors, graph.batch)


def _content(graph: Graph, node: Node) -> str:
    if node.op in {"input", "parameter"}:
        return f"{node.op} {node.name}"
    if node.op == "constant":
        tensor = graph.tensors[node.name]
        return f"constant {tensor.dtype} {tuple(tensor.shape)} {tensor.numpy().tobytes().hex()}"
    return repr((node.op, node.inputs, node.attributes, node.shape, node.dtype))
