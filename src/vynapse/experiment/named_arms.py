# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arms of a comparison that are recipes with names: `--arm small=a.yaml --arm wide=b.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vynapse.errors import ConfigError
from vynapse.experiment.arms import Arm
from vynapse.experiment.config import load_recipe
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.kept import located
from vynapse.experiment.recipe import Recipe
from vynapse.trainers.mode import MODES

Source = Recipe | Path | str
"""A recipe; a file of one; a run directory, whose recipe is meant; or the name of a mode."""


def named_arms(
    recipes: Mapping[str, Source],
    task: str | None,
    limits: Mapping[str, Any] | None,
    overrides: Sequence[str],
) -> list[Arm]:
    """An arm for each recipe; the others are compared with the first, seed by seed.

    Args:
        recipes: what stands for each recipe, by name.
        task: replaces the recipes' own; None leaves them.
        limits: the budget of all; None leaves each its own.
        overrides: "key=value" for all, or "NAME.key=value" for one.

    Raises:
        ConfigError: a recipe cannot be read or is wrong.
    """
    rule = [] if limits is None else [(f"budget.{n}", v) for n, v in _rule(limits).items()]
    arms: list[Arm] = []
    for name, source in recipes.items():
        others = tuple(f"{other}." for other in recipes if other != name)
        own = [text.removeprefix(f"{name}.") for text in overrides if not text.startswith(others)]
        try:
            recipe = _recipe(source, task, [*rule, *own])
        except ConfigError as error:
            raise ConfigError(f"{name}: {problem}" for problem in error.problems) from None
        first = arms[0].name if arms else None
        arms.append(Arm(recipe.task_name, name, recipe, first))
    return arms


def _rule(limits: Mapping[str, Any]) -> dict[str, Any]:
    return {"target": None, "patience": None} | dict(limits)


def _recipe(source: Source, task: str | None, overrides: Sequence[Any]) -> Recipe:
    if isinstance(source, Recipe):
        if task is None and not overrides:
            return source
        content: list[Any] = [*{**source.as_file(), "task": source.task}.items()]
        return load_recipe(task=task, overrides=[*content, *overrides])
    if str(source) in MODES.names():
        return load_recipe(task=task, mode=str(source), overrides=overrides)
    path = Path(source)
    if path.is_dir():
        content = [*located(RunDirectory.open(path).record()["recipe"], path).items()]
        return load_recipe(task=task, overrides=[*content, *overrides])
    if path.suffix not in (".yaml", ".yml", ".toml"):
        raise ConfigError(
            f"a recipe file, a run directory or one of {', '.join(MODES.names())} was wanted, got "
            f"{str(source)!r}"
        )
    return load_recipe(task=task, file=path, overrides=overrides)
