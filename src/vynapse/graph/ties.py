# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How each op ties the indices of its tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from vynapse.graph.nodes import Node
from vynapse.graph.ops import pairwise, pointwise
from vynapse.graph.ops.row import said, wholes
from vynapse.graph.schema import STRUCTURAL
from vynapse.graph.symbol import axes, axis
from vynapse.seeding import I64

Place = tuple[str, int]
"""A node and an axis of it."""

Nodes = Mapping[str, Node]
"""The nodes of a graph by name, each after those it reads; no size follows the batch."""


class Elements:
    """A union-find over all indices of all axes."""

    def __init__(self, graph: Nodes) -> None:
        self.places: dict[Place, I64] = {}
        count = 0
        for node in graph.values():
            for dim, size in enumerate(node.shape):
                length = int(str(size))
                self.places[node.name, dim] = np.arange(count, count + length, dtype=np.int64)
                count += length
        self._parent = list(range(count))
        self._stuck: set[int] = set()

    def tie(self, one: I64, other: I64) -> None:
        """Let index i of both be one, for all i."""
        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            self._parent[self._find(a)] = self._find(b)

    def fix(self, name: str, dims: tuple[int, ...] | None = None) -> None:
        """No index of these axes of a node can leave."""
        for (owner, dim), own in self.places.items():
            if owner == name and (dims is None or dim in dims):
                self._stuck.update(own.tolist())

    def roots(self, place: Place) -> I64:
        """The class of each index."""
        found = [self._find(int(element)) for element in self.places[place]]
        return np.array(found, dtype=np.int64)

    def stuck(self) -> set[int]:
        """The classes that cannot leave."""
        return {self._find(element) for element in self._stuck}

    def _find(self, element: int) -> int:
        while self._parent[element] != element:
            self._parent[element] = self._parent[self._parent[element]]
            element = self._parent[element]
        return element


def tie(node: Node, graph: Nodes, elements: Elements) -> None:
    """Tie what one op ties; an op that is not known here holds all its indices."""
    if node.op == "input":
        elements.fix(node.name)
        return
    if node.op in STRUCTURAL and node.op != "getitem":
        return
    if node.op == "getitem":
        _part(node, graph, elements)
    elif node.op in _PRODUCTS:
        _product(node, elements)
    elif node.op == "aten.convolution.default":
        _convolution(node, graph, elements)
    elif node.op in _NORMS | _POOLS | _SEVERAL:
        return  # the getitem of its first result ties them
    elif node.op in {"aten.permute.default", "aten.transpose.int", "aten.t.default"}:
        _turn(node, len(node.shape), elements)
    elif node.op in _RESHAPES:
        _reshape(node, graph, elements)
    elif node.op in _REDUCTIONS:
        _reduce(node, graph, elements)
    elif node.op in _PLAIN_POOLS:
        _pool(node, str(node.inputs[0]), graph, elements)
    elif node.op in _POINTWISE:
        for source in dict.fromkeys(node.sources):
            _broadcast(node, source, graph, elements)
    else:
        _hold(node, elements)


def summed(node: Node, graph: Nodes) -> Place | None:
    """The axis over which an op sums what a layer before it gives; None where it sums over none."""
    if node.op == "aten.convolution.default":
        groups = int(str(said(node.op, dict(node.attributes), "groups")))
        return (str(node.inputs[0]), 1) if groups == 1 else None
    if node.op not in _PRODUCTS:
        return None
    names = [str(value) for value in node.inputs if value is not None]
    left = names[0] if "linear" in node.op else names[-2]
    return left, len(graph[left].shape) - 1


def _hold(node: Node, elements: Elements) -> None:
    for name in (*node.sources, node.name):
        elements.fix(name)


def _broadcast(node: Node, source: str, graph: Nodes, elements: Elements) -> None:
    """Axes that are equally long are one, counted from the back; one of size 1 serves all."""
    own, out = graph[source].shape, graph[node.name].shape
    shift = len(out) - len(own)
    for dim, size in enumerate(own):
        if size == out[dim + shift]:
            elements.tie(elements.places[source, dim], elements.places[node.name, dim + shift])
        else:
            elements.fix(source, (dim,))


