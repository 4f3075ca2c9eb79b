# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the arms of a comparison are worth at every budget, not only at the last.

A run's curve is the best on the validation split so far, over operations and over seconds. Before
the first validation of a run it counts as the worst first validation of any run of its task. The
area under a curve is its mean over the logarithm of the cost, from 1 % of the largest cost of any
run to all of it. A run that ended keeps what it had.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vynapse.experiment.curves import (
    F64,
    Curve,
    Logged,
    Measure,
    curve,
    measure_of,
    shared_cost,
)
from vynapse.experiment.table import Row
from vynapse.statistics import Mean, mean_of
from vynapse.telemetry.reading import read_metrics

Place = Callable[[str, str, int], Path]
"""From task, arm and seed to the directory of the run."""

FROM: Final = 0.01
"""Where the costs begin that are looked at, as a share of the largest."""
POINTS: Final = 81
"""Costs at which a curve is told, evenly spread over their logarithm."""
WAY: Final = (0.5, 0.75, 0.9, 0.97)
"""Levels, as shares of the way from the worst first value to the first arm's mean end."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A cost over that of the first arm, paired by seed: geometric mean, 95 % interval (t)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an arm spends until it is as good as a level.

    Attributes:
        level: a value of the measure.
        reached, seeds: how many runs of how many reach it.
        cost: over the runs that do; None where none does.
        ratio: None where a run of the two arms does not reach it, and for the first arm.
    """

    level: float
    reached: int
    seeds: int
    cost: Mean | None
    ratio: Ratio | None


@dataclass(frozen=True, slots=True)
class Line:
    """An arm over one kind of cost.

    Attributes:
        name: the name of the arm.
        curves: the curves of its runs, by seed.
        means: the mean over seeds at each cost of the task.
        end: the best of the whole run.
        area: the mean under the curve over the logarithm of the cost.
        arrivals: what each level costs.
    """

    name: str
    curves: Mapping[int, Curve]
    means: tuple[Mean, ...]
    end: Mean
    area: Mean
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True)
class Anytime:
    """The arms of a task over one kind of cost.

    Attributes:
        task: its name.
        measure: what is better where.
        cost: the column of the cost; `seconds` is the time of the steps.
        costs: the costs at which the means are told (n,).
        before: what a run without a validation counts as.
        lines: the arms; the first is what others are compared with.
    """

    task: str
    measure: Measure
    cost: str
    costs: F64
    before: float
    lines: tuple[Line, ...]


def anytime(rows: Sequence[Row], place: Place) -> list[Anytime]:
    """For each task its arms over operations, or what else all count, and over seconds.

    Args:
        rows: the arms of a comparison.
        place: where their runs are.

    Raises:
        RunDirectoryError: the metrics of a run are absent or damaged.
    """
    found = []
    for task in dict.fromkeys(row.task for row in rows):
        own = [row for row in rows if row.task == task]
        logged = {
            row.mode: {
                int(run["seed"]): read_metrics(place(task, row.mode, run["seed"]) / "metrics.csv")
                for run in row.runs
            }
            for row in own
        }
        returns = all("return" in run for row in own for run in row.runs)
        found += judged(task, logged, returns=returns)
    return found


def judged(
    task: str, logged: Mapping[str, Mapping[int, Logged]], *, returns: bool = False
) -> list[Anytime]:
    """The arms of a task over operations, or what else all count, and over seconds.

    Args:
        task: its name.
        logged: metrics of runs by arm and seed; the first arm is what others are compared with.
        returns: their losses are returns with the sign turned.
    """
    runs = [rows for arm in logged.values() for rows in arm.values()]
    measure, costs = measure_of(runs, returns=returns), [shared_cost(runs), "seconds"]
    found = []
    for cost in costs:
        curves = {
            name: {seed: curve(rows, cost, measure) for seed, rows in arm.items()}
            for name, arm in logged.items()
            if cost is not None
        }
        every = [one for arm in curves.values() for one in arm.values()]
        if cost is not None and every and all(len(one.costs) and one.end > 0 for one in every):
            found.append(_over(task, measure, cost, curves))
    return found


def _over(
    task: str, measure: Measure, cost: str, curves: Mapping[str, Mapping[int, Curve]]
) -> Anytime:
    every = [one for arm in curves.values() for one in arm.values()]
    end, firsts = max(one.end for one in every), [one.first for one in every]
    costs = np.geomspace(FROM * end, end, POINTS)
    before = min(firsts) if measure.higher else max(firsts)
    first = next(iter(curves.values()))
    levels = _levels(before, _mean([float(one.values[-1]) for one in first.values()]).value)
    lines = []
    for name, own in curves.items():
        heights = np.stack([one.at(costs, before) for one in own.values()])
        line = Line(
            name,
            own,
            tuple(_mean(list(map(float, column))) for column in heights.T),
            _mean([float(one.values[-1]) for one in own.values()]),
            _mean([one.area(FROM * end, end, before) for one in own.values()]),
            tuple(_arrival(level, measure, own, first) for level in levels),
        )
        lines.append(line)
    return Anytime(task, measure, cost, costs, before, tuple(lines))


def _levels(before: float, end: float) -> list[float]:
    """To three digits, each once."""
    way = [before + share * (end - before) for share in WAY]
    return list(dict.fromkeys(float(f"{level:.3g}") for level in way))


def _arrival(
    level: float, measure: Measure, own: Mapping[int, Curve], first: Mapping[int, Curve]
) -> Arrival:
    mine = {seed: one.reaches(level, measure) for seed, one in own.items()}
    known = {seed: cost for seed, cost in mine.items() if cost is not None}
    theirs = {seed: first[seed].reaches(level, measure) for seed in own if seed in first}
    ratio = None
    if own is not first and theirs and len(known) == len(own):
        pairs = [(known[seed], other) for seed, other in theirs.items() if other]
        ratio = _ratio(pairs) if len(pairs) == len(theirs) else None
    return Arrival(level, len(known), len(own), mean_of(list(known.values())), ratio)


def _ratio(pairs: Sequence[tuple[float, float]]) -> Ratio | None:
    """Geometric mean of quotients; no interval can be told of one pair."""
    logs = [math.log(one / other) for one, other in pairs if one > 0]
    if len(logs) < len(pairs):
        return None
    mean = _mean(logs)
    width = math.inf if mean.half_width is None else mean.half_width
    return Ratio(math.exp(mean.value), math.exp(mean.value - width), math.exp(mean.value + width))


def _mean(values: Sequence[float]) -> Mean:
    found = mean_of(values)
    if found is None:
        raise ValueError("no values")
    return found
