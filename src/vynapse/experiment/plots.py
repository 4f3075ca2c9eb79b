# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pictures of a comparison: for each task the loss, or the return, over the cost of the runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from vynapse.errors import storage_errors
from vynapse.experiment.curves import COSTS, shared_cost
from vynapse.experiment.table import Row
from vynapse.statistics import is_logarithmic
from vynapse.telemetry.reading import read_metrics

_POINTS: Final = 1000
"""Points of a line, at most."""

Place = Callable[[str, str, int], Path]
"""From task, arm and seed to the directory of the run."""


def draw(rows: Sequence[Row], place: Place, folder: Path) -> list[Path]:
    """Write a picture for each task, where matplotlib is installed; their files.

    Args:
        rows: the arms.
        place: where their runs are.
        folder: where the pictures go: loss-TASK.svg, or return-TASK.svg for tasks of control.

    Raises:
        StorageError: a file cannot be written.
    """
    if find_spec("matplotlib") is None:
        return []
    files = []
    for task in dict.fromkeys(row.task for row in rows):
        files.append(_draw_task(task, [row for row in rows if row.task == task], place, folder))
    return files


def _draw_task(task: str, rows: Sequence[Row], place: Place, folder: Path) -> Path:
    from matplotlib.figure import Figure

    gained = all("return" in run for row in rows for run in row.runs)
    what = "return" if gained else "loss"
    lines = {
        row.mode: [
            read_metrics(place(task, row.mode, run["seed"]) / "metrics.csv") for run in row.runs
        ]
        for row in rows
    }
    cost = shared_cost([rows for runs in lines.values() for rows in runs]) or "step"
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes: Any = figure.add_subplot()
    heights: list[float] = []
    for number, (mode, runs) in enumerate(lines.items()):
        for seed, logged in enumerate(runs):
            x, y = _line(logged, cost)
            y = [-value for value in y] if gained else y
            heights += y
            label = mode if seed == 0 else None
            look = {"marker": "o", "markersize": 4} if len(x) == 1 else {}
            axes.plot(
                x,
                y,
                color=f"C{number}",
                alpha=0.7,
                linewidth=1.2,
                label=label,
                drawstyle="steps-post",
                **look,
            )
    if not gained and is_logarithmic(heights):
        axes.set_yscale("log")
    axes.set_xscale("log")
    axes.legend()
    axes.set(title=task, xlabel=COSTS.get(cost, "step"), ylabel=f"validation {what} of the best")
    name = re.sub(r"[^\w.]+", "-", task).strip("-")
    file = folder / f"{what}-{name}.svg"
    with storage_errors(file):
        figure.savefig(file, metadata={"Date": None})
    return file


def _line(rows: Sequence[dict[str, str]], cost: str) -> tuple[list[float], list[float]]:
    """Cost and loss of a run, one stage after the other."""
    x, y = list[float](), list[float]()
    for row in rows[:: max(1, len(rows) // _POINTS)]:
        if "loss" not in row or cost not in row:
            continue
        x.append(max(float(row[cost]), 1.0))
        y.append(float(row["loss"]))
    return x, y