def _same(node: Node, source: str, graph: Nodes, elements: Elements, dims: tuple[int, ...]) -> None:
    for dim in dims:
        elements.tie(elements.places[source, dim], elements.places[node.name, dim])
    elements.fix(source, tuple(d for d in range(len(graph[source].shape)) if d not in dims))


def _pool(node: Node, source: str, graph: Nodes, elements: Elements) -> None:
    """All axes but those of a picture go on; there may be no batch among them."""
    rank = len(node.shape)
    _same(node, source, graph, elements, tuple(range(rank - 2)))
    elements.fix(node.name, (rank - 2, rank - 1))


def _product(node: Node, elements: Elements) -> None:
    """Rows, columns, and the axis that is summed."""
    names = [str(value) for value in node.inputs if value is not None]
    at = elements.places
    if node.op in {"aten.linear.default", "mkldnn._linear_pointwise.default"}:
        x, weight = names[0], names[1]
        last = max(dim for name, dim in at if name == x)
        elements.tie(at[x, last], at[weight, 1])
        elements.tie(at[weight, 0], at[node.name, last])
        for dim in range(last):
            elements.tie(at[x, dim], at[node.name, dim])
        if len(names) > 2:
            elements.tie(at[names[2], 0], at[node.name, last])
        return
    left, right = names[-2:]
    first = 1 if node.op in {"aten.bmm.default", "aten.baddbmm.default"} else 0
    elements.tie(at[left, first], at[node.name, first])
    elements.tie(at[left, first + 1], at[right, first])
    elements.tie(at[right, first + 1], at[node.name, first + 1])
    for name in (left, right) if first else ():
        elements.tie(at[name, 0], at[node.name, 0])
    if len(names) == 3:
        bias = names[0]
        dims = sorted(dim for name, dim in at if name == bias)
        for dim in dims:
            out = dim + first + 2 - len(dims)
            if len(at[bias, dim]) == len(at[node.name, out]):
                elements.tie(at[bias, dim], at[node.name, out])
            else:
                elements.fix(bias, (dim,))


def _convolution(node: Node, graph: Nodes, elements: Elements) -> None:
    x, weight, bias = (str(value) if value is not None else "" for value in node.inputs)
    at, attributes = elements.places, dict(node.attributes)
    channels = int(str(graph[x].shape[1]))
    count = int(str(said(node.op, attributes, "groups")))
    elements.tie(at[x, 0], at[node.name, 0])
    out, turned = at[node.name, 1], bool(said(node.op, attributes, "transposed"))
    if count == 1:
        elements.tie(at[weight, 0 if turned else 1], at[x, 1])
        elements.tie(at[weight, 1 if turned else 0], out)
    elif count == channels == len(out) and not turned:  # depthwise: each channel by itself
        elements.tie(at[weight, 0], out)
        elements.tie(at[x, 1], out)
        elements.fix(weight, (1,))
    else:
        _hold(node, elements)
    if bias:
        elements.tie(at[bias, 0], out)
    for name in (x, weight, node.name):
        elements.fix(name, tuple(range(2, len(graph[name].shape))))


def _part(node: Node, graph: Nodes, elements: Elements) -> None:
    """Results of ops that give several tensors: the first keeps all axes."""
    source = graph[str(node.inputs[0])]
    x, *rest = (str(value) for value in source.inputs if value is not None)
    if dict(node.attributes)["index"] != 0 or source.op not in _NORMS | _POOLS | _SEVERAL:
        _hold(source, elements)
        elements.fix(node.name)
        return
    if source.op in _SEVERAL:
        _broadcast(node, x, graph, elements)
        return
    if source.op in _POOLS:
        _pool(node, x, graph, elements)
        return
    _same(node, x, graph, elements, (0, 1))
    elements.fix(node.name, tuple(range(2, len(node.shape))))
    for vector in rest:
        elements.tie(elements.places[vector, 0], elements.places[node.name, 1])


def _turn(node: Node, rank: int, elements: Elements) -> None:
    attributes = dict(node.attributes)
    order = list(range(rank))
    if node.op == "aten.permute.default":
        order = [axis(dim, rank) for dim in wholes(attributes["dims"])]
    elif rank > 1:
        pair = (0, 1)
        if node.op == "aten.transpose.int":
            pair = (int(str(attributes["dim0"])), int(str(attributes["dim1"])))
        one, other = (axis(dim, rank) for dim in pair)
        order[one], order[other] = other, one
    for dim, old in enumerate(order):
        elements.tie(elements.places[str(node.inputs[0]), old], elements.places[node.name, dim])


