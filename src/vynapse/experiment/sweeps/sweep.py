# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A sweep from its file to its table.

One datum's way: sweep file -> space -> point -> recipe -> a run like any other -> its summary -> a
row of the table. Which points there are, and what became of their runs, stands in the folder alone,
so that any number of processes may work on it, and each may be killed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from vynapse.errors import ConfigError, Interrupted, TrainingError
from vynapse.experiment.files import write_atomically
from vynapse.experiment.on_ray import LOCAL, pools_on
from vynapse.experiment.process import terminable
from vynapse.experiment.schema import to_yaml
from vynapse.experiment.sweeps.folder import Job, Point, SweepFolder
from vynapse.experiment.sweeps.outcome import Outcome, outcome_of
from vynapse.experiment.sweeps.picture import draw
from vynapse.experiment.sweeps.recipes import check, told
from vynapse.experiment.sweeps.settings import SweepSettings, read_sweep
from vynapse.experiment.sweeps.state import Ended
from vynapse.experiment.sweeps.work import Worker

_LOOK_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run of a sweep has ended.

    Attributes:
        point: its point.
        seed: its seed.
        run: what became of it.
        number, total: how many runs have ended, of how many at most.
    """

    point: Point
    seed: int
    run: Ended
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """A recipe at many points of a space.

    Attributes:
        settings: what the sweep file says.
        directory: its folder; it is gone on with where it exists.
        workers: how many processes make runs; one is this process itself.
        board: folder in which the runs show their newest values to Prometheus; None for nowhere.
        on: where the processes are: local, ray, auto or ray://HOST:PORT; it changes no result.
    """

    settings: SweepSettings
    directory: Path
    workers: int = 1
    board: Path | None = None
    on: str = LOCAL
    _reported: set[Job] = field(default_factory=set, repr=False)

    def check(self) -> Worker:
        """A worker of it, once each value that may be tried has been in a recipe that is right.

        Raises:
            ConfigError: a sentence for each problem.
            MissingExtra: tpe without Optuna.
        """
        if self.workers < 1:
            raise ConfigError(f"workers: a number from 1 on was wanted, got {self.workers}")
        worker = Worker(SweepFolder(self.directory), self.settings, self.board)
        check(self.settings, worker.giver.space, worker.recipes)
        for point in worker.giver.first(len(self.settings.search.start)):
            worker.recipes.of(point)
        return worker

    def run(self, progress: Callable[[RunEnded], None] = lambda _: None) -> Outcome:
        """Make the runs that have not ended, and write table.md, table.json, sweep.csv, sweep.json,
        best.yaml, and sweep.svg where matplotlib is installed.

        Args:
            progress: called for each run that has ended, those of earlier calls first.

        Raises:
            Interrupted: Ctrl-C or SIGTERM; what was done is kept.
            RunDirectoryError: the folder holds another sweep.
            TrainingError: no point came to a finite loss, or all workers were killed.
        """
        worker = self.check()
        folder = SweepFolder.create_or_open(self.directory, self.settings)
        worker = Worker(folder, self.settings, self.board)

        def tell() -> None:
            self._tell(worker, progress)

        try:
            with terminable():
                if self.workers == 1 and self.on == LOCAL:
                    worker.work(tell)
                else:
                    self._together(tell)
        except (KeyboardInterrupt, Interrupted):
            total = worker.giver.count * len(self.settings.seeds)
            raise Interrupted(
                f"interrupted: {len(self._reported)} of at most {total} runs have ended: go on "
                f"with vynapse sweep {self.directory}"
            ) from None
        return self._write(worker)

    def _together(self, tell: Callable[[], None]) -> None:
        """Let processes work, and look on. One that is killed leaves its run to the others."""
        content = json.dumps(self.settings.model_dump(mode="json", by_alias=True))
        killed = 0
        # the folder is there as long as they are wanted
        with pools_on(self.on, 1, pools=self.workers) as pools, TemporaryDirectory() as wanted:
            work = partial(_work, content, self.directory, self.board, Path(wanted))
            jobs = {pool.submit(work) for pool in pools}
            while jobs:
                done, jobs = wait(jobs, _LOOK_SECONDS, FIRST_COMPLETED)
                tell()
                for job in done:
                    try:
                        job.result()
                    except BrokenProcessPool:
                        killed += 1
        if killed == self.workers:
            raise TrainingError(
                "all workers were killed: is there enough memory for so many? Go on with "
                f"fewer: vynapse sweep {self.directory} --workers 1"
            )

    def _tell(self, worker: Worker, progress: Callable[[RunEnded], None]) -> None:
        """Report the runs that have ended since the last time, in order."""
        total = worker.giver.count * len(self.settings.seeds)
        for point in worker.state.folder.points():
            for job in worker.state.jobs(point):
                run = None if job in self._reported else worker.state.ended(job)
                if run is not None:
                    self._reported.add(job)
                    progress(RunEnded(point, job.seed, run, len(self._reported), total))

    def _write(self, worker: Worker) -> Outcome:
        """The files of the result."""
        folder, state = worker.state.folder, worker.state
        points = folder.points()
        task = worker.recipes.of(points[0].values).task_name
        keys, several = list(self.settings.search.space), folder.had_several
        outcome = outcome_of(task, self.settings, keys, state, several=several)
        best = outcome.best
        texts = {
            "table.md": outcome.markdown(),
            "table.json": json.dumps(outcome.table().json(), indent=2) + "\n",
            "sweep.csv": outcome.csv(),
            "sweep.json": json.dumps(outcome.json(), indent=2) + "\n",
        }
        if best is not None and best.loss is not None:
            recipe = worker.recipes.of(best.point.values, self.settings.seeds[0])
            texts["best.yaml"] = (
                f"# the best of {len(outcome.results)} points: {told(best.point.values)}\n"
                f"# mean loss {best.loss.value:.6g} over {best.loss.count} seeds\n"
                f"{to_yaml(recipe)}"
            )
        for name, text in texts.items():
            write_atomically(self.directory / name, text.encode())
        draw(outcome, self.settings, self.directory)
        if best is None:
            why = next((one.why for one in outcome.results if one.why), "no point finished")
            raise TrainingError(f"no point of the sweep finished: {why}")
        return outcome


def open_sweep(
    source: Path | Mapping[str, Any],
    directory: Path | None,
    workers: int = 1,
    on: str = LOCAL,
) -> Sweep:
    """A sweep from its file, or from its folder, which is gone on with.

    Args:
        source: a YAML or TOML file, the folder of a sweep, or the content of a file.
        directory: where its runs go; by default a folder in `runs` that is named after the file
            and its content, so that the same call goes on with it.
        workers: how many processes.
        on: where they are.

    Raises:
        ConfigError: a sentence for each problem.
    """
    if isinstance(source, Path) and source.is_dir():
        if directory is not None and directory.resolve() != source.resolve():
            raise ConfigError(f"--out: {source} is the folder of a sweep already: leave --out out")
        return Sweep(SweepFolder(source).read(), source, workers, on=on)
    settings = read_sweep(source)
    if directory is None:
        content = json.dumps(settings.model_dump(mode="json", by_alias=True), sort_keys=True)
        short = hashlib.sha256(content.encode()).hexdigest()[:8]
        stem = source.stem if isinstance(source, Path) else "python"
        directory = Path("runs") / f"sweep-{stem}-{short}"
    return Sweep(settings, directory, workers, on=on)


def _work(content: str, directory: Path, board: Path | None, wanted: Path) -> None:
    """In a process of its own: a worker, which ends its work once a folder is gone."""
    settings = read_sweep(json.loads(content))
    folder = SweepFolder.create_or_open(directory, settings)
    Worker(folder, settings, board).work(stopped=lambda: not wanted.exists())
