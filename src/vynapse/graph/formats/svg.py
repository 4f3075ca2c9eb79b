# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph as a picture, drawn without another program."""

from __future__ import annotations

from html import escape

from vynapse.graph.formats.labels import COLOURS, kind, lines
from vynapse.graph.formats.layout import Layout, layered
from vynapse.graph.ir import Graph

_LETTER, _HEIGHT, _GAP, _ROW, _MARGIN = 6.6, 36.0, 18.0, 66.0, 16.0
"""Width of a letter, height of a box, space between boxes, distance of rows, and margin: pixels."""


_ARROW = (
    '<defs><marker id="arrow" markerWidth="7" markerHeight="7" refX="6" refY="3" orient="auto">'
    '<path d="M0,0 L6,3 L0,6 z" fill="#555"/></marker></defs>'
)


def to_svg(graph: Graph) -> str:
    """The text of an .svg file, with the name and shape of every node."""
    layout = layered(graph)
    widths = {n.name: _LETTER * max(len(line) for line in lines(n)) + 16 for n in graph}
    centres, width = _places(layout, widths)
    height = len(layout.rows) * _ROW + 2 * _MARGIN
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="11">'
        ),
        _ARROW,
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
    ]
    parts += [_edge([centres[place] for place in edge]) for edge in layout.edges]
    for node in graph:
        x, y = centres[node.name]
        wide = widths[node.name]
        upper, lower = (escape(line) for line in lines(node))
        parts.append(
            f'<rect x="{x - wide / 2:.1f}" y="{y - _HEIGHT / 2:.1f}" width="{wide:.1f}" '
            f'height="{_HEIGHT:.0f}" rx="4" fill="{COLOURS[kind(graph, node)]}" stroke="#555"/>'
            f'<text x="{x:.1f}" y="{y - 3:.1f}" text-anchor="middle">{upper}</text>'
            f'<text x="{x:.1f}" y="{y + 11:.1f}" text-anchor="middle" fill="#555">{lower}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _places(
    layout: Layout, widths: dict[str, float]
) -> tuple[dict[object, tuple[float, float]], float]:
    """The middle of every place, rows centred, and the width of the picture."""
    totals = [sum(widths.get(str(p), 4.0) + _GAP for p in row) for row in layout.rows]
    width = max(totals, default=0.0) + 2 * _MARGIN
    found: dict[object, tuple[float, float]] = {}
    for number, (row, total) in enumerate(zip(layout.rows, totals, strict=True)):
        x = (width - total) / 2
        for place in row:
            wide = widths.get(str(place), 4.0) + _GAP
            found[place] = (x + wide / 2, _MARGIN + _ROW * number + _HEIGHT / 2)
            x += wide
    return found, width


def _edge(points: list[tuple[float, float]]) -> str:
    """A line that is upright within the rows, so that it runs behind no box."""
    half = _HEIGHT / 2
    x, y = points[0]
    path = f"M{x:.1f},{y + half:.1f}"
    for place_x, place_y in points[1:-1]:
        path += f" L{place_x:.1f},{place_y - half:.1f} L{place_x:.1f},{place_y + half:.1f}"
    x, y = points[-1]
    path += f" L{x:.1f},{y - half:.1f}"
    return f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#arrow)"/>'
