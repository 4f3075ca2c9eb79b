# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A recipe: everything that decides what a run does, as typed, frozen data.

    task: {name: parity, bits: 3}
    network: {mlp: [3, 4, 1]}
    seed: 0
    stages:
      - mode: deap
        budget: {steps: 500, target: 0.05}
        offspring: 200
      - mode: sgd
        budget: {steps: 2000}
        learning_rate: 0.01

In a file the keys of a task stand beside its `name` and those of a mode beside `mode`; the keys of
a single stage may stand at the top. In a `Recipe` they are instances of the models of the task and
of the mode, validated once.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, PrivateAttr, SerializeAsAny, field_validator

from vynapse.chosen import Chosen
from vynapse.core import AMOUNTS, Budget, Measure, Task
from vynapse.networks.structure import Structure
from vynapse.registry import Choice, NoKeys
from vynapse.settings import Settings
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.losses.registry import LOSSES, LossKind
from vynapse.tasks.registry import TASKS
from vynapse.telemetry.sink import SINKS, SinkKind
from vynapse.trainers.mode import MODES

MOST_STAGES: Final = 100
"""Stages of a recipe; the trainer of each is checked before the first step."""


class BudgetSettings(Settings):
    """When a stage stops: at the first of these limits; what is absent does not apply."""

    steps: int | None = Field(None, ge=1, description="steps (a batch, a generation, …)")
    epochs: float | None = Field(
        None, gt=0, description="passes over the training split (modes that know epochs)"
    )
    forwards: int | None = Field(None, ge=1, description="examples run forward, times networks")
    backwards: int | None = Field(None, ge=1, description="examples run backward, times networks")
    flops: float | None = Field(None, gt=0, description="floating-point operations")
    env_steps: int | None = Field(
        None, ge=1, description="steps of an environment, times environments (control tasks)"
    )
    seconds: float | None = Field(
        None, gt=0, description="wall-clock seconds of stepping (makes the run irreproducible)"
    )
    target: float | None = Field(
        None,
        description="converged: stop once the loss is below this; where more is better, as of a "
        "return, once that is reached",
    )
    patience: int | None = Field(None, ge=1, description="stop after so many steps without gain")

    def limited(self) -> bool:
        """Whether a limit of cost is set, so that the stage is certain to end."""
        return bool(self.costs())

    def costs(self) -> dict[str, int | float]:
        """The limits of cost that are set, by name."""
        named = {name: getattr(self, name) for name in ("steps", "epochs", *AMOUNTS)}
        return {name: limit for name, limit in named.items() if limit is not None}

    def resolve(self, steps_per_epoch: int | None, measure: Measure | None = None) -> Budget:
        """The budget of `core.run`; epochs become steps (rounded up to a whole step).

        Args:
            steps_per_epoch: what the mode says; None where it knows no epochs.
            measure: what the task measures. Where more of it is better the loss is its negative,
                and a target that is a bound, as the highest return, can be reached.
        """
        steps = self.steps
        if self.epochs is not None and steps_per_epoch is not None:
            epoch_steps = max(1, round(self.epochs * steps_per_epoch))
            steps = epoch_steps if steps is None else min(steps, epoch_steps)
        return Budget(
            steps=steps,
            forwards=self.forwards,
            backwards=self.backwards,
            flops=None if self.flops is None else int(self.flops),
            env_steps=self.env_steps,
            seconds=self.seconds,
            target=_as_loss(self.target, measure),
            patience=self.patience,
        )


def _as_loss(target: float | None, measure: Measure | None) -> float | None:
    if target is None or measure is None or not measure.higher_is_better:
        return target
    return math.nextafter(-target, math.inf)


class StageChoice(Settings):
    """One stage: a mode, its budget and its own keys."""

    mode: str = Field(description="a name of `vynapse modes`")
    budget: BudgetSettings = Field(
        default_factory=BudgetSettings, description="when the stage stops"
    )
    settings: SerializeAsAny[Settings] = Field(
        default_factory=NoKeys, description="keys of the mode, validated by its own model"
    )

    def as_file(self) -> dict[str, Any]:
        """The stage as it stands in a file.

        Limits of cost that do not apply are left out. `target` and `patience` are there even when
        null, since a preset may have others.
        """
        budget = self.budget.model_dump(mode="json")
        limits = {
            name: limit
            for name, limit in budget.items()
            if limit is not None or name in ("target", "patience")
        }
        return {"mode": self.mode, "budget": limits, **self.settings.model_dump(mode="json")}


