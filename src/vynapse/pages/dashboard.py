# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run on a screen of text: lines of any width and number, made from what is known of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import cell_len, set_cell_size

from vynapse.pages.braille import curve
from vynapse.pages.figures import clock, duration, number
from vynapse.pages.terminal import Line
from vynapse.pages.watched import PLACE, Series, Watched, marks_of, whole
from vynapse.statistics import is_logarithmic

_QUIET: Final = 3.0
"""Seconds without news after which that is said."""
_CELL: Final = 25
"""Columns of a measurement."""
_SPEEDS: Final = {
    "steps": "steps/s",
    "forwards": "forwards/s",
    "backwards": "backwards/s",
    "env_steps": "env steps/s",
    "flops": "FLOP/s",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the screen: how many lines it wants, and what it makes of those it gets."""

    least: int
    most: int
    draw: Callable[[int], list[Line]]


def frame(
    run: Watched, width: int, height: int, resources: str = "", footer: str = ""
) -> list[Line]:
    """The screen.

    Args:
        run: what is shown.
        width: columns; no line is wider.
        height: rows; there are never more lines.
        resources: what the process uses, in words.
        footer: the last line.
    """
    head = _head(run, width)
    foot: list[Line] = [(footer, "dim")] if footer else []
    parts = [
        _Part(1, 2, lambda room: _rates(run, resources, width)[:room]),
        _Part(4, 12, lambda room: _curves(run, width, room)),
        _columns_part(run, width),
        _told_part(run),
        _lives_part(run, width),
    ]
    rooms = _shared(height - len(head) - len(foot), parts)
    body = [line for part, room in zip(parts, rooms, strict=True) for line in part.draw(room)]
    lines = [*head, *body]
    lines += [("", "")] * (height - len(lines) - len(foot)) if foot else []
    return [(_cut(text, width, fill=look == "reverse"), look) for text, look in [*lines, *foot]][
        :height
    ]


def _shared(room: int, parts: Sequence[_Part]) -> list[int]:
    """Lines for each part: first what they need, in their order, then one by one what they like."""
    given = []
    for part in parts:
        given.append(part.least if part.least <= room else 0)
        room -= given[-1]
    while room > 0 and any(0 < got < part.most for got, part in zip(given, parts, strict=True)):
        for place, part in enumerate(parts):
            if 0 < given[place] < part.most and room > 0:
                given[place] += 1
                room -= 1
    return given


def _head(run: Watched, width: int) -> list[Line]:
    summary = run.summary
    seconds = summary.get("seconds", run.row.get("seconds"))
    elapsed = "" if seconds is None else f"  {duration(float(seconds))}"
    status = f"{summary['status']}{elapsed} "
    name = _cut(f" {_plain(summary['run'])}", max(0, width - cell_len(status) - 1))
    title = name + " " * max(1, width - cell_len(name) - cell_len(status)) + status
    stage = f" {run.stage + 1}/{len(run.modes)}" if len(run.modes) > 1 else ""
    words = [
        _plain(str(summary["task"])),
        f"{run.modes[run.stage]}{stage}",
        f"seed {summary['seed']}",
        f"step {run.step:,}",
    ]
    if summary.get("converged"):
        words.append("converged")
    silent = time.monotonic() - run.heard
    if summary["status"] == "running" and silent > _QUIET:
        words.append(f"nothing new for {clock(silent)}")
    return [(title, "reverse"), (" · ".join(words), "bold"), (_bar(run, width), "")]


def _bar(run: Watched, width: int) -> str:
    """How much of the budget is used, and the time until it is."""
    found = run.budget()
    if found is None:
        return ""
    words, share = found
    text = f" {100 * share:3.0f} %  {words}"
    seconds = run.row.get("seconds")
    if (
        run.summary["status"] == "running"
        and 0 < share < 1
        and isinstance(seconds, int | float)
        and math.isfinite(seconds)
    ):
        text += f", {clock(seconds * (1 - share) / share)} left"
    room = min(40, width - len(text) - 1)
    if room < 5:
        return text.strip()
    filled = round(share * room)
    return "█" * filled + "░" * (room - filled) + text


def _rates(run: Watched, resources: str, width: int) -> list[Line]:
    speeds = run.speeds()
    words = [f"{number(_rounded(speeds[name]))} {unit}" for name, unit in _SPEEDS.items()
             if speeds.get(name)]  # fmt: skip
    both = "   ".join([*words, *([resources] if resources else [])])
    if cell_len(both) <= width:
        return [(both, "")] if both else []
    return [("   ".join(words), ""), (resources, "")]


def _rounded(speed: float) -> float | int:
    return round(speed) if 100 <= speed < 1e7 else speed


def _curves(run: Watched, width: int, room: int) -> list[Line]:
    """The loss, and beside it another measurement where there is room."""
    names = [name for name, series in run.curves.items() if series.newest is not None]
    if not names or room < 2:
        return [("no row of metrics.csv yet", "dim")][:room]
    if width < 60 or len(names) == 1:
        return _drawn(names[0], run.curves[names[0]], width, room)
    half = (width - 3) // 2
    left, right = (_drawn(name, run.curves[name], half, room) for name in names[:2])
    return [
        (f"{_cut(one[0], half, fill=True)}   {other[0]}", one[1])
        for one, other in zip(left, right, strict=True)
    ]


def _drawn(name: str, series: Series, width: int, room: int) -> list[Line]:
    points = series.points()
    now = points[-1][1]
    title = f"{name} {number(now)}"
    more = [
        ", logarithmic" if is_logarithmic([y for _, y in points]) else "",
        f", lowest {number(series.best)}" if series.best < now and "loss" in name else "",
        f"   steps {int(points[0][0]):,} to {int(points[-1][0]):,}",
    ]
    for words in more:  # the last ones are left out where there is no room
        title += words if len(title) + len(words) <= width else ""
    body = curve(points, width, room - 1)
    return [(title, "bold"), *((line, "") for line in body), *[("", "")] * (room - 1 - len(body))]


def _columns_part(run: Watched, width: int) -> _Part:
    """The newest measurements, in as many columns as there is room for."""
    cells = [
        f"{name} {number(whole(value)) if isinstance(value, int | float) else _plain(value)}"
        for name, value in run.row.items()
        if name not in PLACE and name not in run.curves
    ]
    each = max(1, (width + 1) // (_CELL + 1))
    rows = [cells[begin : begin + each] for begin in range(0, len(cells), each)]
    lines = [(" ".join(_cut(cell, _CELL, fill=True) for cell in row).rstrip(), "") for row in rows]
    return _Part(min(1, len(lines)), len(lines), lambda room: lines[:room])


def _told_part(run: Watched) -> _Part:
    count = len(run.told)

    def draw(room: int) -> list[Line]:
        return (
            [(_plain(text), "dim") for text in [*run.told][max(0, count - room) :]] if room else []
        )

    return _Part(min(2, count), min(12, count), draw)


def _lives_part(run: Watched, width: int) -> _Part:
    """What lasted, a row of characters each, and below what the characters say."""
    spans = {name: parts for name, parts in run.lives().items() if parts}
    if not spans or run.step < 1:
        return _Part(0, 0, lambda _: [])
    marks = marks_of(spans)
    names = min(20, max(map(cell_len, spans)))
    columns = max(1, width - names - 1)

    def row(name: str, parts: Sequence[tuple[str, int, int]]) -> Line:
        cells = ["·"] * columns
        for what, begin, end in parts:
            first = begin * columns // run.step
            last = max(first + 1, end * columns // run.step)
            cells[first:last] = [marks[what]] * (min(columns, last) - first)
        return f"{_cut(_plain(name), names, fill=True)} {''.join(cells)}", ""

    legend = "  ".join(f"{mark} {name}" for name, mark in marks.items())

    def draw(room: int) -> list[Line]:
        newest = sorted(spans.items(), key=lambda item: item[1][-1][2])[-max(1, room - 1) :]
        shown = [row(name, parts) for name, parts in spans.items() if (name, parts) in newest]
        return [*shown, (legend, "dim")] if room > 1 else []

    return _Part(2, 1 + len(spans), draw)


def _plain(text: Any) -> str:
    """A text from a file without what a terminal would obey."""
    return "".join(char if char.isprintable() else "?" for char in str(text))


def _cut(text: str, width: int, *, fill: bool = False) -> str:
    if fill or cell_len(text) > width:
        return set_cell_size(text, max(0, width))
    return text
