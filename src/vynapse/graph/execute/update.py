# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Find the update that is the same for all weights, and compute it once on flat buffers.

The new value of a weight is a tree of pointwise ops over the old weight, its gradient, its memory
and numbers that all weights share. Where the trees of all weights are the same but for what they
read, what they read is laid side by side, role by role.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vynapse.graph.execute.out_variants import out_variant
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.ops import pairwise, pointwise
from vynapse.graph.schema import signature
from vynapse.graph.values import dtype_of

_POINTWISE = frozenset(row.op for row in (*pointwise.ROWS, *pairwise.ROWS))


@dataclass(frozen=True, slots=True)
class _Tree:
    """The pointwise ops below the new value of one state, and what they read.

    Attributes:
        form: the ops and how they hang together; shared numbers by name, others by place.
        leaves: what is read, in order of first use.
        nodes: the ops, in order.
    """

    form: str
    leaves: tuple[str, ...]
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class FlatUpdate:
    """An update on flat buffers.

    Attributes:
        graph: it is part of.
        buffers: state and gradients -> their part of a flat buffer.
        flat: the flat buffer of each leaf of the first weight.
        first: the trees of the first weight, with the input that each is the new value of.
        inside: ops that need not be computed one by one.
        outputs: new values that are handed over here.
    """

    graph: Graph
    buffers: Mapping[str, Tensor]
    flat: Mapping[str, Tensor]
    first: tuple[tuple[str, str], ...]
    inside: frozenset[str]
    outputs: frozenset[str]

    def actions(self, values: Mapping[str, Any]) -> list[Callable[[], None]]:
        """The ops on the flat buffers, and then the new state in place of the old."""
        held: dict[str, Tensor] = dict(self.flat)
        found: list[Callable[[], None]] = []
        order = [n for n in self.graph if n.name in self._wanted()]
        for node in order:
            held[node.name] = torch.empty_like(next(iter(self.flat.values())))
            found.append(_flat_call(node, held, values))
        for out, into in self.first:
            found.append(_copy(held[into], held[out]))
        return found

    def _wanted(self) -> set[str]:
        return {name for out, _ in self.first for name in _tree(self.graph, out).nodes}


def find_update(graph: Graph, carried: Mapping[str, str]) -> FlatUpdate | None:
    """The common update of all carried state of one data type, if there is one for several weights.

    Args:
        graph: a step.
        carried: output -> the input whose place it takes.
    """
    whole = {out: into for out, into in carried.items() if graph[out].shape != ()}
    trees = {out: _tree(graph, out) for out in whole if graph[out].dtype == "float32"}
    families: dict[str, list[str]] = {}
    for out, tree in trees.items():
        if tree.nodes:
            families.setdefault(tree.form, []).append(out)
    sizes = {len(members) for members in families.values()}
    if len(sizes) != 1 or sizes.pop() < 2:
        return None
    columns = _columns(families, trees, whole)
    if columns is None:
        return None
    inside = frozenset(name for out in trees for name in trees[out].nodes)
    if any(_read_outside(graph, name, inside, trees) for name in inside):
        return None
    buffers, flat = _buffers(graph, columns)
    first = tuple((members[0], whole[members[0]]) for members in families.values())
    return FlatUpdate(graph, buffers, flat, first, inside, frozenset(trees))


def _tree(graph: Graph, out: str) -> _Tree:
    shape = graph[out].shape
    leaves: list[str] = []
    nodes: list[str] = []
    seen: dict[str, str] = {}

    def visit(name: str) -> str:
        node = graph[name]
        if node.shape == ():
            return f"shared {name}"
        if name in seen:
            return seen[name]
        inner = node.op in _POINTWISE and node.shape == shape and out_variant(node.op) is not None
        if not inner or node.name in leaves:
            leaves.append(name)
            seen[name] = f"leaf {len(leaves) - 1}"
            return seen[name]
        parts = [visit(v) if isinstance(v, str) else repr(v) for v in node.inputs]
        nodes.append(name)
        seen[name] = f"node {len(nodes) - 1}"
        forms.append(f"{node.op}({', '.join(parts)}){node.attributes}")
        return seen[name]

    forms: list[str] = []
    visit(out)
    return _Tree("; ".join(forms), tuple(leaves), tuple(nodes))


def _columns(
    families: Mapping[str, list[str]], trees: Mapping[str, _Tree], carried: Mapping[str, str]
) -> dict[str, list[str]] | None:
    """What lies side by side: for each leaf of the first weight, those of all weights."""
    columns: dict[str, list[str]] = {}
    for members in families.values():
        rows = [[carried[out], *trees[out].leaves] for out in members]
        for column in zip(*rows, strict=True):
            known = columns.setdefault(column[0], list(column))
            if known != list(column):
                return None
    everything = [name for column in columns.values() for name in column]
    return columns if len(everything) == len(set(everything)) else None


def _read_outside(
    graph: Graph, name: str, inside: frozenset[str], outputs: Mapping[str, _Tree]
) -> bool:
    """Whether somebody else needs this value, so that it must be computed by itself."""
    others = [reader for reader in graph.consumers[name] if reader not in inside]
    return bool(others) or (name in graph.outputs and name not in outputs)


def _buffers(
    graph: Graph, columns: Mapping[str, list[str]]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    buffers: dict[str, Tensor] = {}
    flat: dict[str, Tensor] = {}
    for first, column in columns.items():
        shapes = [tuple(int(str(size)) for size in graph[name].shape) for name in column]
        counts = [torch.Size(shape).numel() for shape in shapes]
        flat[first] = torch.zeros(sum(counts), dtype=dtype_of(graph[first].dtype))
        parts = flat[first].split(counts)
        for name, part, shape in zip(column, parts, shapes, strict=True):
            buffers[name] = part.view(shape)
    return buffers, flat


def _flat_call(
    node: Node, held: Mapping[str, Tensor], values: Mapping[str, Any]
) -> Callable[[], None]:
    variant = out_variant(node.op)
    if variant is None:
        raise ValueError(f"{node.op} cannot write into a buffer")
    function, written = variant
    inputs = tuple(
        held.get(value, value) if isinstance(value, str) else value for value in node.inputs
    )
    positional, named = signature(node.op).bind(inputs, dict(node.attributes))
    named[written] = held[node.name]
    shared = [(i, value) for i, value in enumerate(positional) if isinstance(value, str)]

    def action() -> None:
        for place, name in shared:
            positional[place] = values[name]
        function(*positional, **named)

    return action


def _copy(into: Tensor, out: Tensor) -> Callable[[], None]:
    def action() -> None:
        into.copy_(out)

    return action
