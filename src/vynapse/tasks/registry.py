# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tasks by name: the built-in ones, imported when asked for, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vynapse.core import Origin, SupervisedTask, Task, as_task, with_examples
from vynapse.errors import ConfigError
from vynapse.registry import Choice, Keywords, Registry
from vynapse.settings import Settings
from vynapse.tasks.kind import TaskKind
from vynapse.user_code import own_errors

TASKS: Final[Registry[TaskKind]] = Registry(
    "tasks", "task", TaskKind, key="name", prefixes={"gym": "id"}
)


def bundled_tasks() -> list[str]:
    """Names of the tasks whose data are part of the package, small enough to train in seconds."""
    return [name for name in TASKS.names() if TASKS.get(name).bundled]


def task_settings(name: str) -> type[Settings] | None:
    """The model of a task's keys; None for a user's task that takes plain keyword arguments.

    Raises:
        ConfigError: there is no such task, or a user's task cannot be imported.
    """
    settings = TASKS.get(name, "task.name").settings
    return None if settings is Keywords else settings


def make_task(name: str, options: Mapping[str, Any], where: str = "task") -> SupervisedTask:
    """The task with examples that is called `name`. Data that do not describe it are read later.

    Args:
        name: a name of the registry, or `package.module:name` of a class or function that returns
            a task. It gets the options as keyword arguments, or, when it has an attribute
            `Settings`, one validated instance of that model.
        options: keys and values of the recipe.
        where: the key under which the options stand, for the sentences of errors.

    Raises:
        ConfigError: there is no such task (the nearest name is suggested), options are wrong, the
            user's object cannot be used, or the task has no examples.
        DataError: a data file is absent or damaged.
    """
    task = make_any_task(name, options, where)
    found = with_examples(task)
    if found is None:
        raise _wrong(where, name, "SupervisedTask", task)
    return found


def make_any_task(name: str, options: Mapping[str, Any], where: str = "task") -> Task:
    """Make any task, also one without examples; see `make_task`."""
    return made(TASKS.choose({TASKS.key: name, **options}, where), where)


def made(choice: Choice[TaskKind], where: str = "task") -> Task:
    """The task of a choice, which from then on knows its origin; raises as `make_task`."""
    with own_errors(ConfigError):
        built = choice.build()
    task = as_task(built)
    if task is None:
        raise _wrong(where, choice.kind.name, "Task", built)
    options = choice.settings.model_dump(mode="json")
    task.made_from = Origin(choice.kind.name, options, "vynapse.tasks.registry:make_any_task")
    return task


def _wrong(where: str, name: str, wanted: str, got: object) -> ConfigError:
    return ConfigError(
        f"{where}: {name} must give a vynapse.{wanted}, it gave {type(got).__name__}"
    )
