# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `mountain-car-continuous`: a weak car in a valley (Moore 1990)."""

from __future__ import annotations

from vynapse.core import KernelEpisodes
from vynapse.tasks.control.kernel import ControlSettings, KernelTask
from vynapse.tasks.kind import TaskKind


def build(settings: ControlSettings) -> KernelTask:
    """The task."""
    return KernelTask(
        "mountain-car-continuous",
        KernelEpisodes("mountain-car", 999),
        "drive a weak car out of a valley: MountainCarContinuous-v0 of Gymnasium",
        settings.validation_episodes,
        settings.test_episodes,
    )


TASK = TaskKind(
    "mountain-car-continuous",
    "drive a weak car out of a valley: MountainCarContinuous-v0 of Gymnasium",
    ControlSettings,
    build,
    comparison={"env_steps": 2_000_000, "target": 90},
    presets={
        "neat": {"budget": {"steps": 100, "target": 92}, "episodes": 5},
        "deap": {"budget": {"steps": 100, "target": 92}},
    },
    episodes=True,
)
