# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Activations before views: where a layer on many places gives rows, its activation takes rows.

A linear layer on pictures is a product of matrices and a view of it as pictures, which its
activation reads. Computed on the matrix itself, the activation can become one op with the product.
"""

from __future__ import annotations

from dataclasses import replace

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node

_VIEW = "aten.view.default"
_ACTIVATIONS = frozenset(
    f"aten.{name}.default" for name in ("relu", "tanh", "sigmoid", "gelu")
)  # of one argument that is a tensor, and the same for each value


def with_activations_first(graph: Graph) -> Graph:
    """The graph with an activation of a view as a view of the activation; no bit changes.

    Only where nothing else reads the view, nor what it shows.

    Args:
        graph: any.
    """
    changed: dict[str, Node] = {}
    for node in graph:
        view = graph[str(node.inputs[0])] if node.op in _ACTIVATIONS else None
        if view is None or view.op != _VIEW or view.name in changed:
            continue
        source = graph[str(view.inputs[0])]
        alone = graph.consumers[view.name] == (node.name,) and graph.consumers[source.name] == (
            view.name,
        )
        if not alone or {view.name, source.name} & set(graph.outputs):
            continue
        # each takes the place of the other: what reads the activation now reads a view
        changed[view.name] = replace(
            node, name=view.name, inputs=(source.name,), shape=source.shape, dtype=node.dtype
        )
        changed[node.name] = replace(view, name=node.name, inputs=(view.name,), dtype=node.dtype)
    nodes = tuple(changed.get(node.name, node) for node in graph)
    return Graph(nodes, graph.outputs, graph.tensors, graph.batch)
