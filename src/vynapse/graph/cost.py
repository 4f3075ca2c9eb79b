# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a graph costs: parameters, FLOPs, bytes moved, activation memory, and measured time.

What is not known is said, not counted as 0: `uncounted` names the ops without a FLOP count.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vynapse.graph.execute.interpreter import Interpreter, Values
from vynapse.graph.infer import TensorType, Typed, Types
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.ops.row import Work
from vynapse.graph.ops.table import ROWS
from vynapse.graph.schema import STRUCTURAL
from vynapse.graph.values import Attribute, Input
from vynapse.graph.verify import types


@dataclass(frozen=True, slots=True)
class NodeCost:
    """The cost of one op.

    Attributes:
        name: the node's name.
        op: its op.
        flops: operations, a multiplication and an addition being two; None where unknown.
        bytes: bytes read and written; 0 for views, which move nothing.
        seconds: median time of the op; None where it was not measured.
    """

    name: str
    op: str
    flops: int | None
    bytes: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class GraphCost:
    """The cost of a graph.

    Attributes:
        parameters: number of learnt numbers.
        flops: operations of all ops that are counted.
        uncounted: names of the nodes without a count.
        bytes: bytes read and written in all.
        activations: the most bytes that are alive at once beside weights and constants, when each
            value is freed at its last use.
        nodes: the cost of each node.
        seconds: the time of all ops together; None where it was not measured.
    """

    parameters: int
    flops: int
    uncounted: tuple[str, ...]
    bytes: int
    activations: int
    nodes: tuple[NodeCost, ...]
    seconds: float | None = None


def cost(graph: Graph, batch: int | None = None) -> GraphCost:
    """The cost of one run, by the shapes alone.

    Args:
        graph: any.
        batch: size of the batch; that of the trace by default.
    """
    fixed = graph.at(batch or graph.batch or 1)
    known = types(fixed.nodes, None)
    nodes = tuple(_node(n, known) for n in fixed if n.op not in STRUCTURAL)
    return GraphCost(
        parameters=sum(tensor.numel() for tensor in fixed.parameters.values()),
        flops=sum(n.flops or 0 for n in nodes),
        uncounted=tuple(n.name for n in nodes if n.flops is None),
        bytes=sum(n.bytes for n in nodes),
        activations=_peak(fixed, known),
        nodes=nodes,
    )


def measured(graph: Graph, inputs: Sequence[Tensor], repeats: int = 20) -> GraphCost:
    """The cost with the median time of each op in the interpreter, in seconds of wall time.

    Args:
        graph: any.
        inputs: the inputs of one run.
        repeats: how often to run; one run before them is not counted.
    """
    batch = inputs[0].shape[0] if graph.batch is not None else None
    counted, runner = cost(graph, batch), Interpreter(graph)
    seconds: dict[str, list[float]] = {n.name: [] for n in counted.nodes}
    for repeat in range(repeats + 1):
        values: Values = {}
        begin = time.perf_counter()
        for node, _ in runner.steps(*inputs, values=values):
            end = time.perf_counter()
            if repeat and node.name in seconds:
                seconds[node.name].append(end - begin)
            begin = time.perf_counter()
    nodes = tuple(
        NodeCost(n.name, n.op, n.flops, n.bytes, statistics.median(seconds[n.name]))
        for n in counted.nodes
    )
    total = sum(n.seconds or 0.0 for n in nodes)
    return GraphCost(
        counted.parameters, counted.flops, counted.uncounted, counted.bytes, counted.activations,
        nodes, total,
    )  # fmt: skip


def _node(node: Node, known: Mapping[str, Types]) -> NodeCost:
    row = ROWS.get(node.op)
    inputs = tuple(_typed(value, known) for value in node.inputs)
    out = known[node.name]
    outputs = out if isinstance(out, tuple) else (out,)
    attributes: dict[str, Attribute] = dict(node.attributes)
    flops = None if row is None else row.flops(Work(node.op, inputs, attributes, outputs))
    moved = 0
    if row is None or not row.view:
        read = [t for value in inputs for t in (value if isinstance(value, tuple) else (value,))]
        tensors = [t for t in (*read, *outputs) if isinstance(t, TensorType)]
        moved = sum(t.bytes for t in tensors)
    return NodeCost(node.name, node.op, flops, moved)


def _typed(value: Input, known: Mapping[str, Types]) -> Typed:
    if isinstance(value, str):
        found = known[value]
        return found if isinstance(found, TensorType) else None
    if isinstance(value, tuple):
        items = (None if item is None else known[item] for item in value)
        return tuple(item if isinstance(item, TensorType) else None for item in items)
    return value if isinstance(value, (bool, int, float)) else None


def _peak(graph: Graph, known: Mapping[str, Types]) -> int:
    """The most bytes alive at once; a view keeps what it shows alive and takes none itself."""
    owner: dict[str, str] = {}
    for node in graph:
        row = ROWS.get(node.op)
        shows = node.op == "getitem" or (row is not None and row.view and node.sources)
        owner[node.name] = owner[node.sources[0]] if shows else node.name
    last: dict[str, int] = {}
    for place, node in enumerate(graph.nodes):
        for source in node.sources:
            last[owner[source]] = place
    for name in graph.outputs:
        last[owner[name]] = len(graph.nodes)
    alive = most = 0
    ends: dict[int, int] = {}
    for place, node in enumerate(graph.nodes):
        if owner[node.name] == node.name and node.op not in {"parameter", "constant"}:
            size = _bytes(known[node.name])
            alive += size
            end = last.get(node.name, place)
            ends[end] = ends.get(end, 0) + size
        most = max(most, alive)
        alive -= ends.pop(place, 0)
    return most


def _bytes(found: Types) -> int:
    parts = found if isinstance(found, tuple) else (found,)
    return sum(math.prod(p.shape) * _width(p.dtype) for p in parts if p.dtype != "nothing")


def _width(dtype: str) -> int:
    found: torch.dtype = getattr(torch, dtype)
    return found.itemsize
