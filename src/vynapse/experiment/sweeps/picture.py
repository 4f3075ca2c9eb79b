# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The picture of a sweep: parallel coordinates, a line for each point from key to key to its loss.

Inselberg, "The plane with parallel coordinates", The Visual Computer 1 (1985).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from vynapse.errors import storage_errors
from vynapse.experiment.drawn import picture
from vynapse.experiment.sweeps.outcome import Outcome, Result
from vynapse.experiment.sweeps.settings import Axis, SweepSettings
from vynapse.experiment.sweeps.space import told_axis
from vynapse.plain import shown
from vynapse.statistics import is_logarithmic

_LABELS: Final = 12
"""Values of an axis that are named."""
_ABSENT: Final = -0.08
"""Where a line passes an axis whose condition does not hold."""


def draw(outcome: Outcome, sweep: SweepSettings, folder: Path) -> Path | None:
    """Write sweep.svg, where matplotlib is installed.

    Args:
        outcome: what the sweep has found.
        sweep: its axes.
        folder: where the file goes.

    Raises:
        StorageError: the file cannot be written.
    """
    shown_points = [one for one in outcome.results if one.loss is not None]
    if find_spec("matplotlib") is None or not shown_points:
        return None
    file, width = folder / "sweep.svg", max(5.0, 1.8 * (len(outcome.keys) + 1))
    with picture("the picture of a sweep", height=3.8, width=width) as figure:
        axes: Any = figure.add_subplot()
        _draw(axes, outcome, sweep, shown_points)
        with storage_errors(file):
            figure.patch.set_facecolor("white")
            figure.savefig(file, metadata={"Date": None}, facecolor="white")
    return file


def _draw(axes: Any, outcome: Outcome, sweep: SweepSettings, points: list[Result]) -> None:
    keys, losses = outcome.keys, [one.loss.value for one in points if one.loss is not None]
    height = _scale(losses)
    places = {key: _places(sweep.search.space[key]) for key in keys}
    order = sorted(zip(losses, points, strict=True), key=lambda pair: -pair[0])
    for rank, (loss, one) in enumerate(order):
        ys = [
            places[key](one.point.values[key]) if key in one.point.values else _ABSENT
            for key in keys
        ]
        share = rank / max(1, len(order) - 1)
        best = rank == len(order) - 1
        look = {"color": "#D55E00" if best else "#0072B2", "linewidth": 2.2 if best else 1.1}
        dashes = "-" if one.status == "finished" else ":"
        alpha = 1.0 if best else 0.15 + 0.6 * share
        axes.plot(range(len(keys) + 1), [*ys, height(loss)], alpha=alpha, linestyle=dashes, **look)
    for place, key in enumerate(keys):
        axes.axvline(place, color="#010203", linewidth=0.8)
        _name(axes, place, sweep.search.space[key])
    axes.axvline(len(keys), color="#010203", linewidth=0.8)
    for value in (min(losses), max(losses)):
        axes.annotate(f" {value:.3g}", (len(keys), height(value)), va="center")
    axes.set_xticks(range(len(keys) + 1), [*keys, "loss"])
    axes.set_yticks([])
    axes.set_ylim(-0.14, 1.06)
    axes.spines["left"].set_visible(False)
    axes.set_title(f"{outcome.task}: {len(points)} points, the best in orange")


def _name(axes: Any, place: int, axis: Axis) -> None:
    at = _places(axis)
    if axis.values is None:
        named = [(axis.low, f"{axis.low:g}"), (axis.high, f"{axis.high:g}")]
    else:
        every = math.ceil(len(axis.values) / _LABELS)
        named = [(v, v if isinstance(v, str) else shown(v)) for v in axis.values[::every]]
    for value, text in named:
        axes.annotate(f" {text[:18]}", (place, at(value)), va="center", fontsize="small")
    if axis.when:
        axes.annotate(" –", (place, _ABSENT), va="center", fontsize="small")


def _places(axis: Axis) -> Callable[[Any], float]:
    """From a value to its height between 0 and 1."""
    if axis.values is not None:
        values, last = list(axis.values), max(1, len(axis.values) - 1)
        return lambda value: values.index(value) / last
    if axis.low is None or axis.high is None:
        raise AssertionError(told_axis(axis))
    low, high = axis.low, axis.high
    if axis.log:
        return lambda value: math.log(value / low) / math.log(high / low)
    return lambda value: (value - low) / (high - low)


def _scale(losses: list[float]) -> Callable[[float], float]:
    """From a loss to its height between 0 and 1, low losses low."""
    low, high = min(losses), max(losses)
    if high == low:
        return lambda _: 0.5
    if is_logarithmic(losses) and low > 0:
        return lambda loss: math.log(loss / low) / math.log(high / low)
    return lambda loss: (loss - low) / (high - low)
