# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `growth-gym`: to decide what grows while tiny networks learn, thousands of epochs a second.

task: growth-gym

What a policy sees and does is that of task `growth`. The splits have episodes of their own seeds,
and every episode has a task of its own to learn (`gym.tasks`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import final

import numpy as np
from pydantic import Field

from vynapse.core import ControlTask
from vynapse.esper.simic import schema
from vynapse.esper.simic.features import FEATURES
from vynapse.esper.simic.gym.acting import LIMITS
from vynapse.esper.simic.gym.environments import GymEnvironments
from vynapse.esper.simic.gym.world import MOST_EPOCHS
from vynapse.rl.behaviour import Behaviour
from vynapse.settings import Settings
from vynapse.tasks.kind import TaskKind


class GymSettings(Settings):
    """Keys of task `growth-gym`."""

    history: int = Field(1, ge=1, le=4, description="looks that a policy sees at once")
    threads: int = Field(1, ge=1, le=256, description="threads that share a step; same bits")
    validation_episodes: int = Field(
        256, ge=1, description="episodes that candidates for the winner are scored on"
    )
    test_episodes: int = Field(
        1024, ge=1, description="fresh episodes that the winner is tested on at the end"
    )


@final
class GymTask(ControlTask):
    """Growth of tiny networks.

    Args:
        settings: the keys.
    """

    def __init__(self, settings: GymSettings) -> None:
        self._settings = settings
        self.name = "growth-gym"
        self.description = "decide what grows while tiny networks learn"
        self.observations = (settings.history * FEATURES,)
        self.actions, self.factors = 0, schema.FACTORS
        self.factor_names = schema.FACTOR_NAMES
        self.low, self.high = np.zeros(0, np.float32), np.zeros(0, np.float32)
        self.limit = MOST_EPOCHS
        self.validation_episodes = settings.validation_episodes
        self.test_episodes = settings.test_episodes
        self.comes_back = True

    def environments(self, count: int, seed: int) -> GymEnvironments:
        """So many copies."""
        return GymEnvironments(count, seed, self._settings.history, self._settings.threads, self)

    @property
    def behaviours(self) -> Mapping[str, Behaviour]:
        """Who may play for a log, by name: controllers that decide by rules."""
        from vynapse.esper.simic.behaviour import controllers

        return controllers(self.name, LIMITS)

    def fingerprint(self) -> str:
        """Over all keys that change a result."""
        about = self._settings.model_dump(mode="json", exclude={"threads"})
        return hashlib.sha256(json.dumps([self.name, about], sort_keys=True).encode()).hexdigest()


TASK = TaskKind(
    "growth-gym",
    "decide what grows while tiny networks learn: milliseconds an episode",
    GymSettings,
    GymTask,
    how=("threads",),
    comparison={"env_steps": 2_000_000},
    presets={
        "policy": {
            "budget": {"env_steps": 2_000_000},
            "environments": 64,
            "rollout": 64,
            "batch_size": 512,
            "epochs": 4,
            "learning_rate": 0.0015,
            "discount": 1.0,
            "trace": 0.99,
            "entropy": 0.004,
            "evaluate_every": 10,
        },
        "iql": {
            "budget": {"steps": 20},
            "data": {"behaviour": ["heuristic", "clock", "no-op", "random"], "episodes": 1024},
            "batch_size": 512,
            "learning_rate": 0.001,
            "discount": 1.0,
            "evaluate_every": 5,
        },
        "neat": {"budget": {"steps": 50}, "population": 50, "episodes": 32},
        "deap": {"budget": {"steps": 100}, "episodes": 64},
    },
    episodes=True,
)
