# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Worlds as environments: a step is an epoch and the decision before it.

The reward of a step is by how many powers of ten the test loss of the best network by validation
has fallen since the look before. Over an episode it adds up to `World.score` at the end.
"""

from __future__ import annotations

from typing import Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array, State
from vynapse.core.compatible import refuse_misfit
from vynapse.core.control import Legal
from vynapse.esper.leyline.observation import Observation
from vynapse.esper.simic.features import FEATURES
from vynapse.esper.simic.gym import acting
from vynapse.esper.simic.gym.features import encode
from vynapse.esper.simic.gym.looking import Looks
from vynapse.esper.simic.gym.world import World
from vynapse.seeding import I64


@runtime_checkable
class Ledger(Protocol):
    """Where the operations of growth itself are counted: the task."""

    own_flops: int


@final
class GymEnvironments:
    """Episodes side by side; the k-th of the r-th is a function of the seed, r and k.

    Args:
        count: how many.
        seed: root of the episodes.
        history: looks that are seen at once.
        threads: that share a step. They change no bit.
        ledger: operations are counted there.

    Attributes:
        world: the networks.
    """

    def __init__(self, count: int, seed: int, history: int, threads: int, ledger: Ledger) -> None:
        self.world = World(seed, np.arange(count), threads)
        self._ledger, self._history = ledger, history
        self._seen = np.zeros((count, history, FEATURES), np.float32)
        self._score = np.zeros(count)

    def reset(self, rows: I64 | None = None) -> Array:
        """Begin new episodes."""
        chosen = np.arange(len(self.world)) if rows is None else rows
        self.world.reset(chosen)
        self._score[chosen] = self.world.score()[chosen]
        self._seen[chosen] = 0
        self._seen[chosen, -1] = encode(self.world)[chosen]
        return self._vectors()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array]:
        """One step of those that have not ended."""
        world = self.world
        going, spent = ~world.over, world.spent.sum()
        acting.act(world, np.asarray(actions, np.int64))
        world.live()
        world.close()
        self._ledger.own_flops += round(float(world.spent.sum() - spent))
        score = world.score()
        rewards = np.where(going, score - self._score, 0.0)
        self._score = np.where(going, score, self._score)
        self._seen[going, :-1] = self._seen[going, 1:]
        self._seen[going, -1] = encode(world)[going]
        return self._vectors(), rewards, np.zeros(len(world), np.bool_), going & world.over

    def masks(self) -> Legal:
        """Which choices are legal now (n, sum of factors)."""
        return acting.masks(self.world)

    def observations(self) -> dict[int, Observation]:
        """What a controller of mode grow sees of the episodes that go on."""
        looks = Looks(self.world)
        return {row: looks.observation(row) for row in np.flatnonzero(~self.world.over).tolist()}

    def state(self) -> State:
        """Everything of the episodes, as copies."""
        world = self.world.state()
        flat = {name: _plain(values) for name, values in world.items()}
        return {"world": flat, "seen": self._seen.copy(), "score": self._score.copy()}

    def load(self, state: State) -> None:
        """Go on from `state`.

        Raises:
            CheckpointError: it does not fit.
        """
        refuse_misfit("environments", self.state(), state)
        own = self.world.state()
        self.world.load(
            {
                name: values.view(own[name].dtype).reshape(own[name].shape)
                for name, values in state["world"].items()
            }
        )
        self._seen, self._score = state["seen"].copy(), state["score"].copy()

    def _vectors(self) -> Array:
        return self._seen.reshape(len(self._seen), -1).copy()


def _plain(values: Array) -> Array:
    """Records as numbers (n, …) of one type, which files can hold."""
    if values.dtype.names is None:
        return values
    leaf = values.dtype
    while leaf.names is not None:
        leaf = leaf[0].base
    return values.reshape(len(values), -1).view(leaf)
