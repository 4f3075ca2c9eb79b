# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the registry knows of a built-in task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vynapse.core import SupervisedTask
from vynapse.settings import Settings


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A task that can be made from settings.

    Attributes:
        settings: model of the task's keys, with a description for each.
        build: makes the task; its argument is an instance of `settings`.
    """

    settings: type[Settings]
    build: Callable[[Any], SupervisedTask]
