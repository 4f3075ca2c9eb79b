# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A genome as a picture: its nodes from inputs to outputs, its connections by sign and strength.

Blue connections have positive weights, red ones negative, and thick ones large. What is disabled
is dotted and grey. Connections of recurrent networks that lead back are arcs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final, final

_COLUMN, _ROW, _RADIUS, _MARGIN = 130.0, 56.0, 14.0, 60.0
"""Distance of columns and of rows, radius of a node, and margin: pixels."""
_PLUS, _MINUS, _OFF = "#1f77b4", "#d6272b", "#bbbbbb"
_BEND: Final = 0.22
"""How far a long connection is bent, as a share of its length."""
_ROOM: Final = 6.0
"""Pixels above the highest connection, at least."""
_FILLS: Final = {"input": "#dbe9f6", "bias": "#eeeeee", "output": "#fde2c8", "hidden": "#ffffff"}
_SWEEPS: Final = 4


@final
@dataclass(frozen=True, slots=True)
class Node:
    """A node to be drawn.

    Attributes:
        id: its number.
        kind: "input", "bias", "output" or "hidden".
        label: what stands below it.
    """

    id: int
    kind: str
    label: str


@final
@dataclass(frozen=True, slots=True)
class Edge:
    """A connection to be drawn, from the id of a node to that of another."""

    source: int
    target: int
    weight: float
    enabled: bool
    innovation: int


