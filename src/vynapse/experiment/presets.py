# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Starting points: what a task and a mode use where the recipe says nothing.

A preset is a plain default, measured on validation splits with seeds that were not used to choose
it. It stands beside what it is of, a task or a mode, and is written into the resolved recipe of
every run, so that nothing about a run is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vynapse.core import Task
from vynapse.tasks.kind import TaskKind
from vynapse.trainers.mode import MODES, Mode


def default_network(kind: TaskKind, task: Task, mode: str | None) -> dict[str, Any]:
    """The `network` key where a recipe has none.

    Args:
        kind: the kind of the task.
        task: the task as it was made.
        mode: name of the first stage's.
    """
    if mode in MODES.names():
        found = MODES.get(mode)
        own = found.networks.get(kind.name, found.network)
        if own is not None:
            network: dict[str, Any] = _plain(own)
            return network
    return kind.default_network(task.interface(), mode)


def stage_preset(
    kind: TaskKind | None, mode: Mode, *, other_network: bool = False
) -> dict[str, Any]:
    """Keys of a stage of `mode`, as they would stand in a recipe: the task's, else the mode's.

    Args:
        kind: the kind of the task that a first stage is for; None for a later stage. That starts
            from a network that works already, and so needs other settings than a fresh one.
        mode: the mode of the stage.
        other_network: the recipe names a network, which may be none of the defaults.
    """
    preset = mode.fallback
    if kind is not None:
        preset = kind.presets.get(mode.name) or mode.presets.get(kind.name) or preset
    if other_network:
        preset = mode.for_other_network(preset)
    found: dict[str, Any] = _plain(preset)
    return found


def _plain(preset: Any) -> Any:
    """A copy in dictionaries and lists that may be changed."""
    if isinstance(preset, Mapping):
        return {key: _plain(value) for key, value in preset.items()}
    return [_plain(value) for value in preset] if isinstance(preset, (list, tuple)) else preset
