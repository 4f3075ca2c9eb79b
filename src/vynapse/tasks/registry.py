# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tasks by name: the built-in ones, imported when asked for, and a user's own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from vynapse.core import SupervisedTask
from vynapse.errors import ConfigError, UnknownName
from vynapse.imports import import_object
from vynapse.settings import Settings, validate
from vynapse.tasks.kind import TaskKind

_BUILTIN = {
    "xor": ("vynapse.tasks.logic:XOR", "exclusive or: 4 patterns, one sigmoid output"),
    "parity": ("vynapse.tasks.logic:PARITY", "parity of 2 to 16 bits: all patterns"),
    "spirals": ("vynapse.tasks.spirals:SPIRALS", "two interlocked spirals: classic or generated"),
    "digits": ("vynapse.tasks.digits:DIGITS", "1,797 handwritten digits of 8x8 pixels, bundled"),
    "glyphs": ("vynapse.tasks.glyphs:GLYPHS", "which two glyphs: generated pictures of 24x24"),
    "mnist": ("vynapse.tasks.mnist:MNIST", "70,000 handwritten digits of 28x28 pixels"),
    "cifar10": ("vynapse.tasks.cifar10:CIFAR10", "60,000 colour pictures of 32x32 pixels"),
    "text": ("vynapse.tasks.text:TEXT", "the next character of a text, from those before it"),
    "csv": ("vynapse.tasks.tabular:CSV", "any CSV file: classification or regression"),
}


def task_names() -> list[str]:
    """Names of the built-in tasks."""
    return list(_BUILTIN)


def bundled_tasks() -> list[str]:
    """Names of the tasks whose data are part of the package, small enough to train in seconds."""
    return ["xor", "parity", "spirals", "digits"]


def task_summaries() -> dict[str, str]:
    """One line per built-in task; none is imported for it."""
    return {name: summary for name, (_, summary) in _BUILTIN.items()}


def task_settings(name: str) -> type[Settings] | None:
    """The model of a task's keys; None for a user's task that takes plain keyword arguments.

    Raises:
        UnknownName: there is no such task.
        ConfigError: a user's task cannot be imported.
    """
    if ":" in name:
        return _users_settings(import_object(name, "task"), name, "task")
    return _built_in(name).settings


def make_task(name: str, options: Mapping[str, Any], where: str = "task") -> SupervisedTask:
    """The task called `name`. Pictures are loaded when they are first needed, not here.

    Args:
        name: a built-in name, or `package.module:name` of a class or function that returns a
            `SupervisedTask`. It gets the options as keyword arguments, or, when it has an
            attribute `Settings`, one validated instance of that model.
        options: keys and values of the recipe.
        where: the key under which the options stand, for the sentences of errors.

    Raises:
        UnknownName: there is no such task; the nearest name is suggested.
        ConfigError: options are wrong, or the user's object cannot be used.
        DataError: a data file is absent or damaged.
    """
    if ":" in name:
        return _users_task(name, options, where)
    kind = _built_in(name)
    return kind.build(validate(kind.settings, options, where))


def _built_in(name: str) -> TaskKind:
    if name not in _BUILTIN:
        raise UnknownName("task", name, _BUILTIN)
    kind: TaskKind = import_object(_BUILTIN[name][0], "task")
    return kind


def _users_task(path: str, options: Mapping[str, Any], where: str) -> SupervisedTask:
    make = import_object(path, where)
    if not callable(make):
        raise ConfigError(f"{where}: a class or function was wanted, {path} is {make!r}")
    model = _users_settings(make, path, where)
    if model is not None:
        task = make(validate(model, options, where))
    else:
        try:
            inspect.signature(make).bind(**options)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{where}: {path} does not take these options: {error}") from None
        task = make(**options)
    if not isinstance(task, SupervisedTask):
        raise ConfigError(
            f"{where}: {path} must give a vynapse.SupervisedTask, it gave {type(task).__name__}"
        )
    return task


def _users_settings(make: Any, path: str, where: str) -> type[Settings] | None:
    model = getattr(make, "Settings", None)
    if model is None:
        return None
    if not (isinstance(model, type) and issubclass(model, Settings)):
        raise ConfigError(
            f"{where}: {path}.Settings must be a subclass of vynapse.settings.Settings"
        )
    return model
