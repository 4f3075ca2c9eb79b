# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The same task through several modes and seeds, at one budget, in one table.

Each arm (a task and a mode) runs its seeds in one fresh process of its own, one after the other. So
processor time and peak memory are the arm's, and no arm warms the caches of another. Runs that have
ended in the same directory are not repeated, and an interrupted one is resumed.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vynapse.errors import ConfigError, Interrupted, TrainingError, storage_errors
from vynapse.experiment.anytime import anytime
from vynapse.experiment.anytime_files import write_anytime
from vynapse.experiment.arms import Arm, arms_of, refuse_unknown
from vynapse.experiment.compared import place_in
from vynapse.experiment.config import load_recipe, resolve
from vynapse.experiment.evaluating import can_be_measured, evaluator_named, measured_by
from vynapse.experiment.files import write_atomically
from vynapse.experiment.kept import kept_in
from vynapse.experiment.measured import run_measured
from vynapse.experiment.named_arms import Source, named_arms
from vynapse.experiment.notebook import table_html
from vynapse.experiment.on_ray import pools_on
from vynapse.experiment.plan import prepare
from vynapse.experiment.plots import draw
from vynapse.experiment.process import terminable
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.repeats import repeats_of
from vynapse.experiment.table import Row, Table
from vynapse.tasks.registry import TASKS


