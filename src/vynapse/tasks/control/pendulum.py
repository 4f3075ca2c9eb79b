# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `pendulum`: swing a pendulum up and hold it."""

from __future__ import annotations

from vynapse.core import KernelEpisodes
from vynapse.tasks.control.kernel import ControlSettings, KernelTask
from vynapse.tasks.kind import TaskKind


def build(settings: ControlSettings) -> KernelTask:
    """The task."""
    return KernelTask(
        "pendulum",
        KernelEpisodes("pendulum", 200),
        "swing a pendulum up and hold it: Pendulum-v1 of Gymnasium",
        settings.validation_episodes,
        settings.test_episodes,
    )


TASK = TaskKind(
    "pendulum",
    "swing a pendulum up and hold it: Pendulum-v1 of Gymnasium",
    ControlSettings,
    build,
    comparison={"env_steps": 2_000_000, "target": -200},
    presets={
        "neat": {"budget": {"steps": 300, "target": -200}, "episodes": 5},
        "deap": {"budget": {"steps": 300, "target": -200}},
    },
    episodes=True,
)
