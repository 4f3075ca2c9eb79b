# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The stages of a run, one after the other: `core.run` with rows, events and checkpoints."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, final

from vynapse.core import NOTHING_FINITE, Budget, Report, State, Trainer, run
from vynapse.errors import (
    UNREADABLE,
    CheckpointError,
    ConfigError,
    Interrupted,
    RunDirectoryError,
    StorageError,
    TrainingError,
    first_line,
)
from vynapse.experiment import provenance
from vynapse.experiment.directory import RunDirectory, resume_words
from vynapse.experiment.files import write_atomically
from vynapse.experiment.forms import PositionForm, misfit
from vynapse.experiment.fronts import file_of
from vynapse.experiment.plan import Plan
from vynapse.experiment.position import Position, pack
from vynapse.experiment.process import Interrupts
from vynapse.experiment.summary import facts, summarise
from vynapse.networks.state import NetworkState
from vynapse.telemetry.bus import Bus
from vynapse.telemetry.events import KINDS
from vynapse.telemetry.reading import read_events
from vynapse.telemetry.record import EventsJsonl, MetricsCsv
from vynapse.telemetry.sink import Sink
from vynapse.telemetry.story import NO_STORY, Story
from vynapse.telemetry.tracer import NoTracer, Tracer, Tracing
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
        again: whether this report came before; the news is that it was the last one.
    """

    stage: int
    stages: int
    mode: str
    report: Report
    budget: Budget
    last: bool
    story: Story = NO_STORY
    again: bool = False


Observer = Callable[[StageReport], None]


@final
class Loop:
    """The stages of one `Session.run` call.

    Args:
        files: the run directory, held by this process.
        plan: the plan of the run.
        observers: called after every step.
        interrupts: asked after every step.
        warnings: what is to be told when the run is resumed.
        first: the trainer of the first stage, where it has been made already.
        sinks: what observes the run beside the sinks of its recipe, by name.

    Raises:
        CheckpointError: the newest checkpoint is damaged.
        RunDirectoryError: files of the run are absent or were changed.
    """

    def __init__(
        self,
        files: RunDirectory,
        plan: Plan,
        observers: Sequence[Observer],
        interrupts: Interrupts,
        warnings: Sequence[str] = (),
        first: Trainer | None = None,
        sinks: Mapping[str, Sink] | None = None,
    ) -> None:
        self._observers, self._interrupts = observers, interrupts
        self._recipe, self._files, self._plan = plan.recipe, files, plan
        self._record_sha256 = provenance.digest(self._files.record())
        self._warnings, self._first = warnings, first
        self._kept = 0  # step of the present stage at which the network that is kept was found
        self._saved_at = self._stage_began = time.monotonic()
        self._position = Position()
        self._open_files(sinks or {})
        self._tracer: Tracing = Tracer(self._bus.span) if self._bus.traced else NoTracer()

    def missed(self) -> dict[str, int]:
        """How many events, rows and spans each sink was too slow for, where there are any."""
        return self._bus.missed()

    def run(self) -> dict[str, Any]:
        """Run, or go on, to the end; the summary.

        Raises:
            Interrupted: the state was saved.
            TrainingError: the run failed.
        """
        about = {"task": self._recipe.task_name, "seed": str(self._recipe.seed)}
        try:
            with self._tracer.span("run", run=self._files.path.name, **about):
                return self._run_stages()
        except StorageError:
            raise
        except Exception as error:
            # also of errors that nobody foresaw: a run that failed says so
            kind = "run.interrupted" if isinstance(error, Interrupted) else "run.failed"
            told = {
                "kind": type(error).__name__,
                "message": str(error),
                "recoverable": getattr(error, "recoverable", False),
            }
            self._bus.event(kind, self._position.stage, self._position.step, told)
            raise
        finally:
            self._bus.close()

    def _run_stages(self) -> dict[str, Any]:
        winner = None
        while (stage := self._position.stage) < len(self._recipe.stages):
            mode = self._recipe.stages[stage].mode
            with self._tracer.span(f"stage {stage}: {mode}", stage=stage, mode=mode):
                winner = self._run_stage()
        if winner is None:
            raise CheckpointError(f"{self._files.path}: the checkpoint names no stage")
        return self._finish(winner)

    def _open_files(self, sinks: Mapping[str, Sink]) -> None:
        self._files.clean()
        columns, state = self._plan.columns(), self._files.latest()
        if state is None:
            metrics = MetricsCsv(self._files.metrics, columns)
            events = EventsJsonl(self._files.events)
        else:
            written = self._restore(state)
            metrics = MetricsCsv.resume(self._files.metrics, columns, written[0])
            events = EventsJsonl.resume(self._files.events, written[1])
        kinds = {*KINDS, *(kind for mode in self._plan.modes() for kind in mode.events)}
        every = {**self._plan.sinks(self._files.path), **sinks}
        self._bus = Bus(metrics, events, kinds, every)
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
        with self._tracer.span("preparation"):
            trainer, budget = self._plan.build(position.stage, position.start, first)
        self._stage_began = time.monotonic()
        if position.trainer is not None:
            self._load(trainer, position.trainer)
        else:
            about = {"mode": mode, **trainer.choices()}
            self._bus.event("stage.started", position.stage, 0, about)
        if position.progress.stop in (None, "interrupt"):
            per_epoch = self._plan.steps_per_epoch(position.stage)
            made = self._tracer.steps(position.step, trainer.timings, per_epoch)
            with closing(trainer), self._plan.training(), made:
                ended = run(
                    trainer,
                    budget,
                    progress=position.progress,
                    observers=[lambda report: self._observe(report, trainer, mode, budget)],
                    interrupted=lambda: self._interrupts.requested,
                )
                if ended.stop == NOTHING_FINITE and ended.report is not None:
                    self._observe_the_end(ended.report, mode, budget)
        if position.progress.stop == "interrupt":
            self._save(trainer)
            raise Interrupted(
                f"interrupted in stage {position.stage} after step {position.step}; saved: "
                f"{resume_words(self._files.path)}"
            )
        winner = _as_state(trainer.winner())
        self._close_stage(winner, mode, trainer)
        return winner

    def _load(self, trainer: Trainer, state: State) -> None:
        try:
            trainer.load(state)
        except UNREADABLE as error:
            raise CheckpointError(
                f"{self._files.path}: the newest checkpoint holds no state of this trainer "
                f"({first_line(error)}): resume the run with the code that it was "
                "started with"
            ) from error

    def _observe(self, report: Report, trainer: Trainer, mode: str, budget: Budget) -> None:
        position, recipe = self._position, self._recipe
        last = position.progress.stop not in (None, "interrupt")
        for row in report.each(recipe.log_every):
            if row.step % recipe.log_every == 0 or last:
                self._row(row)
        for kind, data in report.events:
            self._bus.event(kind, position.stage, report.step, data)
        self._tracer.stepped(report.step)
        self._show(self._item(report, mode, budget, last=last))
        every_steps, every_seconds = recipe.checkpoint.every_steps, recipe.checkpoint.every_seconds
        due = every_steps is not None and report.step % every_steps < report.steps
        late = every_seconds is not None and time.monotonic() - self._saved_at >= every_seconds
        if (due or late) and not last:
            self._save(trainer)

    def _observe_the_end(self, report: Report, mode: str, budget: Budget) -> None:
        """Tell that this report was the last one, which nobody knew when it came."""
        if report.step % self._recipe.log_every:
            self._row(report)
        told = dataclasses.replace(report, history={}, events=())
        self._show(self._item(told, mode, budget, last=True, again=True))

    def _row(self, report: Report) -> None:
        where = {"stage": self._position.stage, "step": report.step}
        known = {} if math.isnan(report.loss) else {"loss": report.loss}
        cost = (self._position.earlier + report.cost).counted()
        self._bus.row({**where, **known, **cost, **report.metrics})

    def _item(
        self, report: Report, mode: str, budget: Budget, *, last: bool, again: bool = False
    ) -> StageReport:
        stage = self._position.stage
        story = self._plan.modes()[stage].story
        stages = len(self._recipe.stages)
        return StageReport(stage, stages, mode, report, budget, last, story, again)

    def _show(self, item: StageReport) -> None:
        for observer in self._observers:
            observer(item)

    def _timings(self, trainer: Trainer) -> dict[str, float]:
        """Seconds of this stage by kind of work and in all, those before a resume included."""
        here = {**trainer.timings(), "total": time.monotonic() - self._stage_began}
        earlier = self._position.timings
        return {name: earlier.get(name, 0.0) + seconds for name, seconds in here.items()}

    def _save(self, trainer: Trainer | None) -> None:
        with self._tracer.span("checkpoint"):
            self._save_state(trainer)

    def _save_state(self, trainer: Trainer | None) -> None:
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
            "record_sha256": self._record_sha256,
            **self._bus.positions(),
        }
        path = self._files.save(position.stage, position.step, state, self._recipe.checkpoint.keep)
        self._saved_at = time.monotonic()
        self._bus.event("checkpoint.saved", position.stage, position.step, {"file": path.name})
        if trainer and position.progress.best_step != self._kept:
            self._kept = position.progress.best_step
            self._files.keep(_as_state(trainer.winner()))

    def _restore(self, state: State) -> tuple[int, int]:
        """Stand where a checkpoint stands; the sizes of metrics.csv and events.jsonl there."""
        if state.get("record_sha256", self._record_sha256) != self._record_sha256:
            raise changed_record(self._files)
        problem = misfit(state, PositionForm)
        if problem is None and state["stage"] >= len(self._recipe.stages):
            problem = f"stage {state['stage']} is not in the recipe"
        try:
            if problem is None:
                self._position = Position.of(state)
        except (ConfigError, *UNREADABLE) as error:
            problem = first_line(error)
        if problem is not None:
            raise CheckpointError(
                f"{self._files.path}: the newest checkpoint holds no position of a run "
                f"({problem}): remove it to resume from an earlier state"
            )
        return state["metrics"], state["events"]

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
            write_atomically(self._files.front, file_of(front))
        if self._position.stage < len(self._recipe.stages):
            self._save(None)

    def _finish(self, winner: NetworkState) -> dict[str, Any]:
        with own_errors(TrainingError), self._tracer.span("evaluation"):
            summary = summarise(
                self._recipe, self._plan.task, winner, self._position.finished, self._files.path
            )
        self._bus.positions()
        summary |= facts(self._plan.modes(), read_events(self._files.events))
        summary["record_sha256"] = self._record_sha256
        self._files.write_json("summary.json", summary)
        result = {name: summary[name] for name in ("loss", "network_sha256")}
        self._bus.event("run.finished", len(self._recipe.stages) - 1, summary["steps"], result)
        self._bus.positions()
        return summary


def changed_record(files: RunDirectory) -> RunDirectoryError:
    """The error of a record that is not the one the run began with."""
    return RunDirectoryError(
        f"{files.path / 'run.json'}: the recipe or its data were changed after the run began: "
        "restore the file from a copy, or start a new run from recipe.yaml"
    )


def _as_state(winner: object) -> NetworkState:
    if not isinstance(winner, NetworkState):
        raise TypeError(f"winner() must return a NetworkState, got {type(winner).__name__}")
    return winner
