# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A saved network in its environment: episode after episode."""

from __future__ import annotations

from typing import Any

from vynapse.core import ControlTask, with_episodes
from vynapse.errors import ConfigError
from vynapse.experiment.store import LoadedRun
from vynapse.tasks.registry import make_any_task


def task_of(run: LoadedRun) -> ControlTask:
    """The task of a run, which has to be one of control.

    Raises:
        ConfigError: it is another one.
    """
    options = {key: value for key, value in run.recipe["task"].items() if key != "name"}
    task = with_episodes(make_any_task(run.task_name, options))
    if task is None:
        raise ConfigError(
            f"{run.path}: a run on a control task was wanted, task {run.task_name!r} has "
            "examples: use vynapse evaluate or vynapse predict"
        )
    return task


def episodes(run: LoadedRun, count: int, seed: int) -> list[dict[str, Any]]:
    """Episodes of the best network of a run: return, steps, and how each ended.

    Args:
        run: one on a control task.
        count: how many.
        seed: root of their beginnings; not that of any split.

    Raises:
        ConfigError: the task is none of control, or `count` is below 1.
    """
    if count < 1:
        raise ConfigError(f"--episodes: at least 1 was wanted, got {count}")
    played = task_of(run).play(run.network, count, seed)
    rows = zip(played.returns, played.steps, played.terminated, strict=True)
    return [
        {
            "episode": number,
            "return": float(gained),
            "steps": int(steps),
            "ended": "terminated" if over else "limit",
        }
        for number, (gained, steps, over) in enumerate(rows)
    ]
