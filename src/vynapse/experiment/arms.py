# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The arms of a comparison: a recipe each, and the controls that a mode brings with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vynapse.errors import ConfigError, UnknownName
from vynapse.experiment.recipe import Recipe, StageChoice
from vynapse.experiment.store import load
from vynapse.settings import validate
from vynapse.telemetry.reading import read_events
from vynapse.trainers.control import Variant
from vynapse.trainers.mode import MODES, Mode


@dataclass(frozen=True, slots=True)
class Arm:
    """One line of a comparison: a recipe that is run with several seeds.

    Attributes:
        task: name of the task.
        name: the mode; where there are controls, what the arm is.
        recipe: the recipe with the first seed.
        control_of: name of the arm it is a control of.
        variant: what it runs, where it is a control.
        part: which network of its variant's path it runs; None where it is a single row.
    """

    task: str
    name: str
    recipe: Recipe
    control_of: str | None = None
    variant: Variant | None = None
    part: int | None = None

    @property
    def has_path(self) -> bool:
        """Whether it stands for several rows, which are known once its arm has run."""
        return self.variant is not None and self.variant.path is not None and self.part is None

    def path(self, run: Path) -> Sequence[Mapping[str, Any] | None]:
        """The networks of the rows that it stands for; None is that of its recipe.

        Args:
            run: the directory of the arm's run with the same seed.

        Raises:
            RunDirectoryError: no run is there, or it has no network yet.
        """
        if self.variant is None or self.variant.path is None:
            raise ValueError(f"{self.name} is a single row")
        network = load(run).network.structure.as_key()
        return self.variant.path(network, read_events(run / "events.jsonl"))

    def rows(self, runs: Mapping[int, Path]) -> list[tuple[Arm, list[int]]]:
        """The arms that it stands for, each with the seeds whose path is as long.

        Args:
            runs: the directory of the arm's run, by seed.
        """
        if not self.has_path:
            return [(self, list(runs))]
        lengths = {seed: len(self.path(run)) for seed, run in runs.items()}
        return [
            (
                dataclasses.replace(self, name=f"{self.name} {part}", part=part),
                [seed for seed, length in lengths.items() if length > part],
            )
            for part in range(max(lengths.values()))
        ]

    def begins_with(self, run: Path) -> Recipe:
        """The recipe of a control whose network depends on what its arm has found.

        Args:
            run: the directory of the arm's run with the same seed.

        Raises:
            RunDirectoryError: no run is there, or it has no network yet.
        """
        if self.part is not None:
            found = self.path(run)[self.part]
            update = {} if found is None else {"network": dict(found)}
            return self.recipe.model_copy(update=update)
        if self.variant is None or self.variant.rebuild is None:
            return self.recipe
        network = self.variant.rebuild(load(run).network.structure.as_key())
        return self.recipe.model_copy(update={"network": dict(network)})


def arms_of(task: str, recipe: Recipe, controls: Sequence[str]) -> list[Arm]:
    """An arm, followed by its controls as far as its mode has them.

    Args:
        task: name of the task.
        recipe: a recipe of a single stage.
        controls: names, each known to some mode of the comparison.

    Raises:
        ConfigError: a control is what it would be compared with, or the two would spend the budget
            differently.
    """
    stage = recipe.stages[0]
    mode = MODES.get(stage.mode)
    own = [name for name in dict.fromkeys(controls) if name in mode.controls]
    name = mode.label(stage.settings) if own and mode.label else mode.name
    arm = Arm(task, name, recipe)
    variants = [mode.controls[control](stage.settings, stage.budget) for control in own]
    return [arm, *(_controlled(arm, variant) for variant in variants)]


def refuse_unknown(controls: Sequence[str], modes: Sequence[str]) -> None:
    """Refuse a control that no mode of a comparison has.

    Raises:
        UnknownName: there is no such control.
        ConfigError: none of the modes has controls.
    """
    known = [name for mode in modes for name in MODES.get(mode).controls]
    if controls and not known:
        having = [name for name in MODES.names() if MODES.get(name).controls]
        raise ConfigError(
            f"controls: a mode that has controls ({', '.join(having)}) must be among the modes, "
            f"got {', '.join(modes)}"
        )
    for name in controls:
        if name not in known:
            raise UnknownName("control", name, known)


def _controlled(arm: Arm, variant: Variant) -> Arm:
    like = arm.recipe.stages[0]
    stage = _stage(MODES.get(variant.mode), like, variant.settings, variant.arm)
    update: dict[str, Any] = {"stages": (stage,)} | ({"weights": None} if variant.fresh else {})
    return Arm(arm.task, variant.arm, arm.recipe.model_copy(update=update), arm.name, variant)


def _stage(mode: Mode, like: StageChoice, settings: Mapping[str, Any], where: str) -> StageChoice:
    """A stage of a mode with all its settings, defaults too, and the budget of another one."""
    valid = validate(mode.settings, settings, where)
    return StageChoice(mode=mode.name, budget=like.budget, settings=valid)
