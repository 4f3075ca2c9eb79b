# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Control tasks that the kernels compute (`vynapse.kernels.control`), without Gymnasium."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final, final

import numpy as np
from pydantic import Field

from vynapse.core import Array, ControlTask, Episodes, KernelEpisodes, Network, State
from vynapse.core.compatible import refuse_misfit
from vynapse.kernels import control
from vynapse.kernels.control import CONTROL, Control
from vynapse.kernels.reference.law import F64
from vynapse.networks.programs import ProgramPolicy
from vynapse.seeding import I64
from vynapse.settings import Settings
from vynapse.tasks.control.drawing import draw, film
from vynapse.tasks.control.scenes import SCENES

_SHORT_STEPS: Final = ("cartpole", "double-pole", "double-pole-no-velocities")
"""Tasks whose steps take 0.02 s."""


class ControlSettings(Settings):
    """Keys of a control task."""

    validation_episodes: int = Field(
        20, ge=1, description="episodes that candidates for the winner are scored on"
    )
    test_episodes: int = Field(
        100, ge=1, description="fresh episodes that the winner is tested on at the end"
    )


class FixedSettings(Settings):
    """Every episode begins alike: there are no keys."""


@final
class KernelEnvironments:
    """Episodes of one task side by side.

    Args:
        task: the task.
        limit: steps after which an episode is cut off.
        count: how many.
        seed: root of their beginnings.
    """

    def __init__(self, task: Control, limit: int, count: int, seed: int) -> None:
        self._task, self._limit, self._seed = task, limit, seed
        self._count = count
        self._episode = np.zeros(count, np.int64)
        self._states = np.zeros((count, task.states))
        self._steps = np.zeros(count, np.int64)
        self._over = np.ones(count, bool)

    @property
    def states(self) -> F64:
        """Where they are (n, s)."""
        return self._states

    def reset(self, rows: I64 | None = None) -> Array:
        """Begin new episodes."""
        chosen = np.arange(self._count) if rows is None else rows
        for number in np.unique(self._episode[chosen]).tolist():
            some = chosen[self._episode[chosen] == number]
            self._states[some] = control.starts(self._task, self._seed, some, number)
        self._episode[chosen] += 1
        self._steps[chosen], self._over[chosen] = 0, False
        return control.observe(self._task, self._states)

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array]:
        """One step of those that have not ended."""
        going = np.flatnonzero(~self._over)
        given = np.asarray(actions, np.float32).reshape(self._count)[going]
        after, rewards, over = control.step(self._task, self._states[going], given)
        self._states[going] = after
        self._steps[going] += 1
        gained, terminated = np.zeros(self._count), np.zeros(self._count, bool)
        gained[going], terminated[going] = rewards, over
        truncated = (self._steps >= self._limit) & ~terminated & ~self._over
        self._over |= terminated | truncated
        return control.observe(self._task, self._states), gained, terminated, truncated

    def state(self) -> State:
        """Where they are, as copies."""
        return {
            "episode": self._episode.copy(),
            "states": self._states.copy(),
            "steps": self._steps.copy(),
            "over": self._over.copy(),
        }

    def load(self, state: State) -> None:
        """Go on from `state`."""
        refuse_misfit("environments", self.state(), state)
        self._episode, self._states = state["episode"].copy(), state["states"].copy()
        self._steps, self._over = state["steps"].copy(), state["over"].copy()


class KernelTask(ControlTask):
    """A control task of the kernels.

    Args:
        name: that of the task.
        kernel: how training episodes are played.
        description: one sentence.
        validation_episodes, test_episodes: how many the winner is scored on.
    """

    def __init__(
        self,
        name: str,
        kernel: KernelEpisodes,
        description: str,
        validation_episodes: int = 20,
        test_episodes: int = 100,
    ) -> None:
        self.control, self._known_as = CONTROL[kernel.name], kernel.name
        self.name, self.description, self.kernel = name, description, kernel
        self.observations, self.actions = (self.control.observations,), self.control.actions
        self.limit = self.control.limit
        self.low = np.array([self.control.low], np.float32)
        self.high = np.array([self.control.high], np.float32)
        self.validation_episodes, self.test_episodes = validation_episodes, test_episodes
        self.fixed_start = all(low == high for low, high in self.control.starts)

    def world(self) -> dict[str, Any]:
        """The task for who plays it elsewhere: plain data."""
        own = self.control
        return {
            "name": self._known_as,
            "number": own.number,
            "starts": own.starts,
            "limit": own.limit,
            "actions": own.actions,
            "low": own.low,
            "high": own.high,
            "seconds": self.frame_seconds / (2 if self._known_as in _SHORT_STEPS else 1),
        }

    def environments(self, count: int, seed: int) -> KernelEnvironments:
        """So many copies."""
        return KernelEnvironments(self.control, self.limit, count, seed)

    def play(self, network: Network, count: int, seed: int) -> Episodes:
        """So many episodes; those of a network of single nodes run in the kernels as a whole."""
        policy = network.policy()
        if not isinstance(policy, ProgramPolicy):
            return super().play(network, count, seed)
        starts = control.starts(self.control, seed, np.arange(count))
        view = self.view_of(policy)
        played = control.play(policy.programs, self.control, view, starts)
        return Episodes(played.returns[0], played.steps[0].astype(np.int64), played.over[0])

    def film(self, network: Network, seed: int) -> Iterator[Array]:
        """Pictures of an episode; of those whose steps take 0.02 s, of every second step."""
        scene, environment = SCENES[self._known_as], self.environments(1, seed)

        def picture(caption: str) -> Array:
            return draw(scene(tuple(environment.states[0].tolist())), caption)

        every = 2 if self._known_as in _SHORT_STEPS else 1
        return film(self, network, environment, picture, every)

    def view_of(self, policy: ProgramPolicy) -> control.View:
        """How a network of single nodes sees and acts."""
        return control.view_of(
            self.control,
            sigmoid=True,
            updates=policy.updates,
            shift=policy.shift,
            scale=policy.scale,
        )

    def fingerprint(self) -> str:
        """Over the name and what is scored."""
        about = [self.name, self.limit, self.validation_episodes, self.test_episodes]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()
