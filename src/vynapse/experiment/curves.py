# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The best so far of a run over what it had cost by then, from its `metrics.csv`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

Logged = Sequence[Mapping[str, str]]
"""The rows of a `metrics.csv`, as `read_metrics` gives them."""

COSTS: Final = {"env_steps": "steps of the environment", "flops": "FLOP", "forwards": "forwards"}
"""What runs may be compared over: columns of metrics and their units."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is better where more, or less, of it is measured on the validation split.

    Attributes:
        name: accuracy, return or loss.
        higher: whether more of it is better.
    """

    name: str
    higher: bool


ACCURACY: Final = Measure("accuracy", higher=True)
RETURN: Final = Measure("return", higher=True)
LOSS: Final = Measure("loss", higher=False)


@dataclass(frozen=True, slots=True)
class Curve:
    """A step function: the best so far, at the costs where it became better.

    Attributes:
        costs: rising (n,).
        values: the best so far from that cost on (n,).
        first: the first value that was measured, whatever had been counted by then.
        end: what the run cost in all; the last value stays beyond it.
    """

    costs: F64
    values: F64
    first: float
    end: float

    def at(self, costs: F64, before: float) -> F64:
        """Values at any costs; `before` where nothing had been measured yet."""
        index = np.searchsorted(self.costs, costs, side="right")
        found: F64 = np.append(before, self.values)[index]
        return found

    def area(self, begin: float, end: float, before: float) -> float:
        """Mean over the logarithm of the cost between two costs."""
        inner = self.costs[(self.costs > begin) & (self.costs < end)]
        edges = np.concatenate([[begin], inner, [end]])
        widths = np.diff(np.log(edges))
        return float(self.at(edges[:-1], before) @ widths / widths.sum())

    def reaches(self, level: float, measure: Measure) -> float | None:
        """The cost at which it is first as good as `level`; None where it never is."""
        good = self.values >= level if measure.higher else self.values <= level
        return float(self.costs[int(np.argmax(good))]) if good.any() else None


def shared_cost(runs: Sequence[Logged]) -> str | None:
    """The first of COSTS that every run has counted; None where there is none."""
    for name in COSTS:
        if runs and all(any(name in row for row in run) for run in runs):
            return name
    return None


def measure_of(runs: Sequence[Logged], *, returns: bool) -> Measure:
    """What runs can be compared by: accuracy where all have it, else return or loss.

    Args:
        runs: their metrics.
        returns: their losses are returns with the sign turned.
    """
    if returns:
        return RETURN
    return ACCURACY if all(any("accuracy" in row for row in run) for run in runs) else LOSS


def curve(rows: Logged, cost: str, measure: Measure) -> Curve:
    """The curve of a run.

    Args:
        rows: its metrics. Their costs are those of all stages so far.
        cost: the column of the cost.
        measure: what is looked at.
    """
    column, sign = (measure.name, 1.0) if measure is ACCURACY else ("loss", -1.0)
    costs, scores, first, end = list[float](), list[float](), math.nan, 0.0
    for row in rows:
        score = sign * float(row.get(column, "nan"))
        first = score if math.isnan(first) else first
        if cost not in row:
            continue
        end = max(end, float(row[cost]))
        if not math.isnan(score) and (not scores or score > scores[-1]):
            costs.append(end)
            scores.append(score)
    turn = -1.0 if measure is LOSS else 1.0
    # of several values at one cost the last: a clock may not have ticked between two rows
    last = np.append(np.diff(costs) > 0, True)[: len(costs)]
    values = turn * np.asarray(scores)
    return Curve(np.asarray(costs)[last], values[last], turn * first, end)
