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

In a file the keys of a task stand beside its `name` and those of a mode beside `mode`; in a
`Recipe` they are the dictionaries `options` and `settings`, already validated and complete.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from vynapse.core import AMOUNTS, Budget
from vynapse.settings import Settings


class TaskChoice(Settings):
    """Which task, and its own keys."""

    name: str = Field(description="a name of `vynapse tasks`, or package.module:Class")
    options: dict[str, Any] = Field(default_factory=dict, description="keys of the task")


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
    target: float | None = Field(None, description="stop once the loss is below this: converged")
    patience: int | None = Field(None, ge=1, description="stop after so many steps without gain")

    def limited(self) -> bool:
        """Whether a limit of cost is set, so that the stage is certain to end."""
        return bool(self.costs())

    def costs(self) -> dict[str, int | float]:
        """The limits of cost that are set, by name."""
        named = {name: getattr(self, name) for name in ("steps", "epochs", *AMOUNTS)}
        return {name: limit for name, limit in named.items() if limit is not None}

    def resolve(self, steps_per_epoch: int | None) -> Budget:
        """The budget of `core.run`; epochs become steps (rounded up to a whole step)."""
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
            target=self.target,
            patience=self.patience,
        )


class StageChoice(Settings):
    """One stage: a mode, its budget and its own keys."""

    mode: str = Field(description="a name of `vynapse modes`")
    budget: BudgetSettings = Field(
        default_factory=BudgetSettings, description="when the stage stops"
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="keys of the mode")


class CheckpointSettings(Settings):
    """How often a run saves. Saving never changes a run."""

    every_seconds: float | None = Field(
        30.0, gt=0, description="save when this much time has passed since the last save"
    )
    every_steps: int | None = Field(None, ge=1, description="save after so many steps of a stage")
    keep: int = Field(2, ge=1, description="how many checkpoints to keep; the best network is kept")


class Recipe(Settings):
    """A complete, validated recipe; `load_recipe` makes one."""

    task: TaskChoice
    network: dict[str, Any] = Field(
        description="{mlp: […]}, {cnn: {channels: […]}} or {factory: package.module:name}"
    )
    weights: str | None = Field(
        None,
        description="file of weights that the first stage begins with: a run directory, "
        ".safetensors, .pt or .pth; null: fresh ones",
    )
    seed: int = Field(0, ge=0, lt=2**64, description="root of all random numbers")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where tensors live")
    threads: int = Field(1, ge=1, description="threads of torch and NumPy; part of the result")
    log_every: int = Field(1, ge=1, description="steps between rows of metrics.csv")
    checkpoint: CheckpointSettings = Field(
        default_factory=CheckpointSettings, description="when to save"
    )
    stages: tuple[StageChoice, ...] = Field(
        min_length=1, description="each stage starts from the best network of the one before"
    )

    @field_validator("weights")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        """So that the recipe says the same in any folder."""
        return None if value is None else str(Path(value).expanduser().absolute())

    @property
    def reproducible(self) -> bool:
        """Whether the same recipe gives the same bytes: no decision depends on time or a GPU."""
        timed = any(stage.budget.seconds is not None for stage in self.stages)
        return not timed and self.device != "cuda"

    def as_file(self) -> dict[str, Any]:
        """The recipe as it would stand in a file; `load_recipe` of it gives an equal recipe.

        Every key has its value, but limits of cost that do not apply are left out. `target` and
        `patience` are there even when null, since a preset may have others.
        """
        whole = self.model_dump(mode="json")
        whole["task"] = {"name": self.task.name, **whole["task"]["options"]}
        whole["stages"] = [
            {
                "mode": stage["mode"],
                "budget": {
                    name: limit
                    for name, limit in stage["budget"].items()
                    if limit is not None or name in ("target", "patience")
                },
                **stage["settings"],
            }
            for stage in whole["stages"]
        ]
        return whole
