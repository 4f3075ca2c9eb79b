# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a run keeps of a call in Python, its data and weights, and where its recipe says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from vynapse.errors import ConfigError
from vynapse.experiment.config import resolve
from vynapse.experiment.recipe import Made, Recipe
from vynapse.live import is_live
from vynapse.networks.state import NetworkState
from vynapse.registry import Choice
from vynapse.tasks.registry import TASKS
from vynapse.trainers.mode import MODES


def kept_in(recipe: Recipe, folder: Path, start: NetworkState | None = None) -> Recipe:
    """The recipe of a run in `folder`, which reads its data and its first weights there.

    Args:
        recipe: complete; it remembers its task.
        folder: the directory of the run, which need not exist yet.
        start: the weights that a call in Python gave; the run keeps them.
    """
    if start is not None:
        recipe = recipe.model_copy(
            update={"weights": str(folder.absolute() / "start.safetensors")}
        ).with_made(recipe.made)
    kind, known = recipe.task.kind, recipe.made
    if kind.kept is None:
        return recipe
    choice = Choice(kind, kind.kept(recipe.task.settings, folder))
    made = None
    if known is not None:
        task = known.task.for_run()
        if task.made_from is not None:
            options = choice.settings.model_dump(mode="json")
            task.made_from = dataclasses.replace(task.made_from, options=options)
        made = Made(choice, task, known.network, known.structure)
    return recipe.model_copy(update={"task": choice}).with_made(made)


def recipe_of(record: Mapping[str, Any], folder: Path) -> Recipe:
    """The recipe in the record of a run, which reads its own copy of its data, wherever it lies.

    Raises:
        ConfigError, DataError: its task cannot be made any more.
    """
    return resolve(located(record["recipe"], folder))


def located(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The content of a recipe whose run lies in `folder` now."""
    named = content["task"] if isinstance(content["task"], Mapping) else {"name": content["task"]}
    if ":" in named["name"]:
        return dict(content)
    choice = TASKS.choose(named, "task")
    if choice.kind.kept is None:
        return dict(content)
    own = Choice(choice.kind, choice.kind.kept(choice.settings, folder))
    return {**content, "task": own.as_data("name")}


def origin(recipe: Recipe) -> Literal["recipe", "python"]:
    """Whether any process can run the recipe, or the one alone that has its objects."""
    live = any(is_live(text) for text in _texts(recipe.as_file()))
    return "python" if live else "recipe"


def refuse_workers(recipe: Recipe) -> None:
    """Refuse worker processes for a recipe that names an object of this process alone.

    Raises:
        ConfigError: a stage has such an evaluator.
    """
    if origin(recipe) == "recipe":
        return
    for index, stage in enumerate(recipe.stages):
        for key in MODES.get(stage.mode).how:
            kind = getattr(getattr(stage.settings, key, None), "kind", None)
            if getattr(kind, "elsewhere", False):
                live = ", ".join(sorted(set(filter(is_live, _texts(recipe.as_file())))))
                raise ConfigError(
                    f"stages.{index}.{key}: worker processes cannot import {live} (origin: "
                    "python): move it into a module, or measure inline"
                )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
