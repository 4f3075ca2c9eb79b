# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Task `growth`: to decide what grows while a network is trained.

task: {name: growth, task: glyphs, epochs: 14}

An episode is a run of mode grow, a step an epoch with the decision before it. What a policy sees
and does is in `simic.features` and `simic.schema`, what it is rewarded for in `simic.reward`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, final

import numpy as np

from vynapse.core import Budget, ControlTask, SupervisedTask, with_examples
from vynapse.errors import ConfigError
from vynapse.esper.simic import schema
from vynapse.esper.simic.features import FEATURES
from vynapse.esper.simic.settings import GrowthTaskSettings
from vynapse.esper.tolaria.presets import NETWORKS
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.networks.state import initial_state
from vynapse.networks.structure import Structure, parse_network
from vynapse.rl.behaviour import Behaviour
from vynapse.seeding import Streams
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.registry import made
from vynapse.trainers.mode import Stage

if TYPE_CHECKING:
    from vynapse.esper.simic.environments import GrowthEnvironments
    from vynapse.esper.simic.episode import Episode
    from vynapse.esper.simic.hosts import Host


@final
class GrowthTask(ControlTask):
    """Growth on a task with examples, which is not read before the first episode.

    Args:
        settings: the keys.
    """

    def __init__(self, settings: GrowthTaskSettings) -> None:
        self._settings = settings
        self.name = f"growth:{settings.task.kind.name}"
        self.description = f"decide what grows while a network learns {settings.task.kind.name}"
        self.observations = (settings.history * FEATURES,)
        self.actions, self.factors = 0, schema.FACTORS
        self.factor_names = schema.FACTOR_NAMES
        self.low, self.high = np.zeros(0, np.float32), np.zeros(0, np.float32)
        self.limit = settings.epochs
        self.validation_episodes = settings.validation_episodes
        self.test_episodes = settings.test_episodes
        self.comes_back = True
        self._inside: tuple[SupervisedTask, Structure] | None = None
        self._hosts: list[Host] = []

    @property
    def in_arrays(self) -> bool:
        """What grows needs torch."""
        return False

    def environments(self, count: int, seed: int) -> GrowthEnvironments:
        """So many copies."""
        from vynapse.esper.simic.environments import GrowthEnvironments

        settings = self._settings
        return GrowthEnvironments(
            self._crew(), settings.devices, settings.history, count, seed, self
        )

    @property
    def behaviours(self) -> Mapping[str, Behaviour]:
        """Who may play for a log, by name: controllers that decide by rules."""
        from vynapse.esper.simic.behaviour import controllers

        return controllers(self._settings.task.kind.name, self._settings.limits)

    def episode(self, seed: int, device: str) -> Episode:
        """The run of growth of a seed: that of mode grow with this seed."""
        from vynapse.esper.simic.episode import Episode

        return Episode(self._settings, self.stage(seed, device))

    @property
    def grow(self) -> GrowSettings:
        """How the networks are trained."""
        return self._settings.grow

    def stage(self, seed: int, device: str) -> Stage:
        """Where the run of mode grow with a seed begins, and when it stops."""
        settings = self._settings
        task, structure = self._taken()
        flops = None if settings.flops is None else int(settings.flops)
        return Stage(
            task=task,
            network=initial_state(structure, Streams(seed)),
            fresh=True,
            streams=Streams(seed).child("stages.0"),
            device=device,
            budget=Budget(steps=settings.epochs, flops=flops),
        )

    def fingerprint(self) -> str:
        """Over the data of the task inside, and all keys that change a result."""
        about = self._settings.model_dump(mode="json", exclude={"processes"})
        task, _ = self._taken()
        text = json.dumps([task.fingerprint(), about], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _taken(self) -> tuple[SupervisedTask, Structure]:
        """The task inside and the structure that growth begins with.

        Raises:
            ConfigError: the task has no examples, or the network does not fit it.
            DataError: its data are absent or damaged.
        """
        if self._inside is None:
            choice = self._settings.task
            whole = made(choice, "task.task")
            task = with_examples(whole.for_run())
            if task is None:
                raise ConfigError(
                    f"task.task: a task with examples was wanted, {choice.kind.name} has none: "
                    "choose another one"
                )
            key = self._settings.network or NETWORKS.get(choice.kind.name)
            network = dict(key or choice.kind.default_network(task.interface(), "grow"))
            structure = parse_network(network, "task.network").fit(task.interface())
            self._inside = task, structure
        return self._inside

    def _crew(self) -> list[Host]:
        """Where episodes live; worker processes are started once and serve all environments."""
        from vynapse.esper.simic.hosts import Elsewhere, Here

        if not self._hosts:
            count = self._settings.processes
            if count == 1:
                self._hosts = [Here(self)]
            else:
                import torch

                threads = torch.get_num_threads()
                self._hosts = [Elsewhere(self, threads) for _ in range(count)]
        return self._hosts


TASK = TaskKind(
    "growth",
    "decide what grows while a network learns: {name: growth, task: glyphs}",
    GrowthTaskSettings,
    GrowthTask,
    how=("processes",),
    comparison={"env_steps": 1000},
    presets={
        "policy": {
            "budget": {"env_steps": 1000},
            "environments": 4,
            "rollout": 25,
            "batch_size": 50,
            "entropy": 0.05,
            "evaluate_every": 5,
        },
        "iql": {
            "budget": {"steps": 40},
            "data": {"behaviour": ["heuristic", "clock", "random"], "episodes": 12},
            "batch_size": 64,
            "learning_rate": 0.001,
            "evaluate_every": 10,
        },
        "neat": {"budget": {"steps": 5}, "population": 10, "episodes": 1},
        "deap": {"budget": {"steps": 5}, "episodes": 1},
    },
    episodes=True,
)
