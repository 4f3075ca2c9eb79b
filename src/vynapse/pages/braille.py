# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Curves in text: each character is a cell of 2 × 4 dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from vynapse.pages.figures import number
from vynapse.statistics import is_logarithmic

_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a cell by row and column."""
_FIRST: Final = 0x2800


def curve(points: Sequence[tuple[float, float]], width: int, height: int) -> list[str]:
    """Lines of text that draw a curve, with its largest and smallest value at the left.

    The vertical axis is logarithmic where `is_logarithmic` says so.

    Args:
        points: x and y, x in ascending order, both finite.
        width: characters of a line.
        height: lines.
    """
    if not points or height < 1:
        return []
    values = [y for _, y in points]
    labels = {0: number(max(values))}
    if height > 1:
        labels[height - 1] = number(min(values))
    margin = max(map(len, labels.values()))
    if width <= margin + 1:
        return []
    rows = _drawn(_heights(points), width - margin - 1, height)
    return [f"{labels.get(row, ''):>{margin}} {cells}".rstrip() for row, cells in enumerate(rows)]


def _heights(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    values = [y for _, y in points]
    if not is_logarithmic(values):
        return list(points)
    smallest = min(value for value in values if value > 0)
    return [(x, math.log(max(y, smallest))) for x, y in points]


def _drawn(points: Sequence[tuple[float, float]], width: int, height: int) -> list[str]:
    """Dots of a line through the points, which fills the cells."""
    cells = [[_FIRST] * width for _ in range(height)]
    low, high = min(y for _, y in points), max(y for _, y in points)
    begin, end = points[0][0], points[-1][0]
    dots = [
        (_scaled(x, begin, end, 2 * width), 4 * height - 1 - _scaled(y, low, high, 4 * height))
        for x, y in points
    ]
    for (column, row), (right, other) in zip(dots, [*dots[1:], dots[-1]], strict=True):
        steps = max(right - column, abs(other - row), 1)
        for step in range(steps + 1):
            x = column + (right - column) * step // steps
            y = row + (other - row) * step // steps
            cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    return ["".join(map(chr, line)).replace(chr(_FIRST), " ") for line in cells]


def _scaled(value: float, low: float, high: float, count: int) -> int:
    """The place of a value among `count`; in the middle where all are the same."""
    span = high / 2 - low / 2  # halves: the whole may be too large for a number
    return round((value / 2 - low / 2) / span * (count - 1)) if span > 0 else (count - 1) // 2
