# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a sweep has found: its points from the best to the worst."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

from vynapse.experiment.sweeps.folder import Job, Point
from vynapse.experiment.sweeps.settings import SweepSettings
from vynapse.experiment.sweeps.state import Ended, State
from vynapse.experiment.table import COLUMNS, Part, Row, Table
from vynapse.plain import shown
from vynapse.statistics import Mean, mean_of

_TIMES: Final = ("wall s", "CPU %")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a point.

    Attributes:
        point: its number, values and origin.
        status: "finished"; "failed" where a run failed, "pruned" where it was given up.
        runs: its runs that ended, by seed.
    """

    point: Point
    status: str
    runs: Mapping[int, Ended]

    @property
    def loss(self) -> Mean | None:
        """The mean over its seeds; None where one failed."""
        losses = [run.loss for run in self.runs.values()]
        return mean_of(losses) if losses and all(map(math.isfinite, losses)) else None

    @property
    def why(self) -> str:
        """Why it did not finish: a sentence, empty where it did."""
        notes = [run.note.reason for run in self.runs.values() if run.note is not None]
        return notes[0] if notes else ""

    def row(self, task: str) -> Row:
        """Its row in the table of a comparison."""
        found = [run.summary for run in self.runs.values() if run.summary is not None]
        return Row(task, self.point.name, found)


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sweep has found.

    Attributes:
        task: name of the task.
        keys: the keys of its space.
        results: points that finished, the best first; then those that were pruned; then those that
            failed.
        reproducible: whether the same sweep gives the same table again.
        ended_by: "trials", or the limit of the budget of all.
        spent: what all runs took, by amount.
        beyond: runs that other workers made beyond that limit; they are in no table.
    """

    task: str
    keys: tuple[str, ...]
    results: tuple[Result, ...]
    reproducible: bool
    ended_by: str
    spent: Mapping[str, float]
    beyond: int

    @property
    def best(self) -> Result | None:
        """The best point; None where none finished."""
        return next((one for one in self.results if one.status == "finished"), None)

    def table(self) -> Table:
        """The table of a comparison whose arms are the points that finished."""
        return Table([one.row(self.task) for one in self._with("finished")])

    def parts(self) -> list[Part]:
        """The points that finished, then the others."""
        finished, others = self._with("finished"), self._with("pruned", "failed")
        parts = []
        if finished:
            means = self.table().parts()[0]
            rows = [
                [one.point.name, *self._cells(one), *cells[2:]]
                for one, cells in zip(finished, means.rows, strict=True)
            ]
            note = f"The best first. {means.note}"
            parts.append(Part(["point", *self.keys, *means.header[2:]], rows, note))
        if others:
            rows = [[o.point.name, *self._cells(o), o.status, _loss(o), o.why] for o in others]
            note = "Points that did not finish, and the best loss that they had come to."
            parts.append(Part(["point", *self.keys, "status", "loss", "why"], rows, note))
        return parts

    def markdown(self) -> str:
        """The tables as Markdown."""
        return "\n".join(part.markdown() for part in self.parts())

    def csv(self) -> str:
        """One line per run, unrounded; times come last."""
        amounts = dict.fromkeys(
            name for one in self.results for run in one.runs.values() for name in run.cost
        )
        measured = [name for name in COLUMNS if name not in (*_TIMES, "loss", *amounts, "GFLOP")]
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        header = ["point", "origin", *self.keys, "seed", "status", "loss", *amounts, *measured]
        writer.writerow([*header, "network_sha256", "seconds"])
        for one in self.results:
            for seed, run in one.runs.items():
                summary = run.summary
                cells: list[Any] = [""] * len(measured)
                if summary is not None:
                    cells = [COLUMNS[name](summary) for name in measured]
                writer.writerow(
                    [
                        one.point.number,
                        one.point.origin,
                        *self._cells(one),
                        seed,
                        run.status,
                        run.loss if math.isfinite(run.loss) else "",
                        *(_whole(run.cost.get(name)) for name in amounts),
                        *cells,
                        "" if summary is None else summary["network_sha256"],
                        run.seconds,
                    ]
                )
        return file.getvalue()

    def json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        best = self.best
        return {
            "task": self.task,
            "reproducible": self.reproducible,
            "ended_by": self.ended_by,
            "spent": dict(self.spent),
            "runs_beyond_budget": self.beyond,
            "best": None if best is None else best.point.number,
            "points": [_as_json(one) for one in self.results],
        }

    def _with(self, *statuses: str) -> list[Result]:
        return [one for one in self.results if one.status in statuses]

    def _cells(self, one: Result) -> list[str]:
        return [
            _text(one.point.values[key]) if key in one.point.values else "" for key in self.keys
        ]


def outcome_of(
    task: str, sweep: SweepSettings, keys: Sequence[str], state: State, *, several: bool
) -> Outcome:
    """What a sweep has found whose runs have ended.

    Args:
        task: name of the task.
        sweep: the sweep.
        keys: the keys of its space.
        state: its runs.
        several: whether several processes worked at the same time.
    """
    points, limits = state.folder.points(), sweep.budget.total.limits()
    counted, ended_by = list[Point](), "trials"
    for point in points:
        spent = state.spent(counted)
        reached = [name for name, limit in limits.items() if spent.get(name, 0.0) >= limit]
        if reached:
            ended_by = reached[0]
            break
        counted.append(point)
    else:
        spent = state.spent(counted)
        reached = [name for name, limit in limits.items() if spent.get(name, 0.0) >= limit]
        given = sweep.search.trials
        if reached and (given is None or len(points) < given):
            ended_by = reached[0]
    results = [_result(point, state) for point in counted]
    order = {"finished": 0, "pruned": 1, "failed": 2}
    results.sort(key=lambda one: (order[one.status], _rank(one), one.point.number))
    learns = sweep.search.kind == "tpe" or (
        sweep.prune is not None and sweep.prune.kind == "median"
    )
    same = all(
        run.summary is None or run.summary["reproducible"]
        for one in results
        for run in one.runs.values()
    )
    return Outcome(
        task,
        tuple(keys),
        tuple(results),
        same and "seconds" not in limits and not (several and learns),
        ended_by,
        state.spent(points),
        sum(len(_runs(point, state)) for point in points[len(counted) :]),
    )


def _result(point: Point, state: State) -> Result:
    runs = _runs(point, state)
    found = {run.status for run in runs.values()}
    status = next((name for name in ("failed", "pruned") if name in found), "finished")
    return Result(point, status, runs)


def _runs(point: Point, state: State) -> dict[int, Ended]:
    jobs = (Job(point.number, seed) for seed in state.seeds)
    return {job.seed: run for job in jobs if (run := state.ended(job)) is not None}


def _rank(one: Result) -> float:
    mean = one.loss
    return math.inf if mean is None else mean.value


def _loss(one: Result) -> str:
    mean = one.loss
    return "" if mean is None else f"{mean.value:.4g}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)


def _whole(value: float | None) -> float | str:
    if value is None:
        return ""
    return int(value) if value == int(value) else value


def _as_json(one: Result) -> dict[str, Any]:
    mean = one.loss
    return {
        "point": one.point.number,
        "origin": one.point.origin,
        "values": json.loads(json.dumps(one.point.values)),
        "status": one.status,
        "why": one.why,
        "seeds": list(one.runs),
        "loss": None if mean is None else mean.value,
        "half_width": None if mean is None else mean.half_width,
        "cost": [dict(run.cost) for run in one.runs.values()],
    }