class CheckpointSettings(Settings):
    """How often a run saves. Saving never changes a run."""

    every_seconds: float | None = Field(
        30.0, gt=0, description="save when this much time has passed since the last save"
    )
    every_steps: int | None = Field(None, ge=1, description="save after so many steps of a stage")
    keep: int = Field(2, ge=1, description="checkpoints to keep; the winner is always kept")


class TelemetrySettings(Settings):
    """Who observes a run. It changes no result, and is no part of a recipe's identity."""

    sinks: tuple[Annotated[Choice[SinkKind], Chosen(SINKS)], ...] = Field(
        (), description="where events and rows go beside the files of the run (vynapse.sinks)"
    )


class RunSettings(Settings):
    """The keys of a recipe beside its task, its network and its stages."""

    loss: Annotated[Choice[LossKind] | None, Chosen(LOSSES, optional=True)] = Field(
        None, description="what is minimised in place of the task's own loss; null: that loss"
    )
    weights: str | None = Field(
        None,
        description="file of weights that the first stage begins with: a run directory, run:PATH, "
        "last for the newest run, .safetensors, .pt or .pth, or the .json of a graph; null: fresh "
        "ones",
    )
    seed: int = Field(0, ge=0, lt=2**64, description="root of all random numbers")
    device: str = Field("auto", description="where tensors live: auto, cpu, cuda or cuda:N")
    threads: int = Field(
        1, ge=1, le=1024, description="threads of torch and NumPy; part of the result"
    )
    log_every: int = Field(1, ge=1, description="steps between rows of metrics.csv")
    checkpoint: CheckpointSettings = Field(
        default_factory=CheckpointSettings, description="when to save"
    )
    telemetry: TelemetrySettings = Field(
        default_factory=TelemetrySettings, description="who observes the run"
    )

    @field_validator("device")
    @classmethod
    def _known(cls, value: str) -> str:
        if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", value):
            raise ValueError("auto, cpu, cuda or cuda:N")
        return value

    @field_validator("weights")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        """So that the recipe says the same in any folder."""
        return None if value is None else str(Path(value).expanduser().absolute())


@dataclass(frozen=True, slots=True)
class Made:
    """What was made while a recipe was checked, so that a run need not make it again.

    Attributes:
        choice: what the task was made from.
        task: what the network is for; its data may have been read.
        network: what the structure was made from.
        structure: the structure of the network, fitted to the task.
    """

    choice: Choice[TaskKind]
    task: Task
    network: dict[str, Any]
    structure: Structure


class Recipe(RunSettings):
    """A complete, validated recipe; `load_recipe` makes one."""

    task: Annotated[Choice[TaskKind], Chosen(TASKS)]
    network: dict[str, Any] = Field(
        description="a kind of network and its keys, e.g. {mlp: […]}, {cnn: {channels: […]}} or "
        "{factory: package.module:name}"
    )
    stages: tuple[StageChoice, ...] = Field(
        min_length=1, description="each stage starts from the winner of the one before"
    )
    _made: Made | None = PrivateAttr(None)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same; what they remember is no part of it."""
        return isinstance(other, Recipe) and self.as_file() == other.as_file()

    def __hash__(self) -> int:
        return hash(json.dumps(self.as_file(), sort_keys=True))

    @property
    def made(self) -> Made | None:
        """Task and structure as they were made when this recipe was checked."""
        return self._made

    def with_made(self, made: Made | None) -> Recipe:
        """The same recipe, which remembers what was made of it."""
        recipe = self.model_copy()
        recipe._made = made
        return recipe

    @property
    def task_name(self) -> str:
        """Name of the task."""
        return self.task.kind.name

    @property
    def reproducible(self) -> bool:
        """Whether the same recipe gives the same bytes: no decision depends on time or a GPU."""
        timed = any(
            stage.budget.seconds is not None or MODES.get(stage.mode).timed(stage.settings)
            for stage in self.stages
        )
        return not timed and not self.device.startswith("cuda")

    def as_file(self) -> dict[str, Any]:
        """The recipe as it would stand in a file; `load_recipe` of it gives an equal recipe.

        Every key has its value, but limits of cost that do not apply are left out.
        """
        keys = self.model_dump(mode="json", include=set(RunSettings.model_fields))
        return {
            "task": self.task.as_data("name"),
            "network": self.network,
            **keys,
            "stages": [stage.as_file() for stage in self.stages],
        }

    def identity(self) -> dict[str, Any]:
        """`as_file` without what changes no result: who observes, how a stage computes, and where
        data lie that are known by their hash.
        """
        whole = self.as_file()
        del whole["telemetry"]
        for key in self.task.kind.how:
            whole["task"].pop(key, None)
        for stage in whole["stages"]:
            for key in MODES.get(stage["mode"]).how:
                stage.pop(key, None)
        return whole
