# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Graphs as lines of text: their nodes, their cost, their schedule, and what differs."""

from __future__ import annotations

from vynapse.cli.output import table
from vynapse.graph.cost import measured
from vynapse.graph.diff import diff
from vynapse.graph.examples import random_inputs
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.values import shown


def node_lines(graph: Graph) -> list[str]:
    """A line for each node: name, op, what it reads, what it gives."""
    rows = [[n.name, _op(n), ", ".join(map(shown, n.inputs)), _type(n)] for n in graph]
    weights = sum(tensor.numel() for tensor in graph.parameters.values())
    last = (
        f"{len(graph)} nodes, {weights:,} parameters; outputs: {', '.join(graph.outputs)}; "
        f"sha256 {graph.digest[:12]}"
    )
    return [*table(["node", "op", "reads", "gives"], rows), last]


def cost_lines(graph: Graph) -> list[str]:
    """The cost of each op, and of all."""
    whole = measured(graph, random_inputs(graph))
    rows = [
        [
            n.name,
            n.op.removeprefix("aten."),
            "-" if n.flops is None else f"{n.flops:,}",
            f"{n.bytes:,}",
            f"{1e6 * (n.seconds or 0):.1f}",
        ]
        for n in whole.nodes
    ]
    batch = "" if graph.batch is None else f" at a batch of {graph.batch}"
    lines = [
        *table(["node", "op", "FLOPs", "bytes", "microseconds"], rows),
        f"{whole.parameters:,} parameters; {whole.flops:,} FLOPs{batch}",
        f"{whole.bytes:,} bytes moved; {whole.activations:,} bytes of activations at most",
        f"{1e6 * (whole.seconds or 0):.0f} microseconds in the interpreter",
    ]
    if whole.uncounted:
        lines.append(f"not counted in FLOPs: {', '.join(whole.uncounted)}")
    return lines


def schedule_lines(graph: Graph, *, trains: bool) -> list[str]:
    """The ops in the order in which they run; those of one level do not need each other.

    Args:
        graph: any.
        trains: whether it is a training step: its first outputs are the loss and the norm of the
            gradient. Then each op is of the forward pass, the backward pass or the update.
    """
    level = {name: depth for depth, names in enumerate(graph.levels) for name in names}
    forward = _needed(graph, graph.outputs[0]) if trains else set(level)
    backward = _needed(graph, graph.outputs[1]) - forward if trains else set()
    rows = []
    for node in graph:
        if node.op in ("input", "parameter", "constant"):
            continue
        part = "backward" if node.name in backward else "update"
        part = "forward" if node.name in forward else part
        rows.append([part, str(level[node.name]), node.name, _op(node), _type(node)])
    return [*table(["pass", "level", "node", "op", "gives"], rows), f"{len(rows)} ops"]


def difference_lines(before: Graph, after: Graph) -> list[str]:
    """A line for each difference."""
    found = [str(difference) for difference in diff(before, after)]
    return found or ["no difference: they compute the same in the same way"]


def _needed(graph: Graph, name: str) -> set[str]:
    needed = {name}
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed |= set(node.sources)
    return needed


def _op(node: Node) -> str:
    attributes = "".join(f" {key}={shown(value)}" for key, value in node.attributes)
    return node.op.removeprefix("aten.").removesuffix(".default") + attributes


def _type(node: Node) -> str:
    return f"{node.dtype}[{', '.join(str(size) for size in node.shape)}]"
