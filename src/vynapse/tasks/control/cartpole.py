# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `cartpole`: balance a pole on a cart (Barto, Sutton & Anderson 1983)."""

from __future__ import annotations

from vynapse.core import KernelEpisodes
from vynapse.tasks.control.kernel import ControlSettings, KernelTask
from vynapse.tasks.kind import TaskKind


def build(settings: ControlSettings) -> KernelTask:
    """The task."""
    return KernelTask(
        "cartpole",
        KernelEpisodes("cartpole", 500),
        "balance a pole on a cart: CartPole-v1 of Gymnasium",
        settings.validation_episodes,
        settings.test_episodes,
    )


TASK = TaskKind(
    "cartpole",
    "balance a pole on a cart: CartPole-v1 of Gymnasium",
    ControlSettings,
    build,
    comparison={"env_steps": 500_000, "target": 475},
    presets={
        "neat": {"budget": {"steps": 100, "target": 500}, "episodes": 5},
        "deap": {"budget": {"steps": 100, "target": 500}},
    },
    episodes=True,
)
