# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run: the loop of `core.run` with its directory, checkpoints, events and stages.

One datum's way: recipe -> stage -> trainer.step() -> Report -> a row of metrics.csv; from time to
time trainer.state() -> checkpoint. Everything a step depends on is in the checkpoint or is a pure
function of the recipe, so a killed run resumes to the same bytes.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.numpy import save as save_safetensors

from vynapse.core import Budget, Cost, Report, State, Trainer, run
from vynapse.errors import (
    CheckpointError,
    ConfigError,
    Interrupted,
    RunDirectoryError,
    StorageError,
    TrainingError,
    VynapseError,
)
from vynapse.experiment import provenance
from vynapse.experiment.config import resolve
from vynapse.experiment.directory import RunDirectory, new_name
from vynapse.experiment.files import write_atomically
from vynapse.experiment.plan import Plan, prepare
from vynapse.experiment.position import Position, pack, unpack
from vynapse.experiment.process import Interrupts, limited_threads
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.schema import to_yaml
from vynapse.experiment.summary import facts, summarise
from vynapse.networks.state import NetworkState
from vynapse.telemetry.bus import Bus
from vynapse.telemetry.events import KINDS
from vynapse.telemetry.reading import read_events
from vynapse.telemetry.record import EventsJsonl, MetricsCsv
from vynapse.telemetry.story import NO_STORY, Story
from vynapse.user_code import own_errors


@dataclass(frozen=True, slots=True)
class StageReport:
    """A report and the stage it belongs to.

    Attributes:
        stage: index of the stage, from 0.
        stages: how many there are.
        mode: the stage's mode.
        report: what the trainer reached; its cost is that of this stage alone.
        budget: limits of the stage.
        last: whether the stage ends with this report.
        story: how the events of the mode are told.
    """

    stage: int
    stages: int
    mode: str
    report: Report
    budget: Budget
    last: bool
    story: Story = NO_STORY


Observer = Callable[[StageReport], None]


