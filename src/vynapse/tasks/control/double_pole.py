# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `double-pole`: two poles on a cart, with their velocities (Wieland 1991)."""

from __future__ import annotations

from vynapse.core import KernelEpisodes
from vynapse.tasks.control.kernel import FixedSettings, KernelTask
from vynapse.tasks.kind import TaskKind


def build(_: FixedSettings) -> KernelTask:
    """The task."""
    return KernelTask(
        "double-pole",
        KernelEpisodes("double-pole", 100_000),
        "balance two poles on a cart for 100,000 steps, velocities seen",
    )


TASK = TaskKind(
    "double-pole",
    "balance two poles on a cart for 100,000 steps, velocities seen",
    FixedSettings,
    build,
    comparison={"env_steps": 5_000_000, "target": 100_000},
    presets={
        "neat": {"budget": {"steps": 100, "target": 100_000}},
        "deap": {"budget": {"steps": 200, "target": 100_000}},
    },
    episodes=True,
)