def _reshape(node: Node, graph: Nodes, elements: Elements) -> None:
    """Axes that stay are tied; of those merged or split, the slowest runs over the others."""
    source = str(node.inputs[0])
    before = [int(str(size)) for size in graph[source].shape]
    after = [int(str(size)) for size in node.shape]
    for old, new in _runs(before, after):
        real_old = [d for d in old if before[d] != 1]
        real_new = [d for d in new if after[d] != 1]
        if len(real_old) == len(real_new) == 1:
            pair = elements.places[source, real_old[0]], elements.places[node.name, real_new[0]]
            elements.tie(*pair)
        elif len(real_new) == 1 and real_old:
            _merge(elements, source, real_old, elements.places[node.name, real_new[0]], before)
        elif len(real_old) == 1 and real_new:
            _merge(elements, node.name, real_new, elements.places[source, real_old[0]], after)
        else:
            elements.fix(source, tuple(real_old))
            elements.fix(node.name, tuple(real_new))


def _merge(elements: Elements, name: str, parts: list[int], whole: I64, sizes: list[int]) -> None:
    """One long axis is made of several; index i of the slowest is a block of the long one."""
    slow, rest = parts[0], parts[1:]
    width = math.prod(sizes[dim] for dim in rest)
    elements.tie(np.repeat(elements.places[name, slow], width), whole)
    elements.fix(name, tuple(rest))


def _runs(before: list[int], after: list[int]) -> Iterator[tuple[list[int], list[int]]]:
    """The shortest runs of axes with equal numbers of elements, from the front."""
    i = j = 0
    while i < len(before) or j < len(after):
        old, new = ([i] if i < len(before) else []), ([j] if j < len(after) else [])
        i, j = i + len(old), j + len(new)
        have = math.prod(before[d] for d in old), math.prod(after[d] for d in new)
        while have[0] != have[1]:
            if have[0] < have[1] and i < len(before):
                old.append(i)
                i += 1
            elif j < len(after):
                new.append(j)
                j += 1
            else:
                break
            have = math.prod(before[d] for d in old), math.prod(after[d] for d in new)
        yield old, new


def _reduce(node: Node, graph: Nodes, elements: Elements) -> None:
    """Axes that are summed over mix all their indices; the others go on."""
    source, attributes = str(node.inputs[0]), dict(node.attributes)
    rank = len(graph[source].shape)
    gone = axes(attributes.get("dim"), rank)
    elements.fix(source, gone)
    kept = [dim for dim in range(rank) if dim not in gone]
    keep = bool(attributes.get("keepdim"))
    for place, dim in enumerate(kept):
        out = dim if keep else place
        elements.tie(elements.places[source, dim], elements.places[node.name, out])


_PRODUCTS = frozenset({
    "aten.mm.default", "aten.addmm.default", "aten.bmm.default", "aten.baddbmm.default",
    "aten.linear.default", "mkldnn._linear_pointwise.default",
})  # fmt: skip
_NORMS = frozenset(
    {"aten.native_batch_norm.default", "aten._native_batch_norm_legit_no_training.default"}
)
_POOLS = frozenset({"aten.max_pool2d_with_indices.default", "aten.adaptive_max_pool2d.default"})
_PLAIN_POOLS = frozenset({"aten.avg_pool2d.default", "aten._adaptive_avg_pool2d.default"})
_RESHAPES = frozenset({
    "aten.view.default", "aten.reshape.default", "aten._unsafe_view.default",
    "aten.unsqueeze.default", "aten.squeeze.dim", "aten.squeeze.dims", "aten.squeeze.default",
})  # fmt: skip
_REDUCTIONS = frozenset({"aten.mean.dim", "aten.sum.dim_IntList", "aten.amax.default"})
_SEVERAL = frozenset({"aten.log_sigmoid_forward.default"})
_POINTWISE = frozenset(row.op for row in (*pointwise.ROWS, *pairwise.ROWS))
