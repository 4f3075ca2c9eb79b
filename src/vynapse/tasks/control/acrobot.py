# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `acrobot`: swing a double pendulum up (Sutton 1996)."""

from __future__ import annotations

from vynapse.core import KernelEpisodes
from vynapse.tasks.control.kernel import ControlSettings, KernelTask
from vynapse.tasks.kind import TaskKind


def build(settings: ControlSettings) -> KernelTask:
    """The task."""
    return KernelTask(
        "acrobot",
        KernelEpisodes("acrobot", 500),
        "swing a double pendulum above the bar: Acrobot-v1 of Gymnasium",
        settings.validation_episodes,
        settings.test_episodes,
    )


TASK = TaskKind(
    "acrobot",
    "swing a double pendulum above the bar: Acrobot-v1 of Gymnasium",
    ControlSettings,
    build,
    comparison={"env_steps": 2_000_000, "target": -100},
    presets={
        "neat": {"budget": {"steps": 100, "target": -80}, "episodes": 5},
        "deap": {"budget": {"steps": 100, "target": -80}},
    },
    episodes=True,
)
