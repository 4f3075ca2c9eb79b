# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Log-softmax over few classes, with one class a row.

Torch's kernel for the last axis fills vector registers with the classes of one example. Fewer
classes than a register holds leave it mostly empty: it takes about five times as long as the kernel
for the first axis, which fills them with examples.
"""

from __future__ import annotations

from typing import Final

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.rewrite.detours import without_detours

_FORWARD: Final = "aten._log_softmax.default"
_BACKWARD: Final = "aten._log_softmax_backward_data.default"
_LANES: Final = 16
"""Numbers in float32 that the widest vector register holds."""
_LEAST: Final = 512
"""Numbers from which on the transpositions pay."""


def with_columns(graph: Graph) -> Graph:
    """The graph whose log-softmax of rows, and its backward op, go down columns instead.

    Results differ in the last bits. Nothing changes where a register holds no more numbers than
    there are classes, or where there is little to compute.
    """
    nodes: list[Node] = []
    for node in graph:
        nodes += _turned(node) if _suits(node) else [node]
    return without_detours(Graph(tuple(nodes), graph.outputs, graph.tensors, graph.batch))


def _suits(node: Node) -> bool:
    if node.op not in (_FORWARD, _BACKWARD) or node.dtype != "float32" or len(node.shape) != 2:
        return False
    rows, classes = node.shape
    if not isinstance(rows, int) or not isinstance(classes, int):
        return False
    pays = classes < _LANES and rows * classes >= _LEAST
    return pays and node.attribute("dim") in (1, -1)


def _turned(node: Node) -> list[Node]:
    """The op between transpositions of what it reads and gives."""
    names = [f"{node.name}.input{place}" for place in range(len(node.inputs))]
    before = [
        Node(name, "aten.t.default", (source,), (), node.shape[::-1], node.dtype)
        for name, source in zip(names, node.sources, strict=True)
    ]
    attributes = tuple((key, 0 if key == "dim" else value) for key, value in node.attributes)
    middle = f"{node.name}.columns"
    return [
        *before,
        Node(middle, node.op, tuple(names), attributes, node.shape[::-1], node.dtype),
        Node(node.name, "aten.t.default", (middle,), (), node.shape, node.dtype),
    ]
