# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is known of the runs of a sweep by now, read from its folder, each file once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from vynapse.experiment.sweeps.folder import Job, Note, Point, SweepFolder
from vynapse.statistics import mean_of


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended.

    Attributes:
        status: "finished", "failed" or "pruned".
        loss: that of its winner, or the best it had come to; infinite for none.
        cost: what it took, with its steps.
        seconds: time of its steps.
        summary: that of a run that finished; None for others.
        note: what is known of the others.
    """

    status: str
    loss: float
    cost: Mapping[str, float]
    seconds: float
    summary: dict[str, Any] | None
    note: Note | None


@final
class State:
    """The runs of a sweep by now.

    Args:
        folder: where they are.
        seeds: the seeds of each point.
    """

    def __init__(self, folder: SweepFolder, seeds: Sequence[int]) -> None:
        self.folder, self.seeds = folder, tuple(seeds)
        self._ended: dict[Job, Ended] = {}

    def jobs(self, point: Point) -> list[Job]:
        """The runs of a point."""
        return [Job(point.number, seed) for seed in self.seeds]

    def ended(self, job: Job) -> Ended | None:
        """A run, once it has ended."""
        if job not in self._ended:
            found = self._read(job)
            if found is None:
                return None
            self._ended[job] = found
        return self._ended[job]

    def forget(self, job: Job) -> None:
        """Read a run again, of which something was written."""
        self._ended.pop(job, None)

    def is_given_up(self, point: Point) -> bool:
        """Whether a run of a point was pruned, so that the others are not made."""
        runs = (self.ended(job) for job in self.jobs(point))
        return any(run is not None and run.status == "pruned" for run in runs)

    def is_over(self, point: Point) -> bool:
        """Whether nothing is left to do at a point."""
        return self.is_given_up(point) or all(self.ended(job) for job in self.jobs(point))

    def loss(self, point: Point) -> float | None:
        """The mean loss of a point whose runs are over; infinite where one failed."""
        if not self.is_over(point):
            return None
        runs = [run for job in self.jobs(point) if (run := self.ended(job)) is not None]
        if any(run.status == "failed" for run in runs):
            return math.inf
        mean = mean_of([run.loss for run in runs])
        return math.inf if mean is None else mean.value

    def spent(self, points: Sequence[Point]) -> dict[str, float]:
        """What the runs of points that have ended took, by amount."""
        sums: dict[str, float] = {}
        for point in points:
            for job in self.jobs(point):
                run = self.ended(job)
                if run is not None:
                    for name, amount in {**run.cost, "seconds": run.seconds}.items():
                        sums[name] = sums.get(name, 0.0) + amount
        return sums

    def _read(self, job: Job) -> Ended | None:
        note = self.folder.note(job)
        if note is not None:
            loss = math.inf if note.loss is None else note.loss
            cost = {name: value for name, value in note.cost.items() if name != "seconds"}
            return Ended(note.status, loss, cost, note.cost.get("seconds", 0.0), None, note)
        summary = self.folder.summary(job)
        if summary is None:
            return None
        cost = {"steps": summary["steps"], **summary["cost"]}
        loss = float(summary["loss"])
        return Ended("finished", loss, cost, float(summary["seconds"]), summary, None)
