# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run and a comparison as calls in Python.

run = vynapse.run("xor", mode="deap", seed=1)
run = vynapse.run((X, y), mode="sgd", network=module, learning_rate=0.01)
run.summary, run.metrics["loss"], run.predict(rows).probabilities
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vynapse.errors import ConfigError, RunDirectoryError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.given import (
    is_data,
    loss_given,
    network_given,
    start_given,
    task_given,
)
from vynapse.experiment.kept import kept_in
from vynapse.experiment.plan import prepare
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Observer, Session
from vynapse.experiment.store import LoadedRun, load
from vynapse.networks.state import NetworkState


def run(
    task: Any = None,
    mode: str | None = None,
    *,
    network: Any = None,
    loss: Any = None,
    recipe: Recipe | Path | str | None = None,
    out: Path | str | None = None,
    resume: Path | str | None = None,
    observers: Sequence[Observer] = (),
    **keys: Any,
) -> LoadedRun:
    """Run a recipe to its end and load what it found; what `vynapse run` does.

    Args:
        task: a name of `vynapse tasks`; a mapping of a name and keys; a pair (X, y) of arrays, a
            torch Dataset or DataLoader, which the run keeps a copy of; or a `vynapse.Task`.
        mode: a name of `vynapse modes`; may stand in the recipe.
        network: a mapping as in a recipe, package.module:function, a function or a class that makes
            a module, or a module, with whose weights the run then begins.
        loss: a name or a mapping as in a recipe, a function of outputs and targets, or a
            `vynapse.Loss`.
        recipe: a recipe, or the file of one; what is given here wins over it.
        out: directory of the run; by default one with a telling name below runs.
        resume: directory of a run that the same call began: it is gone on with.
        observers: called after every step.
        keys: further keys of the recipe or of its only stage (`seed=1`, `learning_rate=0.01`,
            `budget={"epochs": 5}`), and of the task where they are called `validation`, `test` or
            `kind` and it is examples; dotted ones as `**{"task.bits": 4}`.

    Returns:
        The run's best network with its summary, as `vynapse.load` gives it.

    Raises:
        ConfigError: one sentence for each thing that is wrong; nothing was written.
        DataError: the examples are none that a network can learn from.
        RunDirectoryError: something is in `out`, or the run to resume has another recipe.
        TrainingError: the run failed; its last checkpoint is intact.
    """
    ready, start = recipe_given(task, mode, network=network, loss=loss, recipe=recipe, **keys)
    if resume is None:
        session = Session.create(ready, None if out is None else Path(out), start=start)
    else:
        if out is not None:
            raise ConfigError("out: the run that is resumed has its directory: leave out away")
        session = _resumed(ready, Path(resume), start)
    session.run(observers)
    return load(session.directory)


def recipe_given(
    task: Any,
    mode: str | None,
    *,
    network: Any = None,
    loss: Any = None,
    recipe: Recipe | Path | str | None = None,
    **keys: Any,
) -> tuple[Recipe, NetworkState | None]:
    """The recipe of a call, and the weights it begins with where a module was given.

    The arguments and errors are those of `run`.
    """
    if isinstance(task, (Recipe, Path)):
        task, recipe = None, task
    key, module = network_given(network)
    options = {
        name.removeprefix("task."): keys.pop(name)
        for name in list(keys)
        if name.startswith("task.")
    }
    if is_data(task):
        own = ("kind", "standardize", "validation", "test", "data_seed")
        options |= {name: keys.pop(name) for name in own if name in keys}
    overrides: list[Any] = []
    if task is not None:
        overrides.append(("task", task_given(task, options)))
    elif options:
        overrides += [(f"task.{name}", value) for name, value in options.items()]
    given = {"network": key, "loss": loss_given(loss)}
    overrides += [(name, value) for name, value in given.items() if value is not None]
    if isinstance(recipe, Recipe):
        content = {**recipe.as_file(), "task": recipe.task}
        overrides = [*content.items(), *overrides]
    file = None if recipe is None or isinstance(recipe, Recipe) else Path(recipe)
    ready = load_recipe(mode=mode, file=file, overrides=overrides, **keys)
    return ready, None if module is None else start_given(ready.network, module)


def _resumed(recipe: Recipe, directory: Path, start: NetworkState | None) -> Session:
    session = Session.open(directory)
    own = prepare(kept_in(recipe, directory, start), start).recipe
    if session.recipe.identity() != own.identity():
        raise RunDirectoryError(
            f"{directory} holds a run of another recipe: resume it by the call that began it"
        )
    return session
