# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the boxes of a drawing stand: in rows by depth, with few crossings.

The method is the layered one of Sugiyama, Tagawa and Toda 1981 (Methods for visual understanding of
hierarchical system structures). Rows follow depth, long edges have points on their way, and sweeps
order each row by the mean place of its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vynapse.graph.ir import Graph

_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows of places; an edge is the list of places that it passes.

    Attributes:
        rows: names of nodes, or (source, target, row) for a point on an edge, from left to right.
        edges: the places of each edge, from its source to its target.
    """

    rows: tuple[tuple[object, ...], ...]
    edges: tuple[tuple[object, ...], ...]


def layered(graph: Graph) -> Layout:
    """The layout of a graph from top to bottom; what is read once stands above its reader."""
    depth = _depths(graph)
    rows: list[list[object]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for node in graph:
        rows[depth[node.name]].append(node.name)
    edges: list[tuple[object, ...]] = []
    for node in graph:
        for source in dict.fromkeys(node.sources):
            between = range(depth[source] + 1, depth[node.name])
            points: list[object] = [(source, node.name, row) for row in between]
            for row, point in zip(between, points, strict=True):
                rows[row].append(point)
            edges.append((source, *points, node.name))
    above, below = _neighbours(edges)
    for _ in range(_SWEEPS):
        _sort(rows[1:], rows[:-1], above)
        _sort(rows[-2::-1], rows[:0:-1], below)
    return Layout(tuple(tuple(row) for row in rows), tuple(edges))


def _depths(graph: Graph) -> dict[str, int]:
    """The row of each node; what depends on no input stands just above its first reader."""
    fed: set[str] = set()
    for node in graph:
        if node.op == "input" or not fed.isdisjoint(node.sources):
            fed.add(node.name)
    depth = {name: row for row, names in enumerate(graph.levels) for name in names}
    for node in reversed(graph.nodes):
        readers = graph.consumers[node.name]
        if readers and (node.name not in fed or not node.sources):
            depth[node.name] = min(depth[reader] for reader in readers) - 1
    return depth


def _neighbours(
    edges: Sequence[tuple[object, ...]],
) -> tuple[dict[object, list[object]], dict[object, list[object]]]:
    above: dict[object, list[object]] = {}
    below: dict[object, list[object]] = {}
    for edge in edges:
        for upper, lower in pairwise(edge):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    return above, below


def _sort(
    rows: Sequence[list[object]],
    fixed: Sequence[list[object]],
    near: Mapping[object, list[object]],
) -> None:
    for row, reference in zip(rows, fixed, strict=True):
        place = {item: index / max(1, len(reference)) for index, item in enumerate(reference)}
        own = {item: index / max(1, len(row)) for index, item in enumerate(row)}

        def mean(item: object, place: Mapping[object, float] = place) -> float:
            known = [place[n] for n in near.get(item, ()) if n in place]
            return sum(known) / len(known) if known else own[item]  # noqa: B023

        row.sort(key=mean)
