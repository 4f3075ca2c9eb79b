# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Environments of Gymnasium side by side; what brings them back is a replay of their actions."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from vynapse.core import Array, State
from vynapse.core.compatible import Named, Numbers, refuse_misfit
from vynapse.core.control import Legal
from vynapse.errors import CheckpointError
from vynapse.seeding import I64, Streams
from vynapse.tasks.control.gym_conversion import Conversion, masks_of


class GymEnvironments:
    """Copies of an environment, stepped one after the other.

    Args:
        conversion: what they see and take, and their name.
        copies: the environments.
        limit: steps after which an episode is cut off.
        seed: root of their episodes.
    """

    def __init__(self, conversion: Conversion, copies: list[Any], limit: int, seed: int) -> None:
        self._conversion, self._copies, self._limit = conversion, copies, limit
        self._stream = Streams(seed).stream("control.starts")
        self._episode, self._steps = [0] * len(copies), [0] * len(copies)
        self._over = np.ones(len(copies), bool)
        self._seen = np.zeros((len(copies), conversion.inputs), np.float32)
        # the actions of the present episodes: what an environment is brought back by
        self._actions: list[list[Array]] = [[] for _ in copies]

    def reset(self, rows: I64 | None = None) -> Array:
        """Begin new episodes."""
        for row in range(len(self._copies)) if rows is None else rows.tolist():
            self._begin(row)
            self._episode[row] += 1
            self._steps[row], self._over[row], self._actions[row] = 0, False, []
        return self._seen.copy()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array]:
        """One step of those that have not ended."""
        count = len(self._copies)
        rewards = np.zeros(count)
        terminated, truncated = np.zeros(count, bool), np.zeros(count, bool)
        for row in np.flatnonzero(~self._over).tolist():
            self._actions[row].append(np.array(actions[row]))
            told = self._copies[row].step(self._conversion.acted(actions[row]))
            self._seen[row] = self._conversion.seen(told[0])
            rewards[row], terminated[row] = self._conversion.rewarded(told[1]), bool(told[2])
            self._steps[row] += 1
            late = bool(told[3]) or self._steps[row] >= self._limit
            truncated[row] = late and not terminated[row]
        self._over |= terminated | truncated
        return self._seen.copy(), rewards, terminated, truncated

    def state(self) -> State:
        """Numbers of the episodes, the actions since their beginnings, and what is seen."""
        return {
            "episode": list(self._episode),
            "over": self._over.copy(),
            "seen": self._seen.copy(),
            "actions": {str(row): np.array(own) for row, own in enumerate(self._actions)},
        }

    def load(self, state: State) -> None:
        """Play the present episodes again, from the same beginnings with the same actions.

        Raises:
            CheckpointError: the state does not fit, or an episode does not come out where it was.
        """
        own = {**self.state(), "actions": Named(Numbers())}
        refuse_misfit("environments", own, state)
        rows = range(len(self._copies))
        if [len(state["episode"]), *sorted(state["actions"])] != [
            len(rows),
            *sorted(map(str, rows)),
        ]:
            raise CheckpointError(f"environments: {len(rows)} were wanted, the state has others")
        self._episode, self._over = list(state["episode"]), state["over"].copy()
        for row in rows:
            if self._episode[row] == 0:
                continue
            self._episode[row] -= 1
            self._begin(row)
            self._episode[row] += 1
            self._actions[row] = list(state["actions"][str(row)])
            self._steps[row] = len(self._actions[row])
            for action in self._actions[row]:
                told = self._copies[row].step(self._conversion.acted(action))
                self._seen[row] = self._conversion.seen(told[0])
            if not np.array_equal(self._seen[row], state["seen"][row], equal_nan=True):
                raise CheckpointError(
                    f"task {self._conversion.name}: the run cannot be resumed: after the same "
                    "seed and actions an episode is not where it was; draw all random numbers of "
                    "the environment from its np_random, or start a new run"
                )

    def _begin(self, row: int) -> None:
        seed = self._stream.seed_for(self._episode[row], row) % 2**31
        self._seen[row] = self._conversion.seen(self._copies[row].reset(seed=seed)[0])


@final
class MaskedGymEnvironments(GymEnvironments):
    """Copies of an environment in which not every action is always legal."""

    def masks(self) -> Legal:
        """Which choices are legal now (n, sum of factors); all, where an episode has ended.

        Raises:
            TrainingError: the environment says it in another form, or leaves none of a factor.
        """
        legal = np.ones((len(self._copies), sum(self._conversion.factors)), bool)
        for row in np.flatnonzero(~self._over).tolist():
            told = masks_of(self._copies[row])()
            legal[row] = self._conversion.legal(told, self._steps[row])
        return legal
