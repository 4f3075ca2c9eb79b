# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A recipe made ready: the task, the network, the random streams, and trainers on demand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vynapse.core import Budget, SupervisedTask, Trainer
from vynapse.errors import ConfigError
from vynapse.experiment.process import choose_device
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.weights import read_weights
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure, fit_to_task, parse_network
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_task
from vynapse.telemetry.sink import Sink
from vynapse.trainers.mode import MODES, Mode, Stage


@dataclass(frozen=True, slots=True)
class Plan:
    """What stays the same over a run. `prepare` makes one.

    Attributes:
        recipe: complete; its device is "cpu" or "cuda".
        task: what the network is for.
        structure: of the network that the first stage begins with.
        start: that network, where the recipe names weights; None where they are drawn.
    """

    recipe: Recipe
    task: SupervisedTask
    structure: Structure
    start: NetworkState | None = None

    def network(self) -> NetworkState:
        """The initial network: the same in every mode, a function of the seed."""
        return self.start or initial_state(self.structure, Streams(self.recipe.seed))

    def build(self, index: int, start: NetworkState | None) -> tuple[Trainer, Budget]:
        """The trainer of a stage, before its first step, and when the stage stops.

        Args:
            index: which stage.
            start: the best network of the stage before; None for the initial one.

        Raises:
            ConfigError: settings contradict each other or the network, each with its stage.
        """
        choice = self.recipe.stages[index]
        mode = MODES.get(choice.mode)
        where = f"stages.{index}"
        settings = validate(mode.settings, choice.settings, where)
        per_epoch = mode.steps_per_epoch(self.task, settings) if mode.steps_per_epoch else None
        budget = choice.budget.resolve(per_epoch)
        stage = Stage(
            task=self.task,
            network=start or self.network(),
            fresh=start is None and self.start is None,
            streams=Streams(self.recipe.seed).child(where),
            device=self.recipe.device,
            budget=budget,
            threads=self.recipe.threads,
        )
        try:
            return mode.build(stage, settings), budget
        except ConfigError as error:
            raise ConfigError(_placed(problem, where) for problem in error.problems) from None

    def check(self) -> None:
        """Build every stage once, so that a contradiction shows before anything is written.

        Raises:
            ConfigError: as `build`.
        """
        for index in range(len(self.recipe.stages)):
            self.build(index, None if index == 0 else self.network())

    def modes(self) -> list[Mode]:
        """The mode of each stage."""
        return [MODES.get(stage.mode) for stage in self.recipe.stages]

    def sinks(self, directory: Path) -> dict[str, Sink]:
        """What observes the run, by name.

        Args:
            directory: of the run.
        """
        return {}

    def columns(self) -> list[str]:
        """The columns of metrics.csv: those of every run, those of its modes, and the time."""
        own = [name for mode in self.modes() for name in mode.columns]
        fixed = ["stage", "step", "loss", "forwards", "backwards", "flops"]
        return list(dict.fromkeys([*fixed, *own, "seconds"]))


def prepare(recipe: Recipe, start: NetworkState | None = None) -> Plan:
    """Make the task, choose the device, fit the network to the task and read its weights.

    Args:
        recipe: complete.
        start: what `recipe.weights` names, where it has been read already, as a run's own copy.

    Raises:
        ConfigError: the network or its weights do not fit, or a GPU was asked for that is not
            there.
        DataError: the task's data are absent or damaged.
    """
    task = make_task(recipe.task.name, recipe.task.options)
    structure = fit_to_task(parse_network(recipe.network), task)
    if start is None and recipe.weights is not None:
        start = read_weights(Path(recipe.weights), structure, task)
    stages = range(len(recipe.stages))
    in_numpy = all(_needs_no_torch(recipe, index, task, structure) for index in stages)
    device = choose_device(recipe.device, in_numpy)
    return Plan(recipe.model_copy(update={"device": device}), task, structure, start)


def _needs_no_torch(recipe: Recipe, index: int, task: SupervisedTask, structure: Structure) -> bool:
    choice = recipe.stages[index]
    mode = MODES.get(choice.mode)
    if structure.dense() is None:
        return False
    if isinstance(mode.in_arrays, bool):
        return mode.in_arrays
    settings = validate(mode.settings, choice.settings, f"stages.{index}")
    return mode.in_arrays(task, structure, settings)


def _placed(problem: str, where: str) -> str:
    """A sentence about a key of the mode, led by where the key stands."""
    placed = problem.startswith(("task", "network", "VYNAPSE_", where))
    return problem if placed else f"{where}.{problem}"
