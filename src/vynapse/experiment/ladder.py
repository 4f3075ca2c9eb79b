# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A ladder of controllers: who decides best on a task, at equal cost, and did anyone learn to?

It is a preset of `Comparison`. Its arms are runs of mode grow on the same seeds, at the same budget
of operations. The first one is the tuned schedule, an open loop that sees no measurement, so every
other one stands beside it, seed by seed. A controller that has learnt to decide is above it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vynapse.core import Budget
from vynapse.core import run as train
from vynapse.errors import ConfigError, Interrupted, UnknownName, VynapseError, storage_errors
from vynapse.experiment.compare import Comparison, Finished
from vynapse.experiment.config import load_recipe
from vynapse.experiment.files import write_atomically
from vynapse.experiment.ladder_table import LadderTable, Rung
from vynapse.experiment.overrides import Override
from vynapse.experiment.plan import prepare
from vynapse.experiment.process import limited_threads
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.rungs import RUNGS, Cost, Ground, Made, Tell, rung

DEFAULT: Final = tuple(RUNGS)
_FIRST: Final = ("tuned", "heuristic")
"""What the others are compared with: the first of these that is reached."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Controllers on a task.

    Attributes:
        task: a name of `vynapse tasks` with examples.
        directory: where runs and tables are written; the same ladder goes on there.
        keys: further keys of the recipe of mode grow, without its controller. A budget in epochs
            means the operations of so many epochs of the network that growth begins with.
        rungs: which controllers.
        episodes: runs of each, with one seed each.
        seed: the first of these seeds.
        training: runs of growth that each search may take.
        training_epochs: the same in epochs of the network that growth begins with, in its place.
        jobs: how many runs at the same time.
    """

    task: str
    directory: Path
    keys: Sequence[Override] = ()
    rungs: Sequence[str] = DEFAULT
    episodes: int = 5
    seed: int = 0
    training: int = 40
    training_epochs: int | None = None
    jobs: int = 1

    def run(
        self,
        progress: Callable[[Finished], None] = lambda _: None,
        tell: Tell = lambda _: None,
    ) -> LadderTable:
        """Search, learn and compare what has not been yet; write ladder.md, ladder.json and more.

        Beside them stand the files of the comparison, and ladder.svg where matplotlib is installed.

        Args:
            progress: called as each run of the comparison ends.
            tell: called with a sentence as each search begins.

        Raises:
            ConfigError: a rung, a key or a number is wrong.
            Interrupted: Ctrl-C or SIGTERM; what was done is kept.
            VynapseError: a run of the comparison failed.
        """
        ground = self.ground(tell)
        made: dict[str, Made] = {}
        missing: dict[str, str] = {}
        for name in self.rungs:
            try:
                made[name] = rung(name, ground)
            except Interrupted:
                raise Interrupted(
                    f"interrupted while {name} was made: go on with the same command and --out "
                    f"{self.directory}"
                ) from None
            except VynapseError as error:
                missing[name] = str(error).splitlines()[0]
                tell(f"{name}: not reached: {missing[name]}")
        if not made:
            raise ConfigError(f"rungs: none was reached: {'; '.join(missing.values())}")
        first = next((name for name in _FIRST if name in made), next(iter(made)))
        order = [first, *(name for name in made if name != first)]
        table = Comparison(
            tasks=[],
            modes=[],
            seeds=range(self.seed, self.seed + self.episodes),
            directory=self.directory,
            recipes={name: made[name][0] for name in order},
            jobs=self.jobs,
        ).run(progress)
        rows = {row.mode: row for row in table.rows}
        found = [
            Rung(name, rows.get(name), made[name][1] if name in made else Cost(), missing.get(name))
            for name in self.rungs
        ]
        whole = LadderTable(self.task, found, first, ground.flops, ground.episodes)
        self._write(whole)
        return whole

    def ground(self, tell: Tell) -> Ground:
        """What all rungs stand on: the budget of an episode is measured here.

        Args:
            tell: see `run`.

        Raises:
            ConfigError, UnknownName: a rung, a key or a number is wrong.
        """
        for name in self.rungs:
            if name not in RUNGS:
                raise UnknownName("rung", name, tuple(RUNGS))
        if not self.rungs or len(set(self.rungs)) < len(self.rungs):
            raise ConfigError(f"rungs: each once was wanted, got {', '.join(self.rungs) or 'none'}")
        for key, value in (("episodes", self.episodes), ("training", self.training)):
            if value < 1:
                raise ConfigError(f"{key}: a number from 1 on was wanted, got {value}")
        recipe = load_recipe(self.task, "grow", overrides=self._whole())
        budget = recipe.stages[0].budget
        cost = _epoch(recipe)
        flops = budget.flops or math.ceil((budget.epochs or budget.steps or 1) * cost)
        epochs = math.ceil(flops / cost)
        training = self.training
        if self.training_epochs is not None:
            training = max(1, self.training_epochs // epochs)
        folder = self.directory.absolute() / "training"
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        keys = [key for key in self.keys if not _is_budget(key)]
        return Ground(self.task, keys, int(flops), epochs, training, self.seed, folder, tell)

    def _whole(self) -> list[Override]:
        rule: list[Override] = [("budget.target", None), ("budget.patience", None)]
        return [("controller", {"kind": "no-op"}), *rule, *self.keys, ("seed", self.seed)]

    def _write(self, table: LadderTable) -> None:
        for name, text in (
            ("ladder.md", table.markdown()),
            ("ladder.json", json.dumps(table.json(), indent=2) + "\n"),
        ):
            write_atomically(self.directory / name, text.encode())
        if (picture := table.picture()) is not None:
            write_atomically(self.directory / "ladder.svg", picture.encode())


def _is_budget(key: Override) -> bool:
    name: Any = key.partition("=")[0] if isinstance(key, str) else key[0]
    return str(name).startswith("budget.")


def _epoch(recipe: Recipe) -> int:
    """Operations of an epoch of the network that growth begins with, its validation included."""
    plan = prepare(recipe)
    trainer = plan.check()
    with limited_threads(recipe.threads), closing(trainer), plan.training():
        trainer, _ = plan.build(0, None, trainer)
        report = train(trainer, Budget(steps=1)).report
    if report is None or not report.cost.flops:
        raise ConfigError("task: one whose operations are counted was wanted, this one's are not")
    return int(report.cost.flops)
