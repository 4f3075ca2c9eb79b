# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The gradient of a graph is a graph, so it has a gradient too."""

from __future__ import annotations

from collections.abc import Sequence

from vynapse.errors import GraphError, suggestion
from vynapse.graph.builder import Builder
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.ops.row import Call
from vynapse.graph.reverse import pull_back
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.schema import STRUCTURAL
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Input


def gradient(
    graph: Graph,
    wrt: Sequence[str],
    *,
    output: int = 0,
    along: str | None = None,
    keep: bool = False,
) -> Graph:
    """Gradients of one output, as a graph of the same inputs.

    Args:
        graph: the function.
        wrt: names of nodes, mostly inputs and parameters; the outputs are their gradients in order,
            zeros where the output does not depend on one.
        output: which output to differentiate. It must have one element, unless `along` is said.
        along: name of a further input, of the shape of the output: the gradient is of the sum of
            the output times this.
        keep: put the outputs of the graph before the gradients.

    Raises:
        GraphError: a name is none, the output has several elements, or an op on the way has no
            reverse rule.
    """
    for name in wrt:
        if name not in graph.by_name:
            raise GraphError(f"there is no node {name!r}{suggestion(name, graph.by_name)}")
    if not 0 <= output < len(graph.outputs):
        raise GraphError(f"output: a number below {len(graph.outputs)} was wanted, got {output}")
    builder = Builder(graph.batch)
    calls = [call for node in graph if (call := _include(builder, graph, node)) is not None]
    result = builder.symbol(graph.outputs[output])
    seed = _seed(builder, result, along)
    found = pull_back(calls, {result.value: seed}, wrt)
    outputs = [builder.symbol(name) for name in graph.outputs] if keep else []
    for name in wrt:
        outputs.append(found[name] if name in found else builder.symbol(name).zeros())
    return without_dead_code(builder.graph(*outputs))


def _include(builder: Builder, graph: Graph, node: Node) -> Call | None:
    """Take over a node; its call, if it is an op."""
    out = builder.include(node, graph.tensors.get(node.name))
    if node.op in STRUCTURAL and node.op != "getitem":
        return None
    inputs = tuple(_symbols(builder, value) for value in node.inputs)
    return Call(node.op, inputs, dict(node.attributes), out)


def _symbols(builder: Builder, value: Input) -> object:
    if isinstance(value, str):
        return builder.symbol(value)
    if isinstance(value, tuple):
        return tuple(None if item is None else builder.symbol(item) for item in value)
    return value


def _seed(builder: Builder, result: Symbol, along: str | None) -> Symbol:
    if along is not None:
        return builder.input(along, result.shape, result.dtype)
    if any(size != 1 for size in result.shape):
        sizes = ", ".join(str(size) for size in result.shape)
        raise GraphError(
            f"node {result.value!r}: an output of one element was wanted, it has shape ({sizes}): "
            "sum it, or say 'along'"
        )
    return result.full(result.shape, 1.0)