@dataclass(frozen=True, slots=True)
class Finished:
    """A run of a comparison has ended.

    Attributes:
        arm, seed: which one.
        summary: its summary, with wall_seconds, cpu_seconds and peak_megabytes.
        number, total: how many runs have ended, of how many.
    """

    arm: Arm
    seed: int
    summary: dict[str, Any]
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Tasks x modes x seeds at a stated budget of cost.

    Attributes:
        tasks: names of tasks.
        modes: names of modes; every task is run in every mode.
        seeds: seeds of each arm; 0, 1, … below it when a number.
        budget: limits such as {"flops": 1e9}; None takes the task's comparison budget, which is
            the same for all modes.
        directory: where the runs and the table are written.
        overrides: further "key=value" settings for every arm, or "MODE.key=value" for one mode.
        controls: what a mode is compared with beside the other modes, names that it has for it
            (`Mode.controls`); their runs follow those of their mode.
        recipes: arms by name that are recipes of their own, in place of modes; the others are
            compared with the first, seed by seed. Without a budget each keeps its own.
        jobs: how many runs at the same time, each in a process of its own.
        repeats: how often each run is made; those after the first tell whether bytes are the same.
        evaluator: where genomes are measured, as KIND or KIND:COUNT, in arms that measure some;
            None for where their recipes say.
        board: folder in which the runs show their newest values to Prometheus; None for nowhere.
        anytime: also judge the arms at every budget (`experiment.anytime`), in files of their own.
        on: where the processes are: local, ray, auto or ray://HOST:PORT; it changes no result.
    """

    tasks: Sequence[str]
    modes: Sequence[str]
    seeds: int | Sequence[int]
    directory: Path
    budget: Mapping[str, int | float] | None = None
    overrides: Sequence[str] = ()
    controls: Sequence[str] = ()
    recipes: Mapping[str, Source] | None = None
    jobs: int = 1
    repeats: int = 1
    evaluator: str | None = None
    board: Path | None = None
    anytime: bool = False
    on: str = "local"

    def _repr_html_(self) -> str:
        """For notebooks: the table and curves of one that has ended, else what it would run."""
        from vynapse.experiment.cells import comparison_cell

        found = comparison_cell(self.directory)
        if found is not None:
            return found
        named = list(self.recipes or self.modes)
        rows = [
            ["tasks", ", ".join(self.tasks)],
            ["arms", ", ".join(named)],
            ["seeds", str(self.seeds)],
            ["directory", str(self.directory)],
        ]
        return f"{table_html(['', ''], rows)}<p>It has not ended: call run().</p>"

    def arms(self) -> list[Arm]:
        """The arms, their recipes validated.

        Raises:
            ConfigError: there is no task, mode or seed, one of them or an override is wrong, no
                mode has the controls, or no arm measures genomes where an evaluator is named.
            UnknownName: there is no such control, or no such evaluator.
        """
        arms = self._asked()
        if self.evaluator is None:
            return arms
        evaluator = evaluator_named(self.evaluator)
        chosen = [can_be_measured(arm.recipe) for arm in arms]
        if not any(chosen):
            measured_by(arms[0].recipe, evaluator)
        return [
            dataclasses.replace(arm, recipe=measured_by(arm.recipe, evaluator)) if has else arm
            for arm, has in zip(arms, chosen, strict=True)
        ]

    def _asked(self) -> list[Arm]:
        """The arms with the evaluators of their recipes."""
        for name, count in (("jobs", self.jobs), ("repeats", self.repeats)):
            if count < 1:
                raise ConfigError(f"{name}: a number from 1 on was wanted, got {count}")
        if not self.seeds:
            raise ConfigError(f"seeds: a number from 1 on or a list was wanted, got {self.seeds}")
        if self.recipes is not None:
            return self._named()
        for name, given in (("tasks", self.tasks), ("modes", self.modes)):
            if isinstance(given, str) or not given:
                raise ConfigError(f"{name}: a list of names was wanted, got {given!r}")
        refuse_unknown(self.controls, self.modes)
        arms: list[Arm] = []
        for task in self.tasks:
            for mode in self.modes:
                arms += arms_of(task, self._recipe(task, mode), self.controls)
        return arms

    def run(self, progress: Callable[[Finished], None] = lambda _: None) -> Table:
        """Run what has not ended yet and write table.md, table.csv, table.json and endings.md.

        With `anytime` it also writes anytime.md, anytime.csv and anytime.json. Where matplotlib is
        installed pictures of each task stand beside them.

        Args:
            progress: called as each run ends.

        Raises:
            Interrupted: Ctrl-C or SIGTERM; what was done is kept.
            RunDirectoryError: the directory holds runs of other recipes.
            VynapseError: an arm failed; the runs before it are kept.
        """
        arms = self.arms()
        seeds = list(range(self.seeds)) if isinstance(self.seeds, int) else list(self.seeds)
        with storage_errors(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True)
        arms = [self._kept(arm) for arm in arms]
        ended, total, rows = 0, len(arms) * len(seeds) * self.repeats, list[Row]()

        def report(arm: Arm, seed: int, summary: dict[str, Any]) -> None:
            nonlocal ended
            ended += 1
            progress(Finished(arm, seed, summary, ended, total))

        try:
            with terminable():
                for arm in arms:
                    own = {s: self.place(arm.task, arm.control_of or arm.name, s) for s in seeds}
                    parts = arm.rows(own) if arm.has_path else [(arm, seeds)]
                    runs = sum(len(asked) for _, asked in parts)
                    total += (runs - len(seeds)) * self.repeats
                    rows += [self._run_arm(part, asked, report) for part, asked in parts]
        except (KeyboardInterrupt, Interrupted):
            raise Interrupted(
                f"interrupted: {ended} of {total} runs have ended: go on with the same command and "
                f"--out {self.directory}"
            ) from None
        table = Table(rows)
        for name, text in (
            ("table.md", table.markdown()),
            ("table.csv", table.csv()),
            ("table.json", json.dumps(table.json(), indent=2) + "\n"),
            ("endings.md", table.endings()),
        ):
            write_atomically(self.directory / name, text.encode())
        draw(rows, self.place, self.directory)
        if self.anytime:
            write_anytime(anytime(rows, self.place), self.directory)
        return table

    def _named(self) -> list[Arm]:
        """The arms that are recipes, for each task."""
        if self.modes or self.controls:
            raise ConfigError(
                "arms: recipes name their modes, and controls are those of modes: leave modes and "
                "controls out"
            )
        if not self.recipes:
            raise ConfigError("arms: recipes by name were wanted, got none")
        tasks: Sequence[str | None] = self.tasks or [None]
        found = [named_arms(self.recipes, task, self.budget, self.overrides) for task in tasks]
        return [arm for arms in found for arm in arms]

    def _kept(self, arm: Arm) -> Arm:
        """The arm with data of the call in a file, which its processes read."""
        recipe = kept_in(arm.recipe, self.directory)
        if recipe.made is not None:
            for name, content in recipe.made.task.files.items():
                write_atomically(self.directory / name, content())
        return dataclasses.replace(arm, recipe=recipe)

    def _recipe(self, task: str, mode: str) -> Recipe:
        """The arm's recipe: its own settings, but the stopping rule that all arms share."""
        budget = TASKS.get(task).comparison if self.budget is None else self.budget
        rule = {"target": None, "patience": None} | dict(budget)
        limits = [(f"budget.{name}", value) for name, value in rule.items()]
        others = tuple(f"{name}." for name in self.modes if name != mode)
        own = [
            text.removeprefix(f"{mode}.") for text in self.overrides if not text.startswith(others)
        ]
        return load_recipe(task=task, mode=mode, overrides=[*limits, *own])

    def _run_arm(
        self,
        arm: Arm,
        seeds: list[int],
        report: Callable[[Arm, int, dict[str, Any]], None],
    ) -> Row:
        todo = [(seed, number) for seed in seeds for number in range(self.repeats)]
        ended: dict[tuple[int, int], dict[str, Any]] = {}
        workers = min(self.jobs, len(todo))
        with pools_on(self.on, workers) as (pool,):
            try:
                pool.submit(_warm_up, _packed(arm.recipe.model_copy(update={"seed": 0}))).result()
                for seed, number, summary in self._finished(pool, workers, arm, todo):
                    ended[seed, number] = summary
                    report(arm, seed, summary)
            except BrokenProcessPool:
                raise TrainingError(
                    f"the process of {arm.task} {arm.name} was killed: "
                    "is there enough memory for this task?"
                ) from None
        runs = [ended[seed, 0] for seed in seeds]
        note = "" if arm.variant is None else arm.variant.note
        row = Row(arm.task, arm.name, runs, arm.control_of, note=note)
        if self.repeats == 1:
            return row
        again = [
            [(self.place(arm.task, arm.name, seed, n), ended[seed, n]) for n in range(self.repeats)]
            for seed in seeds
        ]
        return dataclasses.replace(row, repeats=repeats_of(seeds, again))

    def _finished(
        self, pool: Executor, workers: int, arm: Arm, todo: list[tuple[int, int]]
    ) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """Seed, number and summary of each run as it ends; no more are begun than can run."""
        waiting = iter(todo)
        running: dict[Future[dict[str, Any]], tuple[int, int]] = {}
        while True:
            for seed, number in itertools.islice(waiting, workers - len(running)):
                found = self.place(arm.task, arm.control_of or arm.name, seed)
                recipe = arm.begins_with(found).model_copy(update={"seed": seed})
                place = self.place(arm.task, arm.name, seed, number)
                job = pool.submit(_run, _packed(recipe), place, self.board)
                running[job] = seed, number
            if not running:
                return
            for job in wait(running, return_when=FIRST_COMPLETED).done:
                seed, number = running.pop(job)
                yield seed, number, job.result()

    def place(self, task: str, name: str, seed: int, number: int = 0) -> Path:
        """The directory of a run of an arm, which is named as the row is."""
        return place_in(self.directory, task, name, seed, number)


def _packed(recipe: Recipe) -> str:
    """A recipe on its way to another process."""
    return json.dumps(recipe.as_file())


@functools.lru_cache(maxsize=1)
def _unpacked(text: str) -> Recipe:
    """A recipe without its seed: the runs of an arm share it, and the data of its task."""
    return resolve(json.loads(text))


def _received(text: str) -> Recipe:
    content = json.loads(text)
    seed = content.pop("seed")
    return _unpacked(json.dumps(content)).model_copy(update={"seed": seed})


@functools.lru_cache(maxsize=1)
def _warm_up(text: str) -> None:
    """In a process of the arm: load libraries and data, so that no seed pays for it."""
    plan = prepare(_received(text))
    plan.task.fingerprint()
    plan.check()


def _run(text: str, path: Path, board: Path | None = None) -> dict[str, Any]:
    """In the arm's process: the summary of one run, and what it took of the machine."""
    _warm_up(json.dumps({**json.loads(text), "seed": 0}))
    return run_measured(_received(text), path, board)
