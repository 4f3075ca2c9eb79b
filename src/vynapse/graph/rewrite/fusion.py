# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A linear layer and its activation as one op of oneDNN.

oneDNN multiplies float32 matrices about twice as fast as MKL on AMD processors. The op is private
to torch, so it is probed for, compared with the layer that it replaces, and left out where it is
not there or differs by more than rounding does.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch

from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.schema import is_op
from vynapse.graph.values import Dim

FUSED = "mkldnn._linear_pointwise.default"
_ACTIVATIONS = {
    "aten.relu.default": "relu",
    "aten.tanh.default": "tanh",
    "aten.sigmoid.default": "sigmoid",
    "aten.gelu.default": "gelu",
}


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether this torch has the op and it computes what a linear layer does."""
    if not (is_op(FUSED) and torch.backends.mkldnn.is_available()):
        return False
    x, w, b = (
        torch.linspace(-1, 1, n).reshape(s) for n, s in ((12, (3, 4)), (20, (5, 4)), (5, (5,)))
    )
    try:
        got = torch.ops.mkldnn._linear_pointwise(x, w, b, "tanh", [], "")
    except RuntimeError:
        return False
    return torch.allclose(got, torch.tanh(torch.nn.functional.linear(x, w, b)), 1e-5, 1e-6)


def with_fused_linear(graph: Graph, least: int = 0) -> Graph:
    """The graph with `addmm` by a weight, and an activation that alone reads it, made one op.

    A product of two matrices becomes that op too: that is the backward pass of a layer.

    Results differ in the last bits. The graph itself where the op is not available.

    Args:
        graph: any.
        least: multiplications below which a layer stays as it is, since the call costs more.
    """
    if not available():
        return graph
    nodes = {node.name: node for node in graph}
    for node in graph:
        if _is_product(graph, node) and _size_of_product(graph, node) >= least:
            for part in _product(node, graph[str(node.inputs[1])]):
                nodes[part.name] = part
            continue
        linear = _linear(graph, node)
        if linear is None or _multiplications(graph, node, linear[1]) < least:
            continue
        readers = graph.consumers[node.name]
        follower = (
            nodes[readers[0]] if len(readers) == 1 and node.name not in graph.outputs else None
        )
        activation = _ACTIVATIONS.get(follower.op, "none") if follower is not None else "none"
        place = follower if follower is not None and activation != "none" else node
        algorithm = str(place.attribute("approximate", "none")) if activation == "gelu" else ""
        attributes = (("algorithm", algorithm), ("attr", activation), ("scalars", ()))
        nodes[place.name] = Node(place.name, FUSED, linear, attributes, node.shape, node.dtype)
    return without_dead_code(
        Graph(tuple(nodes.values()), graph.outputs, graph.tensors, graph.batch)
    )


def _is_product(graph: Graph, node: Node) -> bool:
    """Whether it is a product of two float32 matrices, as in the backward pass of a layer."""
    sizes = [size for source in node.sources for size in graph[source].shape]
    fixed = not any(isinstance(size, Dim) for size in (*node.shape, *sizes))
    return node.op == "aten.mm.default" and node.dtype == "float32" and fixed


def _size_of_product(graph: Graph, node: Node) -> int:
    inner = graph[str(node.inputs[1])].shape[0]
    return math.prod(int(str(size)) for size in (*node.shape, inner))


def _product(node: Node, right: Node) -> tuple[Node, Node]:
    """A product by a matrix is a linear layer whose weight is that matrix transposed."""
    turned = Node(
        f"{node.name}.turned", "aten.t.default", (right.name,), (), right.shape[::-1], right.dtype
    )
    attributes = (("algorithm", ""), ("attr", "none"), ("scalars", ()))
    reads = (node.inputs[0], turned.name, None)
    return turned, Node(node.name, FUSED, reads, attributes, node.shape, node.dtype)


def _multiplications(graph: Graph, node: Node, weight: str) -> int:
    return math.prod(int(str(size)) for size in (*node.shape, graph[weight].shape[1]))


def _linear(graph: Graph, node: Node) -> tuple[str, str, str | None] | None:
    """Input, weight and bias where the node is a linear layer in float32."""
    if node.dtype != "float32" or any(isinstance(size, Dim) for size in node.shape):
        return None
    if node.op == "aten.linear.default":
        x, weight, bias = (*node.inputs, None)[:3]
        fits = (
            isinstance(x, str)
            and isinstance(weight, str)
            and (bias is None or isinstance(bias, str))
        )
        return (x, weight, bias) if fits else None  # type: ignore[return-value]
    if node.op != "aten.addmm.default" or node.attributes:
        return None
    added, left, right = node.inputs
    if not (isinstance(added, str) and isinstance(left, str) and isinstance(right, str)):
        return None
    turned = graph[right]
    if turned.op != "aten.t.default" or len(graph[added].shape) != 1:
        return None
    return left, str(turned.inputs[0]), added
