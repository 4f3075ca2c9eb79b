# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The curves of one run as a picture: its loss, what its modes tell beside it, what lasted when."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from vynapse.core import Measure
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.drawn import (
    COLOURS,
    HATCHES,
    logarithmic,
    look,
    picture,
    plain_numbers,
    svg_of,
)
from vynapse.experiment.observed import Observed, observe
from vynapse.statistics import is_logarithmic
from vynapse.telemetry.reading import read_metrics

_POINTS: Final = 1000
"""Points of a line, about."""
_STAGE: Final = "stage {number} ({mode})"

Line = tuple[list[float], list[float]]
"""Steps of the run, and values."""


def curves_of(path: Path, measure: Measure | None = None, purpose: str = "a picture") -> str | None:
    """The curves of a run as an <svg> element; None where it has no loss yet.

    Args:
        path: its directory.
        measure: what its loss is; None where nobody knows.
        purpose: who needs the picture, for the sentence of an error.

    Raises:
        MissingExtra: matplotlib is not installed.
        RunDirectoryError: its files are damaged.
    """
    return drawn_curves(observe(path, _POINTS), measure, purpose)


def drawn_curves(found: Observed, measure: Measure | None, purpose: str) -> str | None:
    """The same of a run that has been looked at."""
    turned = measure.higher_is_better if measure else "return" in found.summary
    begins = _begins(found)
    losses = _losses(found, begins, -1.0 if turned else 1.0)
    if not losses:
        return None
    panels, bars = _panels(found, begins), _bars(found, begins)
    names = list(dict.fromkeys(name for spans, _ in bars for name in spans))
    heights = [2.9, *(1.5 for _ in panels), *([0.5 + 0.24 * len(names)] if names else [])]
    with picture(purpose, height=sum(heights)) as figure:
        column = figure.subplots(
            len(heights), 1, sharex=True, height_ratios=heights, squeeze=False
        )[:, 0]
        _draw_losses(column[0], losses, _named(measure, turned), turned)
        for axes, (name, lines) in zip(column[1:], panels.items(), strict=False):
            _draw_panel(axes, name, lines)
        if names:
            _draw_bars(column[-1], bars, names)
        plain_numbers(column[-1].xaxis)
        column[-1].set_xlabel("step of the run")
        return svg_of(figure)


def _named(measure: Measure | None, turned: bool) -> str:
    name = "return" if turned else "loss" if measure is None else measure.name.replace("_", "-")
    unit = f" ({measure.unit})" if measure is not None and measure.unit else ""
    return f"validation {name}{unit}"


def _begins(found: Observed) -> dict[int, int]:
    """At which step of the run each stage begins."""
    lengths: dict[int, int] = {}
    for row in found.rows:
        lengths[row.stage] = max(lengths.get(row.stage, 0), row.step)
    return {
        stage: sum(length for other, length in lengths.items() if other < stage)
        for stage in lengths
    }


def _losses(found: Observed, begins: Mapping[int, int], sign: float) -> dict[str, Line]:
    """The finite losses of each stage, by its name."""
    lines: dict[str, Line] = {}
    several = len(found.modes) > 1
    for row in found.rows:
        if row.loss is not None and math.isfinite(row.loss):
            mode = found.modes[row.stage]
            name = _STAGE.format(number=row.stage, mode=mode) if several else mode
            x, y = lines.setdefault(name, ([], []))
            x.append(begins[row.stage] + row.step)
            y.append(sign * row.loss)
    return lines


def _panels(found: Observed, begins: Mapping[int, int]) -> dict[str, dict[str, Line]]:
    """Further lines over the steps, as the modes of the stages want them."""
    wanted = {stage: story.curves for stage, story in enumerate(found.stories) if story.curves}
    panels: dict[str, dict[str, Line]] = {}
    files = RunDirectory(found.path)
    for row in read_metrics(files.metrics, _POINTS) if wanted and files.metrics.exists() else ():
        stage = int(row["stage"])
        for name, columns in (wanted.get(stage) or {}).items():
            for column, factor in columns.items():
                if column in row:
                    x, y = panels.setdefault(name, {}).setdefault(column, ([], []))
                    x.append(begins[stage] + int(row["step"]))
                    y.append(factor * float(row[column]))
    return panels


def _bars(found: Observed, begins: Mapping[int, int]) -> list[tuple[dict[str, Any], list[str]]]:
    """What lasted in each stage in steps of the run, and the order of the names of its parts."""
    bars = []
    for stage, begin in begins.items():
        story = found.stories[stage]
        spans = {
            row: [(name, begin + first, begin + last) for name, first, last in parts]
            for row, parts in found.of_stage(stage, story.spans).items()
        }
        if spans:
            bars.append((spans, list(story.colours or {})))
    return bars


def _draw_losses(axes: Any, lines: Mapping[str, Line], label: str, turned: bool) -> None:
    for number, (name, (x, y)) in enumerate(lines.items()):
        marker = {"marker": "o", "markersize": 4} if len(x) == 1 else {}
        axes.plot(x, y, label=name, linewidth=1.6, **look(number), **marker)
    heights = [value for _, y in lines.values() for value in y]
    if not turned and is_logarithmic(heights):
        axes.set_yscale("log")
        logarithmic(axes.yaxis)
    else:
        plain_numbers(axes.yaxis)
    axes.set_ylabel(label)
    axes.grid()
    if len(lines) > 1:
        _legend(axes, len(lines))


def _draw_panel(axes: Any, name: str, lines: Mapping[str, Line]) -> None:
    for number, (column, (x, y)) in enumerate(lines.items()):
        axes.plot(x, y, label=column.replace("_", " "), linewidth=1.2, **look(number))
    plain_numbers(axes.yaxis)
    axes.set_ylabel(name)
    axes.grid()
    if len(lines) > 1:
        _legend(axes, len(lines))


def _draw_bars(
    axes: Any, bars: Sequence[tuple[dict[str, Any], list[str]]], names: Sequence[str]
) -> None:
    """A row of bars for each name; parts differ by colour and by hatching."""
    from matplotlib.patches import Patch

    kinds = list(dict.fromkeys(kind for _, order in bars for kind in order))
    looks: dict[str, dict[str, Any]] = {
        kind: {
            "facecolor": COLOURS[place % len(COLOURS)],
            "hatch": HATCHES[place % len(HATCHES)],
        }
        for place, kind in enumerate(kinds)
    }
    seen = set[str]()
    for spans, _ in bars:
        for row, parts in spans.items():
            low = names.index(row) - 0.4
            for kind, begin, end in parts:
                axes.broken_barh([(begin, end - begin)], (low, 0.8), linewidth=0, **looks[kind])
                seen.add(kind)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    patches = [Patch(label=kind, **looks[kind]) for kind in kinds if kind in seen]
    if len(patches) > 1:
        _legend(axes, len(patches), handles=patches)


def _legend(axes: Any, count: int, **more: Any) -> None:
    """Above the axes, where it hides no line."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=min(count, 4),
        handlelength=2.4,
        borderaxespad=0.2,
        **more,
    )
