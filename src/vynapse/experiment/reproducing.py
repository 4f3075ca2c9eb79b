# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run is made again from what its directory holds, and compared with what it was.

The new run has the old recipe, seed and data, and begins with the copies that the old one kept of
other networks. A budget in seconds cannot be had twice, so the steps that were made stand for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vynapse.errors import DataError, RunDirectoryError
from vynapse.experiment import provenance
from vynapse.experiment.directory import RunDirectory, resume_words
from vynapse.experiment.donors import kept_donors
from vynapse.experiment.kept import recipe_of
from vynapse.experiment.plan import prepare
from vynapse.experiment.recipe import Recipe, StageChoice, TelemetrySettings
from vynapse.experiment.sameness import Part, parts_of
from vynapse.experiment.session import Session
from vynapse.experiment.stages import Observer
from vynapse.experiment.store import load
from vynapse.telemetry.sink import Sink
from vynapse.trainers.mode import MODES


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of making a run again.

    Attributes:
        run: the directory of the run.
        again: that of the new one.
        parts: its files, and where they part.
        changes: what differs beside the bytes, one phrase each: versions, machine, choices.
        notes: what was done otherwise, and what could not be promised.
        summary: that of the new run.
    """

    run: Path
    again: Path
    parts: tuple[Part, ...]
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    summary: dict[str, Any]

    @property
    def same(self) -> bool:
        """Whether all bytes agree."""
        return all(part.same for part in self.parts)

    def json(self) -> dict[str, Any]:
        """JSON values that say the same."""
        return {
            "run": str(self.run),
            "again": str(self.again),
            "same": self.same,
            "files": {part.name: part.difference or "same" for part in self.parts},
            "changes": list(self.changes),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Repetition:
    """A run that is ready to be made again.

    Attributes:
        run: the directory of the run.
        session: the new run, which may have been begun before.
        notes: what is done otherwise.
    """

    run: Path
    session: Session
    notes: tuple[str, ...]

    def finish(
        self,
        observers: Sequence[Observer] = (),
        stopping: Callable[[], None] = lambda: None,
        sinks: Mapping[str, Sink] | None = None,
    ) -> Reproduction:
        """Make it, or go on with it, to the end, and compare.

        Raises:
            Interrupted: Ctrl-C or SIGTERM; the state was saved.
            TrainingError: it failed.
        """
        summary = self.session.run(observers, stopping, sinks)
        again = self.session.directory
        return Reproduction(
            self.run,
            again,
            tuple(parts_of(self.run, again)),
            tuple(_changes(self.run, again)),
            self.notes,
            summary,
        )


def repetition(run: Path, out: Path | None = None) -> Repetition:
    """A run, ready to be made again.

    Args:
        run: its directory.
        out: directory of the new run; by default one beside it, RUN-again. One that was begun and
            has not finished is gone on with.

    Raises:
        RunDirectoryError: the run has not finished, its files were changed, or it holds objects of
            a Python process that is no more.
        DataError: its data are absent, or not those that it had.
        ConfigError: it cannot be made here, as for want of a GPU.
    """
    files, session = RunDirectory.open(run), Session.open(run)
    summary, record = session.ended, files.record()
    if summary is None:
        raise RunDirectoryError(
            f"{run} has not finished, so there is nothing to compare with: {resume_words(run)}"
        )
    if record.get("origin") == "python":
        raise RunDirectoryError(
            f"{run} used objects of the Python process that made it, which is no more: call it "
            "again there"
        )
    load(run)  # it refuses what was changed after the run wrote it
    start, donors = files.read_start(), kept_donors(files)
    known = recipe_of(record, run)
    recipe, notes = _by_steps(known, summary)
    recipe = recipe.model_copy(update={"telemetry": TelemetrySettings()}).with_made(known.made)
    plan, wanted = prepare(recipe, start, donors), record["provenance"]["data_sha256"]
    found = plan.task.fingerprint()
    if found != wanted:
        raise DataError(
            f"{run}: the data of task {recipe.task_name!r} are not those that it had (SHA-256 was "
            f"{wanted[:12]}…, is {found[:12]}…), so its bytes cannot be had: put the original "
            "data back"
        )
    again = out or next(_beside(run))
    if (again / "run.json").exists():
        made = Session.open(again)
        theirs = RunDirectory.open(again)
        if made.ended is not None or not _repeats(recipe, recipe_of(theirs.record(), again)):
            raise RunDirectoryError(f"{again} holds a run already: choose another --out")
        return Repetition(run, made, notes)
    return Repetition(run, Session.create(recipe, again, start=start, donors=donors), notes)


def _by_steps(recipe: Recipe, summary: Mapping[str, Any]) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe, in which steps that were made stand for seconds; and sentences about that."""
    stages, notes = list[StageChoice](), list[str]()
    for index, (stage, ended) in enumerate(zip(recipe.stages, summary["stages"], strict=True)):
        if MODES.get(stage.mode).timed(stage.settings):
            notes.append(
                f"stage {index}: mode {stage.mode} decides by the time that it measures, so other "
                "bytes are to be expected"
            )
        if stage.budget.seconds is None:
            stages.append(stage)
            continue
        steps = int(ended["steps"])
        budget = stage.budget.model_copy(update={"seconds": None, "steps": steps})
        stages.append(stage.model_copy(update={"budget": budget}))
        notes.append(
            f"stage {index}: its budget of {stage.budget.seconds:g} seconds cannot be had twice, "
            f"so it is made again by the {steps:,} steps that it made; what ran down over the "
            "seconds, as a learning rate, runs down over the steps"
        )
    return recipe.model_copy(update={"stages": tuple(stages)}), tuple(notes)


def _repeats(recipe: Recipe, other: Recipe) -> bool:
    """Whether a run that was begun is the repetition; its weights are a copy of its own."""
    one, two = ({**held.identity(), "weights": None} for held in (recipe, other))
    for content in (one, two):
        content.pop("device")
        content["task"] = {**content["task"], "path": None}
    return one == two


def _beside(run: Path) -> Iterator[Path]:
    """RUN-again, RUN-again-2, …: the first that is no finished run."""
    number = 1
    while True:
        ending = "-again" if number == 1 else f"-again-{number}"
        path = run.absolute().with_name(f"{run.absolute().name}{ending}")
        if not (path / "summary.json").exists():
            yield path
        number += 1


def _changes(run: Path, again: Path) -> list[str]:
    """What differs between two runs that is no part of their recipe."""
    one, two = (RunDirectory.open(path).record()["provenance"] for path in (run, again))
    found = provenance.changes(one)
    for name, what in (
        ("revision", "the revision"),
        ("platform", "the system"),
        ("processor", "the processor"),
        ("kernels", "the instruction set of the kernels"),
        ("device", "the device"),
    ):
        if one.get(name) != two.get(name):
            found.append(f"{what} was {one.get(name)} and is {two.get(name)}")
    ends = [RunDirectory.open(path).summary() or {} for path in (run, again)]
    for index, (first, second) in enumerate(zip(*(end["stages"] for end in ends), strict=True)):
        before, after = first.get("choices", {}), second.get("choices", {})
        found += [
            f"{name} of stage {index} was {before.get(name)} and is {after.get(name)}"
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        ]
    if ends[0].get("threads") != ends[1].get("threads"):
        found.append(f"threads were {ends[0].get('threads')} and are {ends[1].get('threads')}")
    return found
