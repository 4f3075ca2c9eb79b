# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The best loss of several arms over their cost: a mean over seeds with its confidence band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.experiment.drawn import logarithmic, look, picture, plain_numbers, svg_of
from vynapse.statistics import is_logarithmic, student_t95
from vynapse.telemetry.reading import read_metrics

Numbers = npt.NDArray[np.float64]

_COSTS: Final = {"env_steps": "steps of the environment", "flops": "FLOP", "forwards": "forwards"}
"""What a band may be drawn over, the first that all runs have counted."""
_POINTS: Final = 400
"""Points of the line of a run, and of a band."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A mean over runs, and the 95 % interval of it.

    Attributes:
        x: costs (n,).
        middle, low, high: the mean and its interval (n,); the same where there is one run.
    """

    x: Numbers
    middle: Numbers
    low: Numbers
    high: Numbers


def band_of(
    lines: Sequence[tuple[Sequence[float], Sequence[float]]], *, of_logarithms: bool
) -> Band:
    """The band of runs, at costs at which all of them have a value.

    A run keeps its last value when it has ended. The interval is Student's t over runs.

    Args:
        lines: costs, which do not fall, and values of each run.
        of_logarithms: take the geometric mean; values are above 0.
    """
    first = max(float(x[0]) for x, _ in lines)
    last = max(first, *(float(x[-1]) for x, _ in lines))
    grid = np.geomspace(first, last, _POINTS)
    rows = []
    for x, y in lines:
        places = np.searchsorted(np.asarray(x, np.float64), grid * (1 + 1e-12), "right") - 1
        rows.append(np.asarray(y, np.float64)[np.maximum(places, 0)])
    values = np.log(np.stack(rows)) if of_logarithms else np.stack(rows)
    middle = values.mean(axis=0)
    width = np.zeros_like(middle)
    if len(rows) > 1:
        width = student_t95(len(rows) - 1) * values.std(axis=0, ddof=1) / np.sqrt(len(rows))
    found = (middle, middle - width, middle + width)
    return Band(grid, *(np.exp(part) if of_logarithms else part for part in found))


def bands_picture(
    arms: Mapping[str, Sequence[Path]], *, gained: bool, title: str = "", purpose: str
) -> str | None:
    """Bands of arms as an <svg> element; None where no run has a loss.

    Args:
        arms: the directories of the runs of each, by the name of the arm.
        gained: the return is drawn in place of the loss.
        title: above the picture.
        purpose: who needs the picture, for the sentence of an error.

    Raises:
        MissingExtra: matplotlib is not installed.
        RunDirectoryError: the metrics of a run are damaged.
    """
    logged = {name: [_rows(run) for run in runs] for name, runs in arms.items()}
    cost = _shared_cost([rows for runs in logged.values() for rows in runs if rows])
    lines = {
        name: [line for rows in runs if (line := _line(rows, cost, gained))[0]]
        for name, runs in logged.items()
    }
    lines = {name: runs for name, runs in lines.items() if runs}
    heights = [value for runs in lines.values() for _, y in runs for value in y]
    if not heights:
        return None
    in_decades = not gained and is_logarithmic(heights)
    if in_decades:
        floor = min(value for value in heights if value > 0)
        lines = {
            name: [(x, [max(value, floor) for value in y]) for x, y in runs]
            for name, runs in lines.items()
        }
    with picture(purpose) as figure:
        axes: Any = figure.add_subplot()
        for number, (name, runs) in enumerate(lines.items()):
            _draw(axes, number, name, runs, in_decades)
        axes.set_xscale("log")
        logarithmic(axes.xaxis)
        if in_decades:
            axes.set_yscale("log")
        _limit(axes, lines, in_decades)
        (logarithmic if in_decades else plain_numbers)(axes.yaxis)
        what = "return" if gained else "loss"
        axes.set(
            xlabel=_COSTS.get(cost, "step of the run"),
            ylabel=f"validation {what} of the best network",
        )
        figure.suptitle(title, x=0.01, ha="left")
        axes.grid()
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, handlelength=2.4)
        return svg_of(figure)


def _rows(run: Path) -> list[dict[str, str]]:
    file = run / "metrics.csv"
    return read_metrics(file, _POINTS) if file.exists() else []


def _shared_cost(runs: Sequence[Sequence[Mapping[str, str]]]) -> str:
    """The first cost that every run has counted; else its steps."""
    for name in _COSTS:
        if runs and all(any(name in row for row in run) for run in runs):
            return name
    return "step"


def _line(
    rows: Sequence[Mapping[str, str]], cost: str, gained: bool
) -> tuple[list[float], list[float]]:
    """Costs since the start of the run, and the finite losses or returns."""
    x, y = list[float](), list[float]()
    for row in rows:
        if cost in row and np.isfinite(loss := float(row.get("loss", "nan"))):
            # steps begin anew with each stage, costs do not
            x.append(max(1.0, float(row[cost]), *x[-1:]))
            y.append(-loss if gained else loss)
    return x, y


def _draw(axes: Any, number: int, name: str, runs: Sequence[Any], in_decades: bool) -> None:
    own = look(number)
    for x, y in runs if len(runs) > 1 else ():
        axes.plot(x, y, color=own["color"], alpha=0.3, linewidth=0.7, drawstyle="steps-post")
    band = band_of(runs, of_logarithms=in_decades)
    count = f"{name} ({len(runs)} {'seed' if len(runs) == 1 else 'seeds'})"
    point = band.x[0] == band.x[-1]
    marker = {"marker": "o", "markersize": 4} if point else {}
    axes.plot(band.x, band.middle, label=count, linewidth=1.8, **own, **marker)
    if point and len(runs) > 1:
        axes.vlines(band.x[:1], band.low[:1], band.high[:1], color=own["color"], linewidth=1.8)
    elif len(runs) > 1:
        axes.fill_between(band.x, band.low, band.high, color=own["color"], alpha=0.16, linewidth=0)


def _limit(axes: Any, lines: Mapping[str, Sequence[Any]], in_decades: bool) -> None:
    """Show what runs reached; an interval of two or three may be wider than any of them."""
    heights = [value for runs in lines.values() for _, y in runs for value in y]
    low, high = min(heights), max(heights)
    if in_decades:
        margin = (high / low) ** 0.06
        axes.set_ylim(low / margin, high * margin)
    else:
        margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
        axes.set_ylim(low - margin, high + margin)
