# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A worker of a sweep: it looks for a run that nobody makes, makes it, and looks again.

All that workers know of each other stands in the folder. A run belongs to the process that holds
its claim, which the system frees when that process ends, so that another one goes on with it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Final, final

from vynapse.errors import ConfigError, Interrupted, TrainingError
from vynapse.experiment.measured import run_measured
from vynapse.experiment.stages import StageReport
from vynapse.experiment.sweeps.folder import Job, Note, Point, SweepFolder
from vynapse.experiment.sweeps.giving import Giver
from vynapse.experiment.sweeps.pruning import Track, budget_of, is_hopeless, survivors
from vynapse.experiment.sweeps.recipes import Recipes
from vynapse.experiment.sweeps.settings import PruneSettings, SweepSettings
from vynapse.experiment.sweeps.state import State

_LOOK_SECONDS: Final = 0.2
"""How often a worker looks that has nothing to do."""


@final
class Worker:
    """One of the processes that make the runs of a sweep.

    Args:
        folder: that of the sweep.
        sweep: what it holds.
        board: folder in which runs show their newest values to Prometheus; None for nowhere.
    """

    def __init__(
        self, folder: SweepFolder, sweep: SweepSettings, board: Path | None = None
    ) -> None:
        self._folder, self._sweep, self._board = folder, sweep, board
        self.giver = Giver(sweep.search)
        self.recipes = Recipes(sweep)
        self.state = State(folder, sweep.seeds)
        self._tracks: dict[Job, Track] = {}
        self._losses: dict[tuple[Job, float], float] = {}

    def work(
        self,
        progress: Callable[[], None] = lambda: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make runs until none is left; wait for those that others make.

        Args:
            progress: called when something may have ended.
            stopped: asked before each run; true ends the work.

        Raises:
            Interrupted: Ctrl-C or SIGTERM; the run in hand was saved.
            VynapseError: something failed that is no fault of a point.
        """
        while not stopped():
            found = self._next()
            if found is None and self.is_over():
                progress()
                return
            if found is None:
                progress()
                time.sleep(_LOOK_SECONDS)
                continue
            job, share, claim = found
            with closing(claim):
                self._make(job, share)
            progress()

    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        points = self._folder.points()
        if len(points) < self.giver.count and not self.is_spent(points):
            return False
        return all(self.state.is_over(point) for point in points)

    def is_spent(self, points: list[Point]) -> bool:
        """Whether the runs of these points have taken the budget of all."""
        spent, limits = self.state.spent(points), self._sweep.budget.total.limits()
        return any(spent.get(name, 0.0) >= limit for name, limit in limits.items())

    def _next(self) -> tuple[Job, float | None, IO[str]] | None:
        """A run that nobody makes, up to which share of its budget, and the claim on it."""
        with self._folder.locked():
            others = False
            while True:
                for job, share in self._open():
                    claim = self._folder.claim(job)
                    if claim is None:
                        others = True
                        continue
                    if self.state.ended(job) is not None:  # meanwhile
                        claim.close()
                        continue
                    if others:
                        self._folder.note_several()
                    return job, share, claim
                points = self._folder.points()
                if len(points) >= self.giver.count or self.is_spent(points):
                    return None
                if others:
                    self._folder.note_several()
                self._folder.give(*self.giver.next(points, self.state.loss))

    def _open(self) -> Iterator[tuple[Job, float | None]]:
        """Runs that have not ended, in order; up to which share of its budget each is made."""
        prune = self._sweep.prune
        if prune is not None and prune.kind == "halving":
            yield from self._halved(prune)
            return
        for point in self._folder.points():
            if not self.state.is_given_up(point):
                for job in self.state.jobs(point):
                    if self.state.ended(job) is None:
                        yield job, None

    def _halved(self, prune: PruneSettings) -> Iterator[tuple[Job, float | None]]:
        """The same where all points make a share of their runs, and the better ones go on."""
        points = self._folder.points()
        while len(points) < self.giver.count:
            self._folder.give(*self.giver.next(points, self.state.loss))
            points = self._folder.points()
        for share in prune.at:
            waiting, losses = False, dict[int, float]()
            for point in points:
                known = [(job, self._loss_at(job, share)) for job in self.state.jobs(point)]
                for job, loss in known:
                    if loss is None:
                        waiting = True
                        yield job, share
                losses[point.number] = math.fsum(loss or 0.0 for _, loss in known)
            if waiting:
                return
            kept = survivors(losses, prune.keep)
            for point in points:
                if point.number not in kept:
                    self._give_up(point, share, f"it was not among the best {len(kept)} points")
            points = [point for point in points if point.number in kept]
        for point in points:
            for job in self.state.jobs(point):
                if self.state.ended(job) is None:
                    yield job, None

    def _loss_at(self, job: Job, share: float) -> float | None:
        """Where a run stood at a share of its budget; None where it has not come to it."""
        if (job, share) not in self._losses:
            ended = self.state.ended(job)
            if ended is not None and ended.status == "failed":
                return math.inf
            standing = self._track(job).at(share)
            if standing is None and ended is not None:
                standing = self._track(job).end()
            if standing is None:
                return None
            self._losses[job, share] = standing.loss
        return self._losses[job, share]

    def _track(self, job: Job) -> Track:
        """The rows of a run that this process does not make."""
        known = self._tracks.get(job)
        if known is not None:
            return known
        recipe = self.recipes.of(self._folder.points()[job.number].values, job.seed)
        track = Track(budget_of(recipe), recipe.log_every, self._folder.run(job))
        if self.state.ended(job) is not None:
            self._tracks[job] = track
        return track

    def _give_up(self, point: Point, share: float, reason: str) -> None:
        for job in self.state.jobs(point):
            if self._folder.note(job) is None:
                self.give_up_run(job, share, reason, self._track(job))
                self.state.forget(job)

    def _make(self, job: Job, share: float | None) -> None:
        """Make a run, or go on with it, and keep why it did not finish."""
        point = self._folder.points()[job.number]
        path, signalled = self._folder.run(job), list[bool]()
        recipe = self.recipes.of(point.values, job.seed)
        judge = None
        if self._sweep.prune is not None:
            track = Track(budget_of(recipe), recipe.log_every, path)
            judge = _Judge(self, job, track, self._sweep.prune, share)
            if judge.decide():
                return
        try:
            run_measured(
                recipe,
                path,
                self._board,
                None if judge is None else judge.watch,
                lambda: signalled.append(True),
            )
        except Interrupted:
            if signalled or judge is None or not judge.stopped:
                raise
        except (TrainingError, ConfigError) as error:
            cost = self._track(job).end().cost if path.is_dir() else {}
            self._folder.write_note(job, Note("failed", str(error), None, None, cost))

    def others_at(self, job: Job, share: float) -> list[float]:
        """Where the runs with the same seed of the points before stood at a share."""
        found = []
        for point in self._folder.points()[: job.number]:
            other = Job(point.number, job.seed)
            ended = self.state.ended(other)
            if ended is None or ended.status == "failed":
                continue
            if ended.note is not None and (ended.note.share or 0.0) < share:
                continue
            standing = self._track(other).at(share) or self._track(other).end()
            found.append(standing.loss)
        return found

    def give_up_run(self, job: Job, share: float, reason: str, track: Track) -> None:
        """Keep that a run was pruned."""
        standing = track.at(share) or track.end()
        loss = standing.loss if math.isfinite(standing.loss) else None
        self._folder.write_note(job, Note("pruned", reason, loss, share, standing.cost))


@final
class _Judge:
    """Ends a run that is hopeless, or has made the share that was asked for.

    Attributes:
        stopped: whether it has ended the run.
    """

    def __init__(
        self, worker: Worker, job: Job, track: Track, prune: PruneSettings, share: float | None
    ) -> None:
        self._worker, self._job, self._track, self._share = worker, job, track, share
        self._left = list(prune.at) if prune.kind == "median" else []
        self._first, self.stopped = prune.first, False

    def watch(self, item: StageReport) -> bool:
        """Whether the run is to end after this report."""
        self._track.see(item.report, last=item.last)
        return self.decide()

    def decide(self) -> bool:
        """Whether the run is to end where it stands."""
        if not self.stopped:
            halted = self._share is not None and self._track.at(self._share) is not None
            self.stopped = halted or self._hopeless()
        return self.stopped

    def _hopeless(self) -> bool:
        while self._left and (standing := self._track.at(self._left[0])) is not None:
            share = self._left.pop(0)
            others = self._worker.others_at(self._job, share)
            if self._job.number >= self._first and is_hopeless(standing.loss, others):
                reason = f"it was worse than half of {len(others)} runs before it"
                self._worker.give_up_run(self._job, share, reason, self._track)
                return True
        return False
