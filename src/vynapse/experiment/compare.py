# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The same task through several modes and seeds, at one budget, in one table.

Each arm (a task and a mode) runs its seeds in one fresh process of its own, one after the other. So
processor time and peak memory are the arm's, and no arm warms the caches of another. Runs that have
ended in the same directory are not repeated, and an interrupted one is resumed.
"""

from __future__ import annotations

import functools
import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, Final

from vynapse.core.parent import end_with_parent
from vynapse.errors import ConfigError, Interrupted, TrainingError, storage_errors
from vynapse.experiment.arms import Arm, arms_of, refuse_unknown
from vynapse.experiment.config import load_recipe, resolve
from vynapse.experiment.files import write_atomically
from vynapse.experiment.plan import prepare
from vynapse.experiment.process import Terminated, terminable
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session, StageReport
from vynapse.experiment.table import Row, Table
from vynapse.tasks.registry import TASKS

_NOTE_SECONDS: Final = 5.0
"""How often a run writes down what it has used of the machine: what a kill may lose."""


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
    """

    tasks: Sequence[str]
    modes: Sequence[str]
    seeds: int | Sequence[int]
    directory: Path
    budget: Mapping[str, int | float] | None = None
    overrides: Sequence[str] = ()
    controls: Sequence[str] = ()

    def arms(self) -> list[Arm]:
        """The arms, their recipes validated.

        Raises:
            ConfigError: there is no task, mode or seed, one of them or an override is wrong, or no
                mode has the controls.
            UnknownName: there is no such control.
        """
        for name, given in (("tasks", self.tasks), ("modes", self.modes)):
            if isinstance(given, str) or not given:
                raise ConfigError(f"{name}: a list of names was wanted, got {given!r}")
        if not self.seeds:
            raise ConfigError(f"seeds: a number from 1 on or a list was wanted, got {self.seeds}")
        refuse_unknown(self.controls, self.modes)
        arms: list[Arm] = []
        for task in self.tasks:
            for mode in self.modes:
                arms += arms_of(task, self._recipe(task, mode), self.controls)
        return arms

    def run(self, progress: Callable[[Finished], None] = lambda _: None) -> Table:
        """Run what has not ended yet and write table.md, table.csv and table.json of all.

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
        ended, total = 0, len(arms) * len(seeds)

        def report(arm: Arm, seed: int, summary: dict[str, Any]) -> None:
            nonlocal ended
            ended += 1
            progress(Finished(arm, seed, summary, ended, total))

        try:
            with terminable():
                rows = [self._run_arm(arm, seeds, report) for arm in arms]
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
        ):
            write_atomically(self.directory / name, text.encode())
        return table

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
        results = []
        others = active_children()
        with ProcessPoolExecutor(1, get_context("spawn"), end_with_parent) as pool:
            try:
                pool.submit(_warm_up, _packed(arm.recipe)).result()
                for seed in seeds:
                    found = self.place(arm.task, arm.control_of or arm.name, seed)
                    recipe = arm.begins_with(found).model_copy(update={"seed": seed})
                    place = self.place(arm.task, arm.name, seed)
                    job = pool.submit(_run, _packed(recipe), place)
                    results.append(job.result())
                    report(arm, seed, results[-1])
            except Terminated:
                # Ctrl-C in a terminal reaches the arm too, this does not
                for child in set(active_children()) - set(others):
                    child.terminate()
                raise
            except BrokenProcessPool:
                raise TrainingError(
                    f"the process of {arm.task} {arm.name} was killed: "
                    "is there enough memory for this task?"
                ) from None
        return Row(arm.task, arm.name, results, arm.control_of)

    def place(self, task: str, name: str, seed: int) -> Path:
        """The directory of a run of an arm, which is named as the row is."""
        arm = re.sub(r"[^\w.]+", "-", f"{task}-{name}").strip("-")
        return self.directory / arm / f"seed-{seed}"


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


def _warm_up(text: str) -> None:
    """In the arm's process: load libraries and data, so that the first seed does not pay for it."""
    plan = prepare(_received(text))
    plan.task.fingerprint()
    plan.check()


def _run(text: str, path: Path) -> dict[str, Any]:
    """In the arm's process: the summary of one run, and what it took of the machine."""
    wall, processor = time.perf_counter(), time.process_time()
    session = Session.create_or_open(_received(text), path)
    place = path / "machine.json"
    used = json.loads(place.read_text()) if place.exists() else {}
    if (path / "summary.json").exists() and used:
        return session.run() | used
    written = wall

    def note() -> dict[str, Any]:
        nonlocal written
        written = time.perf_counter()
        now = {
            "wall_seconds": used.get("wall_seconds", 0) + written - wall,
            "cpu_seconds": used.get("cpu_seconds", 0) + time.process_time() - processor,
            "peak_megabytes": max(used.get("peak_megabytes", 0), _peak_megabytes()),
        }
        write_atomically(place, (json.dumps(now) + "\n").encode())
        return now

    def watch(_: StageReport) -> None:
        # a killed process never reaches the end of this function
        if time.perf_counter() - written >= _NOTE_SECONDS:
            note()

    try:
        summary = session.run([watch])
    finally:
        now = note()
    return summary | now


def _peak_megabytes() -> float:
    """Peak resident memory of this process; `ru_maxrss` would include the parent's before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