class Session:
    """One run, new or resumed. Make it with `create` or `open`, then call `run` once."""

    def __init__(
        self,
        files: RunDirectory,
        plan: Plan,
        warnings: Sequence[str] = (),
        first: Trainer | None = None,
    ) -> None:
        self.directory = files.path
        self.recipe = plan.recipe
        self._files = files
        self._plan = plan
        self._warnings = warnings
        self._first = first  # the trainer of the first stage, where it has been made already

    @classmethod
    @own_errors(ConfigError)
    def create(
        cls, recipe: Recipe, directory: Path | None = None, root: Path = Path("runs")
    ) -> Session:
        """A new run.

        Args:
            recipe: the recipe, e.g. from `load_recipe`.
            directory: the run's own folder; by default one named after the run inside `root`.
            root: where runs lie.

        Raises:
            ConfigError: settings contradict each other or the network, or weights do not fit
                it; nothing was written.
            DataError: the task's data are absent or damaged; nothing was written.
            RunDirectoryError: the folder holds something already.
        """
        plan = prepare(recipe)
        fingerprint = plan.task.fingerprint()
        trainer = plan.check()
        recipe = plan.recipe
        modes = [stage.mode for stage in recipe.stages]
        path = directory or root / new_name(recipe.task_name, modes, recipe.seed)
        record = {
            "recipe": recipe.as_file(),
            "provenance": provenance.collect(fingerprint, recipe.device),
            "reproducible": recipe.reproducible,
        }
        texts = {"recipe.yaml": to_yaml(recipe)}
        if plan.task.preprocessing is not None:
            texts["preprocessing.json"] = json.dumps(dict(plan.task.preprocessing), indent=2) + "\n"
        return cls(RunDirectory.create(path, record, texts, plan.start), plan, first=trainer)

    @classmethod
    @own_errors(ConfigError)
    def open(cls, directory: Path) -> Session:
        """A run that exists, to be resumed. Other versions of packages are warned of.

        Raises:
            RunDirectoryError: it is no run, of a newer format, or its data or the network it
                began with changed.
            ConfigError: its device is not there.
            DataError: the task's data are absent or damaged.
        """
        files = RunDirectory.open(directory)
        record = files.record()
        plan = prepare(resolve(record["recipe"]), files.read_start())
        known = record["provenance"]
        if plan.task.fingerprint() != known["data_sha256"]:
            raise RunDirectoryError(
                f"{directory}: the data of task {plan.recipe.task_name!r} are not those the run "
                "began with: put the original data back or start a new run"
            )
        changes = provenance.changes(known)
        return cls(files, plan, [f"{c}: the result may differ in its last bits" for c in changes])

    @classmethod
    def create_or_open(cls, recipe: Recipe, directory: Path) -> Session:
        """The run of a recipe: an existing run is resumed, or only read if it has ended.

        Raises:
            RunDirectoryError: the folder holds a run of another recipe, or see `open`.
            ConfigError, DataError: see `create`.
        """
        if not (directory / "run.json").exists():
            return cls.create(recipe, directory)
        session = cls.open(directory)
        if session.recipe.identity() != prepare(recipe).recipe.identity():
            wrong = f"{directory} holds a run of another recipe: choose another --out"
            raise RunDirectoryError(wrong)
        return session

    def run(
        self, observers: Sequence[Observer] = (), interrupted: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """Run, or go on, to the end; a run that has ended already is not repeated.

        Args:
            observers: called after every step.
            interrupted: called when Ctrl-C or SIGTERM arrives, before the step in hand is done.

        Returns:
            The summary (see `vynapse.experiment.summary`).

        Raises:
            Interrupted: Ctrl-C or SIGTERM; the state was saved.
            TrainingError: the run failed; the last checkpoint is intact.
        """
        if (done := self._files.read_json("summary.json")) is not None:
            return done
        with (
            self._files.locked(),
            limited_threads(self.recipe.threads),
            Interrupts(interrupted) as interrupts,
        ):
            return _Loop(self, observers, interrupts).run()


class _Loop:
    """The stages of one `Session.run` call."""

    def __init__(
        self, session: Session, observers: Sequence[Observer], interrupts: Interrupts
    ) -> None:
        self._observers, self._interrupts = observers, interrupts
        self._recipe, self._files, self._plan = session.recipe, session._files, session._plan
        self._warnings, self._first = session._warnings, session._first
        self._kept = 0  # step of the present stage at which the network that is kept was found
        self._saved_at = self._stage_began = time.monotonic()
        self._position = Position()
        self._open_files()

    def run(self) -> dict[str, Any]:
        winner = None
        try:
            while self._position.stage < len(self._recipe.stages):
                winner = self._run_stage()
            if winner is None:
                raise CheckpointError(f"{self._files.path}: the checkpoint names no stage")
            return self._finish(winner)
        except VynapseError as error:
            kind = "run.interrupted" if isinstance(error, Interrupted) else "run.failed"
            if not isinstance(error, StorageError):
                position = self._position
                about = {
                    "kind": type(error).__name__,
                    "message": str(error),
                    "recoverable": error.recoverable,
                }
                self._bus.event(kind, position.stage, position.step, about)
            raise
        finally:
            self._bus.close()

    def _open_files(self) -> None:
        self._files.clean()
        columns, state = self._plan.columns(), self._files.latest()
        if state is None:
            metrics = MetricsCsv(self._files.metrics, columns)
            events = EventsJsonl(self._files.events)
        else:
            self._restore(state)
            metrics = MetricsCsv.resume(self._files.metrics, columns, state["metrics"])
            events = EventsJsonl.resume(self._files.events, state["events"])
        kinds = {*KINDS, *(kind for mode in self._plan.modes() for kind in mode.events)}
        self._bus = Bus(metrics, events, kinds, self._plan.sinks(self._files.path))
        if state is None:
            about = {"task": self._recipe.task_name, "seed": self._recipe.seed}
            self._bus.event("run.started", 0, 0, about | {"stages": len(self._recipe.stages)})
            for message in self._plan.task.warnings:
                self._bus.event("warning", 0, 0, {"message": message})
            return
        where = self._position.stage, self._position.step
        self._bus.event("run.resumed", *where)
        for message in self._warnings:
            self._bus.event("warning", *where, {"message": message})

    def _run_stage(self) -> NetworkState:
        position = self._position
        mode = self._recipe.stages[position.stage].mode
        first, self._first = self._first, None
        trainer, budget = self._plan.build(position.stage, position.start, first)
        self._stage_began = time.monotonic()
        if position.trainer is not None:
            trainer.load(position.trainer)
        else:
            about = {"mode": mode, **trainer.choices()}
            self._bus.event("stage.started", position.stage, 0, about)
        if position.progress.stop in (None, "interrupt"):
            with closing(trainer), self._plan.training():
                run(
                    trainer,
                    budget,
                    progress=position.progress,
                    observers=[lambda report: self._observe(report, trainer, mode, budget)],
                    interrupted=lambda: self._interrupts.requested,
                )
        if position.progress.stop == "interrupt":
            self._save(trainer)
            raise Interrupted(
                f"interrupted in stage {position.stage} after step {position.step}; saved: "
                f"go on with vynapse resume {self._files.path}"
            )
        winner = _as_state(trainer.winner())
        self._close_stage(winner, mode, trainer)
        return winner

    def _observe(self, report: Report, trainer: Trainer, mode: str, budget: Budget) -> None:
        position, recipe = self._position, self._recipe
        last = position.progress.stop not in (None, "interrupt")
        for row in report.each(recipe.log_every):
            if row.step % recipe.log_every == 0 or last:
                where = {"stage": position.stage, "step": row.step}
                known = {} if math.isnan(row.loss) else {"loss": row.loss}
                cost = (position.earlier + row.cost).counted()
                self._bus.row({**where, **known, **cost, **row.metrics})
        for kind, data in report.events:
            self._bus.event(kind, position.stage, report.step, data)
        story = self._plan.modes()[position.stage].story
        item = StageReport(position.stage, len(recipe.stages), mode, report, budget, last, story)
        for observer in self._observers:
            observer(item)
        every_steps, every_seconds = recipe.checkpoint.every_steps, recipe.checkpoint.every_seconds
        due = every_steps is not None and report.step % every_steps < report.steps
        late = every_seconds is not None and time.monotonic() - self._saved_at >= every_seconds
        if (due or late) and not last:
            self._save(trainer)

    def _timings(self, trainer: Trainer) -> dict[str, float]:
        """Seconds of this stage by kind of work and in all, those before a resume included."""
        here = {**trainer.timings(), "total": time.monotonic() - self._stage_began}
        earlier = self._position.timings
        return {name: earlier.get(name, 0.0) + seconds for name, seconds in here.items()}

    def _save(self, trainer: Trainer | None) -> None:
        position = self._position
        state: State = {
            "stage": position.stage,
            "progress": pack(position.progress),
            "trainer": trainer.state() if trainer else None,
            "timings": self._timings(trainer) if trainer else {},
            "start": dict(position.start.tensors) if position.start else None,
            "start_structure": (
                position.start.structure.model_dump(mode="json") if position.start else None
            ),
            "finished": position.finished,
            "earlier": dataclasses.asdict(position.earlier),
            **self._bus.positions(),
        }
        path = self._files.save(position.stage, position.step, state, self._recipe.checkpoint.keep)
        self._saved_at = time.monotonic()
        self._bus.event("checkpoint.saved", position.stage, position.step, {"file": path.name})
        if trainer and position.progress.best_step != self._kept:
            self._kept = position.progress.best_step
            self._files.keep(_as_state(trainer.winner()))

    def _restore(self, state: State) -> None:
        start = None
        if state["start"] is not None:
            start = NetworkState.from_parts(state["start_structure"], state["start"])
        self._position = Position(
            stage=state["stage"],
            progress=unpack(state["progress"]),
            trainer=state["trainer"],
            start=start,
            finished=state["finished"],
            earlier=Cost(**state["earlier"]),
            timings=state["timings"],
        )

    def _close_stage(self, winner: NetworkState, mode: str, trainer: Trainer) -> None:
        position = self._position
        report = position.progress.report
        if report is None:
            raise CheckpointError(f"{self._files.path}: stage {position.stage} made no step")
        result = {
            "mode": mode,
            "steps": report.step,
            "loss": report.loss,
            "stop": position.progress.stop,
            "cost": report.cost.counted(),
            "choices": dict(trainer.choices()),
            "timings": self._timings(trainer),
        }
        self._bus.event("stage.finished", position.stage, report.step, result)
        self._position = Position(
            stage=position.stage + 1,
            start=winner,
            finished=[*position.finished, result],
            earlier=position.earlier + report.cost,
        )
        self._files.keep(winner)
        self._kept = 0
        front = trainer.front()
        if front is not None:
            write_atomically(self._files.front, save_safetensors(dict(front)))
        if self._position.stage < len(self._recipe.stages):
            self._save(None)

    def _finish(self, winner: NetworkState) -> dict[str, Any]:
        with own_errors(TrainingError):
            summary = summarise(
                self._recipe, self._plan.task, winner, self._position.finished, self._files.path
            )
        self._bus.positions()
        summary |= facts(self._plan.modes(), read_events(self._files.events))
        self._files.write_json("summary.json", summary)
        result = {name: summary[name] for name in ("loss", "network_sha256")}
        self._bus.event("run.finished", len(self._recipe.stages) - 1, summary["steps"], result)
        self._bus.positions()
        return summary


def _as_state(winner: object) -> NetworkState:
    if not isinstance(winner, NetworkState):
        raise TypeError(f"winner() must return a NetworkState, got {type(winner).__name__}")
    return winner
