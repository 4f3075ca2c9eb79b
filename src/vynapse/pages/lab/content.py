# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the page holds beside its scripts: tasks, presets of modes, and a run to replay."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, ControlTask, SupervisedTask, Task
from vynapse.errors import ConfigError, RunDirectoryError
from vynapse.experiment.config import resolve
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.kept import recipe_of
from vynapse.experiment.recipe import Recipe
from vynapse.networks.state import NetworkState
from vynapse.pages.lab.orders import MODES, TASKS, made_of, order_of


def content(replay: Path | None = None) -> dict[str, Any]:
    """All that the page knows.

    Args:
        replay: a run that it is to make again; None for none.

    Raises:
        ConfigError: the lab cannot make that run again.
        RunDirectoryError: there is no such run, or it has not finished.
    """
    again = None if replay is None else replayed(replay)
    return {**_presets(), "replay": again}


@cache
def _presets() -> dict[str, Any]:
    """Tasks and orders as `vynapse run TASK --mode MODE` would have them."""
    tasks, orders = dict[str, Any](), dict[str, Any]()
    for task in TASKS:
        recipes = {mode: _preset(task, mode) for mode in MODES}
        tasks[task] = data_of(_made(recipes["deap"]))
        orders[task] = {mode: order_of(recipe) for mode, recipe in recipes.items()}
    return {"tasks": tasks, "orders": orders}


def _preset(task: str, mode: str) -> Recipe:
    return resolve({"task": task, "stages": [{"mode": mode}]})


def _made(recipe: Recipe) -> Task:
    return made_of(recipe).task.for_run()


def replayed(run: Path) -> dict[str, Any]:
    """A run as an order, its data, and the hash of its winner.

    Raises:
        ConfigError: the lab cannot make it again.
        RunDirectoryError: there is no such run, or it has not finished.
    """
    files = RunDirectory.open(run)
    summary, record = files.summary(), files.record()
    if summary is None:
        raise RunDirectoryError(f"--replay: {run} has not finished: wait for its end or resume it")
    if record.get("origin") == "python":
        raise ConfigError(f"--replay: {run} used objects of a Python process that is no more")
    recipe = recipe_of(record, run)
    try:
        order = order_of(recipe)
    except ConfigError as error:
        raise ConfigError(f"--replay: {run} cannot be made again in the page: {error}") from None
    if order["task"] == "spirals" and order["mode"] == "neat":
        raise ConfigError(
            f"--replay: {run} cannot be made again in the page: mode neat takes the loss of "
            "spirals by NumPy, whose last digits differ between machines"
        )
    # seconds are not made again: the generations that they were enough for are
    order |= {"steps": summary["steps"]}
    return {
        "name": run.resolve().name,
        "order": order,
        "data": data_of(_made(recipe)),
        "sha256": NetworkState.read(files.network).sha256(),
    }


def data_of(task: Task) -> dict[str, Any]:
    """What a task measures networks on: examples, or how many episodes."""
    if "episodes" in task.offers:
        return {"episodes": {"validation": cast("ControlTask", task).validation_episodes}}
    examples = cast("SupervisedTask", task)
    splits = {name: _split(examples, name) for name in ("train", "validation")}
    return {**splits, "validationIsTrain": examples.validation_is_train}


def _split(task: SupervisedTask, name: Any) -> dict[str, Any]:
    rows = task.split(name).take(slice(None))
    inputs, targets = task.prepare(rows.inputs), rows.targets
    labels = targets.dtype == np.int64
    given = {"labels" if labels else "targets": _text(targets, np.int32 if labels else np.float32)}
    return {"inputs": _text(inputs, np.float32), "examples": len(inputs), **given}


def _text(array: Array, kind: npt.DTypeLike) -> str:
    return base64.b64encode(np.ascontiguousarray(array, kind).tobytes()).decode()
