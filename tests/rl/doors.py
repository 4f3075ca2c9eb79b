# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A small task whose actions are made of factors, some of which are not always legal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vynapse.core import Array, ControlTask, with_episodes
from vynapse.core.control import Environments, Legal
from vynapse.rl.behaviour import Behaviour, Choose
from vynapse.tasks.registry import make_any_task

LENGTH = 4


class Doors(ControlTask):
    """Three doors and two ways to open them; the door of a room pays, and way 1 pays more.

    What is seen is the room (3, one of them 1). The door with the number of the room pays 1, the
    one after it 0.5; but in room 0 door 0 is locked. Way 1 adds 0.25.

    Args:
        ends: episodes end by themselves after four steps; else they are cut off there.
    """

    name = "doors"
    observations = (3,)
    actions = 0
    factors = (3, 2)
    low = high = np.zeros(0, np.float32)
    limit = LENGTH
    validation_episodes = 4
    test_episodes = 4

    def __init__(self, ends: bool = True) -> None:
        self.ends = ends

    def environments(self, count: int, seed: int) -> Environments:
        return _Rooms(count, seed, self.ends)

    def fingerprint(self) -> str:
        return f"doors {self.ends}"

    @property
    def behaviours(self) -> Mapping[str, Behaviour]:
        return {"first": _First()}


class _First:
    """Opens the first door that is not locked, by way 0."""

    def begin(self, environments: Environments, count: int, seed: int) -> Choose:
        def choose(_seen: Array, legal: Legal | None) -> Array:
            assert legal is not None
            doors = legal[:, :3].argmax(axis=1)
            return np.stack([doors, np.zeros_like(doors)], axis=1)

        return choose


class _Rooms:
    def __init__(self, count: int, seed: int, ends: bool) -> None:
        self._ends, self._seed, self._count = ends, seed, count
        self._steps = np.zeros(count, np.int64)
        self._rooms = np.zeros(count, np.int64)

    def reset(self, rows: Array | None = None) -> Array:
        assert rows is None
        self._rooms = np.random.default_rng(self._seed).integers(0, 3, self._count)
        self._steps[:] = 0
        return self._shown()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array]:
        assert self.masks()[np.arange(self._count), actions[:, 0]][self._steps < LENGTH].all()
        doors, ways = actions[:, 0], actions[:, 1]
        paid = np.where(doors == self._rooms, 1.0, np.where(doors == (self._rooms + 1) % 3, 0.5, 0))
        going = self._steps < LENGTH
        self._steps += going
        over = self._steps >= LENGTH
        self._rooms = (self._rooms + 1) % 3
        none = np.zeros(self._count, bool)
        ended, cut = (over, none) if self._ends else (none, over)
        return self._shown(), np.where(going, paid + 0.25 * ways, 0.0), ended, cut

    def masks(self) -> Legal:
        legal = np.ones((self._count, 5), bool)
        legal[self._rooms == 0, 0] = False
        return legal

    def _shown(self) -> Array:
        return np.eye(3, dtype=np.float32)[self._rooms]


BEST = {0: (1, 1), 1: (1, 1), 2: (2, 1)}
"""The best action of each room."""


def control(name: str) -> ControlTask:
    """A built-in task of control."""
    task = with_episodes(make_any_task(name, {}))
    assert task is not None
    return task
