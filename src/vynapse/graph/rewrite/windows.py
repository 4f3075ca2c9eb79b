# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The largest value of each window as pairwise maxima of slices.

Torch looks for the place of each maximum too, one value after the other where channels come first:
four to ten times slower on a CPU than slices, which are compared by vectors.
"""

from __future__ import annotations

from dataclasses import replace

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.values import Shape

POOL = "aten.max_pool2d_with_indices.default"
_MOST = 3
"""Sides of a window up to which slices are few."""


def with_sliced_pooling(graph: Graph) -> Graph:
    """The graph with max poolings of small windows, whose places nobody asks for, as slices.

    No bit changes, but that the sign of a zero may: of 0 and -0 either is the largest. Poolings
    with padding, gaps between what a window reads, or windows that are cut at the edge stay.

    Args:
        graph: any.
    """
    nodes: dict[str, Node] = {}
    for node in graph:
        pool = graph[str(node.inputs[0])] if node.op == "getitem" else None
        if pool is None or pool.op != POOL or not _plain(graph, pool):
            nodes[node.name] = node
            continue
        for part in _slices(graph, node, pool):
            nodes[part.name] = part
    parts = tuple(nodes.values())
    return without_dead_code(Graph(parts, graph.outputs, graph.tensors, graph.batch))


def _pair(value: object) -> tuple[int, int]:
    values = [int(str(v)) for v in value] if isinstance(value, tuple) else []
    return (values[0], values[-1]) if values else (0, 0)


def _plain(graph: Graph, pool: Node) -> bool:
    """Whether it is a pooling of whole, small windows of pictures, and only the values are read."""
    kernel, said = _pair(pool.attribute("kernel_size")), dict(pool.attributes)
    readers = [graph[reader] for reader in graph.consumers[pool.name]]
    return (
        len(graph[str(pool.inputs[0])].shape) == 4
        and min(kernel) > 1
        and max(kernel) <= _MOST
        and _pair(said.get("padding")) == (0, 0)
        and _pair(said.get("dilation")) in {(0, 0), (1, 1)}
        and not said.get("ceil_mode")
        and all(reader.attribute("index") == 0 for reader in readers)
        and pool.name not in graph.outputs
    )


def _slices(graph: Graph, node: Node, pool: Node) -> list[Node]:
    """Rows of the windows first, then columns; the last node has the name of the pooling."""
    kernel, stride = _pair(pool.attribute("kernel_size")), _pair(pool.attribute("stride"))
    source = str(pool.inputs[0])
    shape: Shape = graph[source].shape
    parts: list[Node] = []
    for axis in (2, 3):
        step, count = (stride if stride != (0, 0) else kernel)[axis - 2], node.shape[axis]
        shape = (*shape[:axis], count, *shape[axis + 1 :])
        largest = ""
        for start in range(kernel[axis - 2]):
            end = start + step * (int(str(count)) - 1) + 1
            said = {"dim": axis, "end": end, "start": start} | ({"step": step} if step > 1 else {})
            cut = f"{node.name}.{axis}.{start}"
            parts.append(
                Node(cut, "aten.slice.Tensor", (source,), tuple(said.items()), shape, node.dtype)
            )
            if largest:
                both, cut = (largest, cut), f"{cut}.largest"
                parts.append(Node(cut, "aten.maximum.default", both, (), shape, node.dtype))
            largest = cut
        source = largest
    return [*parts[:-1], replace(parts[-1], name=node.name)]
