# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How fast a schedule goes, chosen once from what an episode shows: a contextual bandit.

Copies of an episode follow a schedule at several paces. Until the first of them grows anything they
are the same, so they show the same features at an early look. A ridge regression on these features
and their products tells what each pace is worth above the schedule's own, and the best is taken.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from vynapse.core.control import Legal
from vynapse.esper.simic.gym.compact import SEEN, seen
from vynapse.esper.simic.gym.playing import play
from vynapse.esper.simic.gym.schedules import Schedules
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.simic.gym.world import World
from vynapse.seeding import I64

PACES: Final = (-3.0, -0.7, 0.0, 0.5, 1.2)
"""Logarithms of paces; the first is to grow next to nothing."""
LOOK: Final = 0.04
"""When a pace is chosen: share of the budget; no pace has grown anything by then."""
_OWN: Final = PACES.index(0.0)
_CUT: Final = 3.0
_AT_ONCE: Final = 500
"""Tasks that are played at once, so that memory does not grow with their number."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Chooser:
    """What regression found.

    Attributes:
        schedule: the schedule (GENES,).
        middle, scale: means and standard deviations of the features (SEEN,).
        weights: weights of features and products, for each pace (…, PACES).
    """

    schedule: F64
    middle: F64
    scale: F64
    weights: F64

    def decider(self, count: int) -> Choosing:
        """Decides in so many episodes."""
        return Choosing(self.schedule, np.zeros(count), self)

    def pace(self, looks: F64) -> F64:
        """The pace that is worth most (n,)."""
        worth = _basis(looks, self.middle, self.scale) @ self.weights
        return np.asarray(np.array(PACES)[worth.argmax(axis=1)])


@final
class Choosing:
    """A schedule whose pace is chosen at one look of each episode.

    Args:
        schedule: the schedule (GENES,).
        paces: the pace of each episode (n,), where nobody chooses.
        chooser: who chooses.

    Attributes:
        looks: what the look showed (n, SEEN).
    """

    def __init__(self, schedule: F64, paces: F64, chooser: Chooser | None = None) -> None:
        count = len(paces)
        self._plain = Schedules(schedule[None], np.zeros(count, np.int64))
        self._chooser, self._paces = chooser, paces.copy()
        self.looks, self._looked = np.zeros((count, len(SEEN))), np.zeros(count, np.bool_)

    def __call__(self, world: World, legal: Legal, episodes: I64) -> I64:
        """What is due at the pace that was chosen."""
        progress = world.spent / world.budget
        now = ~self._looked[episodes] & (progress >= LOOK)
        if now.any():
            which = episodes[now]
            self.looks[which], self._looked[which] = seen(world)[now], True
            if self._chooser is not None:
                self._paces[which] = self._chooser.pace(self.looks[which])
        at = np.where(self._looked[episodes], progress * np.exp(self._paces[episodes]), 0.0)
        return self._plain.at(at, world.shapes["width"], legal, episodes)


def learn(
    schedule: F64, seed: int, tasks: int, *, ridge: float = 100.0, processes: int = 1
) -> tuple[Chooser, float]:
    """A chooser for a schedule, and the processor time that it took.

    Args:
        schedule: numbers of the schedule (GENES,).
        seed: root of the tasks.
        tasks: how many are played at every pace.
        ridge: weight of the squares of weights, beside errors of that many tasks.
        processes: that share the tasks; the result is the same.
    """
    begun = time.process_time()
    parts = np.array_split(np.arange(tasks), max(processes, -(-tasks // _AT_ONCE)))
    given = [(schedule, seed, part) for part in parts]
    if processes == 1:
        found = [_tried(part) for part in given]
        spent = 0.0
    else:
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(_tried, given))
        spent = sum(seconds for _, _, seconds in found)
    looks = np.concatenate([one[0] for one in found])
    worth = np.concatenate([one[1] for one in found])
    middle, scale = looks.mean(axis=0), looks.std(axis=0) + 0.05
    x = _basis(looks, middle, scale)
    weights = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ worth)
    chooser = Chooser(schedule, middle, scale, np.asarray(weights))
    return chooser, spent + time.process_time() - begun


def _tried(given: tuple[F64, int, I64]) -> tuple[F64, F64, float]:
    """Looks (m, SEEN), what each pace was worth above the schedule's own (m, PACES), seconds."""
    begun, (schedule, seed, tasks) = time.process_time(), given
    count, copies = len(tasks), len(PACES)
    decide = Choosing(schedule, np.repeat(PACES, count))
    scores = play(decide, seed, np.tile(tasks, copies)).scores.reshape(copies, count)
    return decide.looks[:count], (scores - scores[_OWN]).T, time.process_time() - begun


def _basis(looks: F64, middle: F64, scale: F64) -> F64:
    """Features, 1, and products of two features (n, …)."""
    z = np.clip((looks - middle) / scale, -_CUT, _CUT)
    i, j = np.triu_indices(z.shape[1])
    return np.column_stack([z, np.ones(len(z)), z[:, i] * z[:, j]])


__all__ = ["LOOK", "PACES", "Chooser", "Choosing", "learn"]
