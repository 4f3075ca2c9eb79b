# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Find the update that is the same for all weights, and compute it once on flat buffers.

The new value of a weight is a tree of pointwise ops over the old weight, its gradient, its memory
and numbers that all weights share. Where the trees of all weights are the same but for what they
read, what they read is laid side by side, role by role. Torch's fused kernel may compute Adam.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vynapse.graph.execute.adam import Adam, find_adam
from vynapse.graph.execute.bindings import binding
from vynapse.graph.execute.out_variants import out_variant
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.ops import pairwise, pointwise
from vynapse.graph.schema import signature
from vynapse.graph.values import dtype_of, sizes_at

_FLOATS = frozenset({"float32", "float64"})
POINTWISE = frozenset(row.op for row in (*pointwise.ROWS, *pairwise.ROWS))


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
        adam: the part of it that torch's fused kernel computes, if any.
        loose: gradients that this kernel reads where they are, and are in no flat buffer.
    """

    graph: Graph
    buffers: Mapping[str, Tensor]
    flat: Mapping[str, Tensor]
    first: tuple[tuple[str, str], ...]
    inside: frozenset[str]
    outputs: frozenset[str]
    adam: Adam | None = None
    loose: tuple[str, ...] = ()

    @property
    def reads(self) -> frozenset[str]:
        """What must have been computed before it."""
        found = {source for node in self._order() for source in node.sources}
        found |= {self.adam.count, self.adam.rate} if self.adam is not None else set()
        return frozenset((found | self.buffers.keys() | {*self.loose}) - self.inside)

    def actions(self, values: Mapping[str, Any]) -> list[Callable[[], object]]:
        """The ops on the flat buffers; a new value takes the place of the old one in memory.

        It is computed right there where no later op reads the old one, else copied at the end.
        """
        held: dict[str, Tensor] = dict(self.flat)
        order = self._order()
        places = {node.name: place for place, node in enumerate(order)}
        last = {source: places[node.name] for node in order for source in node.sources}
        first = [(out, state) for out, state in self.first if out in places]
        into = {out: state for out, state in first if last.get(state, -1) <= places[out]}
        later = {self.adam.old, self.adam.gradient} if self.adam is not None else set()
        found: list[Callable[[], object]] = []
        spare: list[Tensor] = []
        for place, node in enumerate(order):
            if node.name in into:
                held[node.name] = self.flat[into[node.name]]
            else:
                blank = next(iter(self.flat.values()))
                held[node.name] = spare.pop() if spare else torch.empty_like(blank)
            found.append(_flat_call(node, held, values))
            for source in dict.fromkeys(node.sources):
                kept = source in self.flat or source in into or source in {*dict(first), *later}
                if source in places and not kept and last[source] == place:
                    spare.append(held[source])
        found += [partial(held[old].copy_, held[out]) for out, old in first if out not in into]
        return found if self.adam is None else [*found, *self._fused(self.adam, held, values)]

    def _fused(
        self, adam: Adam, held: Mapping[str, Tensor], values: Mapping[str, Any]
    ) -> Iterator[Callable[[], object]]:
        """The moments and the step in one call, from where weight decay has brought the weight."""
        weight = self.flat[next(state for out, state in self.first if out == adam.moved)]
        if held[adam.old] is not weight:
            yield partial(weight.copy_, held[adam.old])
        roles = (weight, self.flat[adam.mean], self.flat[adam.square])
        if not self.loose:
            gradient = held[adam.gradient]
            yield partial(_adam, adam, values, [[role] for role in roles], lambda: [gradient])
            return
        counts = [math.prod(sizes_at(self.graph[name].shape, None)) for name in self.loose]
        parts = [list(role.split(counts)) for role in roles]
        yield partial(_adam, adam, values, parts, partial(_flattened, values, self.loose))

    def _order(self) -> list[Node]:
        """The ops of the first weight that are computed one by one."""
        wanted = {name for out, _ in self.first for name in _tree(self.graph, out).nodes}
        wanted -= self.adam.nodes if self.adam is not None else frozenset()
        return [node for node in self.graph if node.name in wanted]


def find_update(graph: Graph, carried: Mapping[str, str], fused: bool = False) -> FlatUpdate | None:
    """The common update of all carried state of one data type, if there is one for several weights.

    Args:
        graph: a step.
        carried: output -> the input whose place it takes.
        fused: whether torch's fused kernel computes Adam.
    """
    whole = {out: into for out, into in carried.items() if graph[out].shape != ()}
    trees = {out: _tree(graph, out) for out in whole if graph[out].dtype in _FLOATS}
    families: dict[str, list[str]] = {}
    for out, tree in trees.items():
        if tree.nodes:
            families.setdefault(tree.form, []).append(out)
    sizes = {len(members) for members in families.values()}
    if len(sizes) != 1 or sizes.pop() < 2 or len({graph[out].dtype for out in trees}) != 1:
        return None
    columns = _columns(families, trees, whole)
    if columns is None:
        return None
    inside = frozenset(name for out in trees for name in trees[out].nodes)
    if any(_read_outside(graph, name, inside, trees) for name in inside):
        return None
    first = tuple((members[0], whole[members[0]]) for members in families.values())
    adam = _adam_of(graph, dict(first)) if fused else None
    # weight decay and clipping make of a gradient what then lies flat
    loose = columns.pop(adam.gradient, []) if adam is not None else []
    buffers, flat = _buffers(graph, columns)
    # what has no ops of its own, as the statistics of a norm, is handed over by itself
    handed = frozenset(out for members in families.values() for out in members)
    return FlatUpdate(graph, buffers, flat, first, inside, handed, adam, tuple(loose))


def _adam_of(graph: Graph, first: Mapping[str, str]) -> Adam | None:
    """Adam in float32, where it is all that becomes of the first weight and its moments.

    Who computes in float64 wants digits: there the rule stays as it is written.
    """
    for out in first:
        if graph[out].dtype != "float32":
            return None
        found = find_adam(graph, out)
        if found is not None and first.keys() <= found.nodes:
            moments = {found.mean, found.square}
            return found if moments == {first[o] for o in first if o != out} else None
    return None


def _adam(
    adam: Adam,
    values: Mapping[str, Any],
    roles: list[list[Tensor]],
    gradients: Callable[[], list[Tensor]],
) -> None:
    weights, means, squares = roles
    torch._fused_adam_(
        weights,
        gradients(),
        means,
        squares,
        [],
        [values[adam.count]] * len(weights),
        lr=values[adam.rate],
        beta1=adam.betas[0],
        beta2=adam.betas[1],
        weight_decay=0.0,
        eps=adam.epsilon,
        amsgrad=False,
        maximize=False,
    )


def _flattened(values: Mapping[str, Any], names: tuple[str, ...]) -> list[Tensor]:
    # the kernel reads memory from end to end, whatever the strides are
    return [values[name].reshape(-1) for name in names]


def _tree(graph: Graph, out: str) -> _Tree:
    reading = _Reading(graph, out)
    reading.visit(out)
    return _Tree("; ".join(reading.forms), tuple(reading.leaves), tuple(reading.nodes))


class _Reading:
    """The way from a new value down to what it is made of."""

    def __init__(self, graph: Graph, out: str) -> None:
        self._graph, self._shape = graph, graph[out].shape
        self._seen: dict[str, str] = {}
        self.leaves: list[str] = []
        self.nodes: list[str] = []
        self.forms: list[str] = []

    def visit(self, name: str) -> str:
        """What stands for this value in the form."""
        node = self._graph[name]
        if node.shape == ():
            return f"shared {name}"
        if name in self._seen:
            return self._seen[name]
        inner = node.op in POINTWISE and node.shape == self._shape
        if not inner or out_variant(node.op) is None:
            self.leaves.append(name)
            self._seen[name] = f"leaf {len(self.leaves) - 1}"
            return self._seen[name]
        parts = [self.visit(v) if isinstance(v, str) else repr(v) for v in node.inputs]
        self.nodes.append(name)
        self._seen[name] = f"node {len(self.nodes) - 1}"
        self.forms.append(f"{node.op}({', '.join(parts)}){node.attributes}")
        return self._seen[name]


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
        shapes = [sizes_at(graph[name].shape, None) for name in column]
        counts = [torch.Size(shape).numel() for shape in shapes]
        flat[first] = torch.zeros(sum(counts), dtype=dtype_of(graph[first].dtype))
        parts = flat[first].split(counts)
        for name, part, shape in zip(column, parts, shapes, strict=True):
            buffers[name] = part.view(shape)
    return buffers, flat


def _flat_call(
    node: Node, held: Mapping[str, Tensor], values: Mapping[str, Any]
) -> Callable[[], object]:
    variant = out_variant(node.op)
    if variant is None:
        raise ValueError(f"{node.op} cannot write into a buffer")
    function, written = binding(variant[0]), variant[1]
    inputs = tuple(
        held.get(value, value) if isinstance(value, str) else value for value in node.inputs
    )
    positional, named = signature(node.op).bind(inputs, dict(node.attributes))
    named[written] = held[node.name]
    shared = [(i, value) for i, value in enumerate(positional) if isinstance(value, str)]
    if not shared:
        return partial(function, *positional, **named)
    return partial(_call_with, values, shared, function, positional, named)


def _call_with(
    values: Mapping[str, Any],
    shared: list[tuple[int, str]],
    function: Callable[..., Any],
    positional: list[Any],
    named: dict[str, Any],
) -> None:
    for place, name in shared:
        positional[place] = values[name]
    function(*positional, **named)
