# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `function`: a plain function of yours, by its name."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from vynapse.errors import ConfigError
from vynapse.evolution.box import F64
from vynapse.evolution.function_task import FunctionTask
from vynapse.imports import import_object
from vynapse.settings import Count, Settings, Size
from vynapse.tasks.kind import TaskKind

Numbers = float | list[float]


class FunctionSettings(Settings):
    """Keys of task `function`."""

    path: str = Field(
        description="package.module:name of the function; it takes a vector (size,) of float64 and "
        "returns one number, or as many as objectives, or the loss and behind it the descriptors"
    )
    size: Size = Field(description="how many numbers the vector has")
    low: Numbers | None = Field(
        None, description="lowest values, one for all or one for each number; null for none"
    )
    high: Numbers | None = Field(
        None, description="highest values, one for all or one for each number; null for none"
    )
    start: Numbers = Field(
        0.0, description="where to start, one number for all or one for each number"
    )
    objectives: Count = Field(
        1, description="objectives that the function returns, all better when lower"
    )
    descriptors: int = Field(
        0,
        ge=0,
        le=10**4,
        description="descriptors of behaviour that the function returns behind the loss",
    )


def build(settings: FunctionSettings) -> FunctionTask:
    """The task.

    Raises:
        ConfigError: the function cannot be imported, or bounds and start do not fit.
    """
    function = import_object(settings.path, "task.path")
    if not callable(function):
        raise ConfigError(f"task.path: a function was wanted, {settings.path} is {function!r}")
    low = -np.inf if settings.low is None else settings.low
    high = np.inf if settings.high is None else settings.high
    try:
        return FunctionTask(
            function,
            _vector("start", settings.start, settings.size),
            _vector("low", low, settings.size),
            _vector("high", high, settings.size),
            objectives=settings.objectives,
            descriptors=settings.descriptors,
        )
    except ConfigError as error:
        raise ConfigError(
            problem if problem.startswith("task.") else f"task.{problem}"
            for problem in error.problems
        ) from None


def _vector(name: str, value: Any, size: int) -> F64:
    numbers = np.asarray(value, np.float64)
    if numbers.shape not in {(), (size,)}:
        raise ConfigError(
            f"task.{name}: one number or {size} of them were wanted, got {len(numbers)}"
        )
    return np.broadcast_to(numbers, (size,)).copy()


TASK = TaskKind(
    "function",
    "a function of yours of a vector, by its name",
    FunctionSettings,
    build,
    network={"vector": {}},
    comparison={"forwards": 10_000},
)
