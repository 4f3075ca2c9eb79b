# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A saved network in its environment: episode after episode."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any, Final

from vynapse.core import ControlTask, with_episodes
from vynapse.errors import ConfigError, MissingExtra
from vynapse.experiment.files import write_atomically
from vynapse.experiment.store import LoadedRun
from vynapse.tasks.registry import make_any_task

_FRAMES: Final = 500
"""Pictures of a film, at most."""


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


def render(run: LoadedRun, seed: int, file: Path) -> int:
    """Write a film of the first of these episodes, at most 500 pictures of it.

    Args:
        run: one on a control task.
        seed: root of the beginnings of the episodes.
        file: a .gif to write.

    Returns:
        How many pictures it has.

    Raises:
        ConfigError: the file has another ending, or the task cannot be drawn.
        MissingExtra: what draws it, or writes the film, is not installed.
        StorageError: the file cannot be written.
    """
    if file.suffix != ".gif":
        raise ConfigError(f"--render: a file that ends in .gif was wanted, got {file}")
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtra("pillow", "images", "play --render") from None
    task = task_of(run)
    frames = itertools.islice(task.film(run.network, seed), _FRAMES)
    first, *others = [Image.fromarray(frame).quantize(64) for frame in frames]
    shown, content = round(1000 * task.frame_seconds), io.BytesIO()
    first.save(
        content, "GIF", save_all=True, append_images=others, duration=shown, loop=0, optimize=True
    )
    write_atomically(file, content.getvalue())
    return 1 + len(others)
