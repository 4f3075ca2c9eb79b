# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run: its directory, checkpoints, events and stages.

One datum's way: recipe -> stage -> trainer.step() -> Report -> a row of metrics.csv; from time to
time trainer.state() -> checkpoint. Everything a step depends on is in the checkpoint or is a pure
function of the recipe, so a killed run resumes to the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from vynapse.core import Trainer
from vynapse.distributed import journal
from vynapse.errors import ConfigError, RunDirectoryError
from vynapse.experiment import provenance
from vynapse.experiment.directory import RunDirectory, new_name
from vynapse.experiment.donors import copies, kept_donors, recorded
from vynapse.experiment.evaluating import computed_as
from vynapse.experiment.kept import kept_in, origin, recipe_of, refuse_workers
from vynapse.experiment.plan import Plan, prepare
from vynapse.experiment.process import Interrupts, limited_threads
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.schema import to_yaml
from vynapse.experiment.stages import Loop, Observer, StageReport, changed_record
from vynapse.networks.donor import Donor
from vynapse.networks.state import NetworkState
from vynapse.telemetry.sink import Sink
from vynapse.user_code import own_errors

__all__ = ["Observer", "Session", "StageReport"]


class Session:
    """One run, new or resumed. Make it with `create` or `open`, then call `run` once.

    Attributes:
        directory: the run's directory.
        ended: the summary, where the run had finished before.
        missed: how many events, rows and spans each sink was too slow for, once `run` has ended.
    """

    def __init__(
        self,
        files: RunDirectory,
        plan: Plan | None,
        warnings: Sequence[str] = (),
        first: Trainer | None = None,
    ) -> None:
        self.directory = files.path
        self.ended: dict[str, Any] | None = None
        self.missed: Mapping[str, int] = {}
        self._files = files
        self._plan = plan
        self._warnings = warnings
        self._first = first  # the trainer of the first stage, where it has been made already

    def _repr_html_(self) -> str:
        """For notebooks: the run as it stands, with its curves where matplotlib is there."""
        from vynapse.experiment.cells import run_cell

        return run_cell(self.directory)

    @property
    def recipe(self) -> Recipe:
        """The complete recipe.

        Raises:
            ConfigError, DataError: of a run that has finished, where its task cannot be made any
                more.
        """
        return self._planned().recipe

    @classmethod
    @own_errors(ConfigError)
    def create(
        cls,
        recipe: Recipe,
        directory: Path | str | None = None,
        root: Path | str = "runs",
        start: NetworkState | None = None,
        donors: Mapping[str, Donor] | None = None,
    ) -> Session:
        """A new run.

        Args:
            recipe: the recipe, e.g. from `load_recipe`.
            directory: the run's own folder; by default one named after the run inside `root`.
            root: where runs lie.
            start: the network that the run begins with, where the recipe names no weights.
            donors: the networks that the recipe names as blueprints, where they are known already.

        Raises:
            ConfigError: settings contradict each other or the network, or weights do not fit
                it; nothing was written.
            DataError: the task's data are absent or damaged; nothing was written.
            RunDirectoryError: the folder holds something already.
        """
        modes = [stage.mode for stage in recipe.stages]
        path = Path(directory or Path(root) / new_name(recipe.task_name, modes, recipe.seed))
        refuse_workers(recipe)
        plan = prepare(kept_in(recipe, path, start), start, donors)
        fingerprint = plan.task.fingerprint()
        trainer = plan.check()
        recipe = plan.recipe
        record: dict[str, Any] = {
            "recipe": recipe.as_file(),
            "provenance": provenance.collect(fingerprint, recipe.device, plan.task.data_files),
            "reproducible": recipe.reproducible,
            "origin": origin(recipe),
        }
        if plan.donors:
            record["blueprints"] = recorded(plan.donors)
        record["record_sha256"] = provenance.digest(record)
        texts: dict[str, str | bytes] = {"recipe.yaml": to_yaml(recipe)}
        own = {**plan.task.files, **copies(plan.donors)}
        texts |= {name: content() for name, content in own.items()}
        if plan.task.preprocessing is not None:
            held = dict(plan.task.preprocessing)
            texts["preprocessing.json"] = json.dumps(held, indent=2) + "\n"
            record["preprocessing_sha256"] = provenance.sha256_of(held)
        return cls(RunDirectory.create(path, record, texts, plan.start), plan, first=trainer)

    @classmethod
    @own_errors(ConfigError)
    def open(
        cls, directory: Path | str, alter: Callable[[Recipe], Recipe] = lambda recipe: recipe
    ) -> Session:
        """A run that exists, to be resumed. Other versions of packages are warned of.

        Of a run that has finished nothing but its summary is needed any more.

        Args:
            directory: that of the run.
            alter: changes how it computes; the identity of the recipe has to stay.

        Raises:
            RunDirectoryError: it is no run, of a newer format, was changed, or its data or the
                network it began with changed.
            ConfigError: its device is not there.
            DataError: the task's data are absent or damaged.
        """
        files = RunDirectory.open(Path(directory))
        record, summary = files.record(), files.summary()
        found = provenance.digest(record)
        for holder in (record, summary or {}):
            if (holder.get("record_sha256") or found) != found:
                raise changed_record(files)
        known = record["provenance"]
        changes = provenance.changes(known)
        warnings = [f"{change}: the result may differ in its last bits" for change in changes]
        if summary is not None:
            session = cls(files, None, warnings)
            session.ended = summary
            return session
        kept = recipe_of(record, files.path)
        recipe = alter(kept)
        if recipe.identity() != kept.identity():
            raise AssertionError("a resumed run keeps the identity of its recipe")
        refuse_workers(recipe)
        plan = prepare(recipe, files.read_start(), kept_donors(files))
        if plan.task.fingerprint() != known["data_sha256"]:
            raise RunDirectoryError(
                f"{directory}: the data of task {plan.recipe.task_name!r} are not those the run "
                "began with: put the original data back or start a new run"
            )
        return cls(files, plan, warnings)

    @classmethod
    def create_or_open(cls, recipe: Recipe, directory: Path | str) -> Session:
        """The run of a recipe: an existing run is resumed, or only read if it has ended.

        Raises:
            RunDirectoryError: the folder holds a run of another recipe, or see `open`.
            ConfigError, DataError: see `create`.
        """
        if not (Path(directory) / "run.json").exists():
            return cls.create(recipe, directory)
        session = cls.open(directory, partial(_computed_as, recipe))
        own = session._planned()
        if own.recipe.identity() != prepare(recipe, donors=own.donors).recipe.identity():
            wrong = f"{directory} holds a run of another recipe: choose another --out"
            raise RunDirectoryError(wrong)
        return session

    def run(
        self,
        observers: Sequence[Observer] = (),
        interrupted: Callable[[], None] = lambda: None,
        sinks: Mapping[str, Sink] | None = None,
        until: Callable[[StageReport], bool] | None = None,
    ) -> dict[str, Any]:
        """Run, or go on, to the end; a run that has ended already is not repeated.

        Args:
            observers: called after every step.
            interrupted: called when Ctrl-C or SIGTERM arrives, before the step in hand is done.
            sinks: what observes the run beside the sinks of its recipe, by name; no part of it.
            until: asked after every step; once it says yes the run saves and stops after the next
                step, as on Ctrl-C.

        Returns:
            The summary (see `vynapse.experiment.summary`).

        Raises:
            Interrupted: Ctrl-C or SIGTERM; the state was saved.
            TrainingError: the run failed; the last checkpoint is intact.
        """
        if self.ended is None:
            self.ended = self._files.summary()
        if self.ended is not None:
            return self.ended
        plan = self._planned()
        with (
            self._files.locked(),
            limited_threads(plan.recipe.threads),
            journal.kept_in(self._files.path),
            Interrupts(interrupted) as interrupts,
        ):

            def stop(item: StageReport) -> None:
                if until is not None and until(item):
                    interrupts.requested = True

            more = self._warnings, self._first, sinks
            loop = Loop(self._files, plan, [*observers, stop], interrupts, *more)
            try:
                return loop.run()
            finally:
                self.missed = loop.missed()

    def _planned(self) -> Plan:
        if self._plan is None:
            record = self._files.record()
            recipe = recipe_of(record, self.directory)
            self._plan = prepare(recipe, self._files.read_start(), kept_donors(self._files))
        return self._plan


def _computed_as(other: Recipe, recipe: Recipe) -> Recipe:
    """The recipe of a run, computing as the given one says where the two are of one identity."""
    return computed_as(recipe, other) if len(recipe.stages) == len(other.stages) else recipe