def to_svg(nodes: Sequence[Node], edges: Sequence[Edge], *, recurrent: bool) -> str:
    """The text of an .svg file."""
    columns = _columns(nodes, edges, recurrent=recurrent)
    tallest = max(len(column) for column in columns)
    width = (len(columns) - 1) * _COLUMN + 2 * _MARGIN
    height = (tallest - 1) * _ROW + 2 * _MARGIN
    at: dict[int, tuple[float, float]] = {}
    for number, column in enumerate(columns):
        top = _MARGIN + (tallest - len(column)) * _ROW / 2
        for row, node in enumerate(column):
            at[node] = (_MARGIN + number * _COLUMN, top + row * _ROW)
    above = max(0.0, *(_ROOM - _highest(edge, at) for edge in edges))
    at = {node: (x, y + above) for node, (x, y) in at.items()}
    height += above
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="11">'
    parts = [head, _arrows(), f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>']
    largest = max((abs(edge.weight) for edge in edges if edge.enabled), default=1.0) or 1.0
    for edge in sorted(edges, key=lambda edge: edge.enabled):
        parts.append(_edge(edge, at, largest))
    parts += [_node(node, *at[node.id]) for node in nodes]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _columns(nodes: Sequence[Node], edges: Sequence[Edge], *, recurrent: bool) -> list[list[int]]:
    """Ids by column: inputs and bias, hidden nodes by their depth, outputs."""
    sources = [node.id for node in nodes if node.kind in ("input", "bias")]
    hidden = [node.id for node in nodes if node.kind == "hidden"]
    outputs = [node.id for node in nodes if node.kind == "output"]
    live = [(edge.source, edge.target) for edge in edges if edge.enabled]
    depth = _shortest(sources, hidden, live) if recurrent else _longest(hidden, live)
    used = sorted({depth[node] for node in hidden})
    columns = [
        sources,
        *([node for node in hidden if depth[node] == level] for level in used),
        outputs,
    ]
    for _ in range(_SWEEPS):
        for before, column in pairwise(columns):
            _order(column, before, live)
    return columns


def _longest(hidden: Sequence[int], live: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Longest way to each hidden node through hidden nodes; there is no cycle."""
    depth = dict.fromkeys(hidden, 1)
    for _ in hidden:
        for source, target in live:
            if source in depth and target in depth:
                depth[target] = max(depth[target], depth[source] + 1)
    return depth


def _shortest(
    sources: Sequence[int], hidden: Sequence[int], live: Sequence[tuple[int, int]]
) -> dict[int, int]:
    """Shortest way from the inputs to each hidden node; 1 where there is none."""
    depth, front, own = dict.fromkeys(sources, 0), set(sources), set(hidden)
    while front:
        level = 1 + max(depth[node] for node in front)
        front = {b for a, b in live if a in front and b in own and b not in depth}
        depth |= dict.fromkeys(front, level)
    return {node: depth.get(node, 1) for node in hidden}


def _order(column: list[int], before: Sequence[int], live: Sequence[tuple[int, int]]) -> None:
    """Sort a column by the mean place of what leads to it from the column before."""
    place = {node: row / max(1, len(before) - 1) for row, node in enumerate(before)}
    own = {node: row / max(1, len(column) - 1) for row, node in enumerate(column)}

    def mean(node: int) -> float:
        known = [place[a] for a, b in live if b == node and a in place]
        return sum(known) / len(known) if known else own[node]

    if len(column) > 1:
        column.sort(key=mean)


def _arrows() -> str:
    heads = "".join(
        f'<marker id="{name}" markerWidth="8" markerHeight="8" refX="7" refY="3" orient="auto" '
        f'markerUnits="userSpaceOnUse"><path d="M0,0 L7,3 L0,6 z" fill="{colour}"/></marker>'
        for name, colour in (("plus", _PLUS), ("minus", _MINUS), ("off", _OFF))
    )
    return f"<defs>{heads}</defs>"


def _bend(length: float) -> float:
    return 0.0 if length <= 1.5 * _COLUMN else _BEND * length


def _highest(edge: Edge, at: Mapping[int, tuple[float, float]]) -> float:
    """About the highest point of a connection that leads forward."""
    (x, y), (to_x, to_y) = at[edge.source], at[edge.target]
    return min(y, to_y) - _bend(to_x - x) / 2


def _edge(edge: Edge, at: Mapping[int, tuple[float, float]], largest: float) -> str:
    (x, y), (to_x, to_y) = at[edge.source], at[edge.target]
    if edge.source == edge.target:
        path = f"M{x - 6:.1f},{y - 13:.1f} C{x - 34:.1f},{y - 50:.1f} {x + 34:.1f},{y - 50:.1f} "
        path += f"{x + 6:.1f},{y - 13:.1f}"
    elif to_x <= x:
        # back, or to a node of the same column: an arc above or beside the nodes
        lift = 26.0 + 0.18 * (x - to_x) if to_x < x else 0.0
        side = 40.0 if to_x == x else 0.0
        path = f"M{x:.1f},{y - _RADIUS:.1f} C{x + side:.1f},{y - _RADIUS - lift:.1f} "
        path += f"{to_x + side:.1f},{to_y - _RADIUS - lift:.1f} {to_x:.1f},{to_y - _RADIUS:.1f}"
    else:
        # long ones are bent, so that they pass the nodes between
        middle = (y + to_y) / 2 - _bend(to_x - x)
        path = f"M{x + _RADIUS:.1f},{y:.1f} Q{(x + to_x) / 2:.1f},{middle:.1f} "
        path += f"{to_x - _RADIUS:.1f},{to_y:.1f}"
    name, colour = ("plus", _PLUS) if edge.weight >= 0 else ("minus", _MINUS)
    look = f'stroke-width="{0.7 + 2.8 * abs(edge.weight) / largest:.2f}"'
    if not edge.enabled:
        name, colour, look = "off", _OFF, 'stroke-width="0.8" stroke-dasharray="2,4"'
    off = "" if edge.enabled else ", disabled"
    about = f"{edge.source} to {edge.target}: weight {edge.weight:.4g}, gene {edge.innovation}{off}"
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" {look} marker-end="url(#{name})">'
        f"<title>{about}</title></path>"
    )


def _node(node: Node, x: float, y: float) -> str:
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:.0f}" fill="{_FILLS[node.kind]}" '
        f'stroke="#555"/><text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{node.id}</text>'
        f'<text x="{x:.1f}" y="{y + 26:.1f}" text-anchor="middle" font-size="9" fill="#555">'
        f"{escape(node.label)}</text>"
    )
