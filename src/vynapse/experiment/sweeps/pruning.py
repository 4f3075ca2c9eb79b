# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How good a run was at a share of its budget, and which points are given up for it.

What is judged is a function of the rows of `metrics.csv` alone: the best loss up to the first row
at which the share is spent. So a run that was killed between two rows is judged as any other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import final

from vynapse.core import Budget, Cost, Report
from vynapse.core.cost import AMOUNTS
from vynapse.experiment.recipe import Recipe
from vynapse.telemetry.reading import read_metrics


@dataclass(frozen=True, slots=True)
class Standing:
    """A run at a share of its budget.

    Attributes:
        loss: the best that was logged by then; infinite where none was.
        cost: what had been counted by then, with the steps.
    """

    loss: float
    cost: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Row:
    share: float
    loss: float
    cost: dict[str, float]


@final
class Track:
    """The rows of a run, those in its file and those that come.

    Args:
        budget: that of its only stage.
        log_every: steps between rows.
        path: its directory, which need not exist.
    """

    def __init__(self, budget: Budget, log_every: int, path: Path) -> None:
        self._budget, self._every = budget, log_every
        self._rows: dict[int, _Row] = {}
        if (path / "metrics.csv").is_file():
            for row in read_metrics(path / "metrics.csv"):
                cost = {name: float(row[name]) for name in AMOUNTS if name in row}
                self._add(int(row["step"]), float(row.get("loss", "nan")), cost)

    def see(self, report: Report, *, last: bool) -> None:
        """A report of the run, of which the same rows are taken as are written."""
        for row in report.each(self._every):
            if row.step % self._every == 0 or last:
                self._add(row.step, row.loss, dict(row.cost.counted()))

    def at(self, share: float) -> Standing | None:
        """Where it stood when it had spent the share; None where it has not yet."""
        best = math.inf
        for _, row in sorted(self._rows.items()):
            best = min(best, row.loss) if not math.isnan(row.loss) else best
            if row.share >= share:
                return Standing(best, row.cost)
        return None

    def end(self) -> Standing:
        """Where it stands."""
        losses = [row.loss for row in self._rows.values() if not math.isnan(row.loss)]
        cost = self._rows[max(self._rows)].cost if self._rows else {}
        return Standing(min(losses, default=math.inf), cost)

    def _add(self, step: int, loss: float, cost: Mapping[str, float]) -> None:
        known = Cost(
            **{
                name: float(cost[name]) if name == "seconds" else int(cost[name])
                for name in AMOUNTS
                if name in cost
            }  # type: ignore[arg-type]
        )
        share = self._budget.share(step, known) or 0.0
        self._rows[step] = _Row(share, loss, {"steps": float(step), **known.counted()})


def budget_of(recipe: Recipe) -> Budget:
    """The budget of the only stage of a recipe, with epochs as steps."""
    from vynapse.experiment.plan import prepare

    plan = prepare(recipe)
    return recipe.stages[0].budget.resolve(plan.steps_per_epoch(0), plan.task.measure)


def is_hopeless(loss: float, others: Sequence[float]) -> bool:
    """Whether a run is worse than half of the others, there being any (Golovin et al. 2017)."""
    return bool(others) and loss > median(others)


def survivors(losses: Mapping[int, float], keep: float) -> list[int]:
    """The points that go on: the better share of them, at least one; ties go to the first."""
    count = max(1, math.ceil(keep * len(losses)))
    order = sorted(losses, key=lambda number: (losses[number], number))
    return sorted(order[:count])
