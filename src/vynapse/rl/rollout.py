# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Episodes in progress: what a learner sees of environments, and how their episodes ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, ControlTask, State
from vynapse.core.compatible import refuse_misfit
from vynapse.core.control import Episodes as Ended
from vynapse.core.control import Legal, ResumableEnvironments, legal_now
from vynapse.errors import ConfigError
from vynapse.seeding import F32

See = Callable[[Array], F32]
"""Observations (n, *shape) as a learner sees them (n, o)."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What came of a step (n,).

    Attributes:
        rewards: what the environments gave.
        over: where an episode ended; the next one has begun.
        truncated: where it ended at a limit.
        last: the observations at the end of these (k, *shape), of `truncated` alone.
    """

    rewards: npt.NDArray[np.float64]
    over: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    last: Array


@final
class Episodes:
    """Environments whose episodes follow each other without end.

    Args:
        task: what they are episodes of.
        count: how many environments.
        seed: root of their episodes.

    Raises:
        ConfigError: the environments cannot be put to rest, so that no run could be resumed.
    """

    def __init__(self, task: ControlTask, count: int, seed: int) -> None:
        environments = task.environments(count, seed)
        if not isinstance(environments, ResumableEnvironments):
            raise ConfigError(
                f"task {task.name}: environments with state() and load() were wanted, "
                f"{type(environments).__name__} has none: add them, or choose another mode"
            )
        self._task, self._environments = task, environments
        self.seen = environments.reset()
        self.begins = np.ones(count, bool)
        self._returns, self._steps = np.zeros(count), np.zeros(count, np.int64)
        self._ended: list[tuple[float, int, bool]] = []

    @property
    def legal(self) -> Legal | None:
        """Which choices are legal now (n, sum of factors); None where all always are."""
        return legal_now(self._task, self._environments)

    def step(self, actions: Array) -> Taken:
        """One step in each; where an episode ends, the next one begins."""
        seen, rewards, terminated, truncated = self._environments.step(actions)
        self._returns += rewards
        self._steps += 1
        over = terminated | truncated
        last = seen[truncated]
        rows = np.flatnonzero(over)
        if len(rows):
            for row in rows.tolist():
                own = float(self._returns[row]), int(self._steps[row]), bool(terminated[row])
                self._ended.append(own)
            self._returns[rows], self._steps[rows] = 0.0, 0
            seen = self._environments.reset(rows)
        self.seen, self.begins = seen, over
        return Taken(rewards, over, truncated, last)

    def ended(self) -> Ended:
        """The episodes that ended since the last call."""
        columns = list(zip(*self._ended, strict=True)) or [(), (), ()]
        self._ended = []
        returns, steps, terminated = columns
        return Ended(
            np.array(returns, np.float64), np.array(steps, np.int64), np.array(terminated, bool)
        )

    def state(self) -> State:
        """Environments, and the sums of the episodes in progress, as copies."""
        return {
            "environments": self._environments.state(),
            "seen": self.seen.copy(),
            "begins": self.begins.copy(),
            "returns": self._returns.copy(),
            "steps": self._steps.copy(),
        }

    def load(self, state: State) -> None:
        """Become the episodes whose `state()` this was, at the end of a rollout.

        Raises:
            CheckpointError: they do not fit, or an environment does not come out where it was.
        """
        refuse_misfit("episodes", self.state(), state, free=("environments",))
        self._environments.load(state["environments"])
        self.seen, self.begins = state["seen"].copy(), state["begins"].copy()
        self._returns, self._steps = state["returns"].copy(), state["steps"].copy()
