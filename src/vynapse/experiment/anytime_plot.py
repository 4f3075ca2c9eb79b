# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The picture of a comparison at every budget: means over seeds with their 95 % intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from vynapse.errors import storage_errors
from vynapse.experiment.anytime import Anytime
from vynapse.experiment.curves import COSTS
from vynapse.statistics import is_logarithmic

COLOURS: Final = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442",
)  # fmt: skip
"""Told apart by people who see colours differently (Okabe and Ito 2008)."""
STYLES: Final = ("-", "--", "-.", ":")
UNITS: Final = {**COSTS, "seconds": "seconds of the steps"}


def draw_anytime(found: Sequence[Anytime], folder: Path) -> Path:
    """Write anytime-TASK.svg: one panel for each kind of cost. It needs matplotlib.

    Args:
        found: what is known of one task.
        folder: where the picture goes.

    Raises:
        StorageError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5 * len(found), 4), layout="constrained")
    panels: Any = figure.subplots(1, len(found), squeeze=False)[0]
    for axes, one in zip(panels, found, strict=True):
        draw_panel(axes, one)
    panels[0].legend(fontsize="small")
    figure.suptitle(found[0].task)
    name = re.sub(r"[^\w.]+", "-", found[0].task).strip("-")
    file = folder / f"anytime-{name}.svg"
    with storage_errors(file):
        figure.savefig(file, metadata={"Date": None})
    return file


def draw_panel(axes: Any, one: Anytime) -> None:
    """The means of all arms over the logarithm of the cost, with bands.

    Args:
        axes: the axes of matplotlib.
        one: what is drawn.
    """
    for number, line in enumerate(one.lines):
        colour = COLOURS[number % len(COLOURS)]
        style = STYLES[number // len(COLOURS) % len(STYLES)] if number else "-"
        means = np.array([mean.value for mean in line.means])
        widths = np.array([mean.half_width or 0.0 for mean in line.means])
        width = 2.0 if number == 0 else 1.3
        look = {"color": colour, "linestyle": style, "linewidth": width}
        axes.plot(one.costs, means, label=line.name, drawstyle="steps-post", **look)
        bounds = means - widths, means + widths
        axes.fill_between(one.costs, *bounds, step="post", alpha=0.15, color=colour, linewidth=0)
    lowest = [mean.value - (mean.half_width or 0.0) for line in one.lines for mean in line.means]
    if not one.measure.higher and is_logarithmic(lowest):
        axes.set_yscale("log")
    else:
        _frame(axes, [mean.value for line in one.lines for mean in line.means])
    axes.set_xscale("log")
    axes.grid(alpha=0.25)
    what = f"validation {one.measure.name}, best so far"
    axes.set(xlabel=UNITS[one.cost], ylabel=what)


def _frame(axes: Any, heights: Sequence[float]) -> None:
    """Fit the means: the intervals of few seeds may be many times as wide."""
    low, high = min(heights), max(heights)
    room = 0.08 * (high - low) or 0.1
    axes.set_ylim(low - room, high + room)
