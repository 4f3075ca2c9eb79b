# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Policy iteration by counterfactual continuations: what is an action worth, and what is waiting?

The gym can play the same episode more than once. Copies of an episode follow a policy up to one
look. There each takes another action, and all follow the policy again. What a copy scores above the
one that waited is what the action was worth at that look: no other difference is left, so a few
thousand episodes tell. A network of random tanh features is fitted to that by ridge regression
(Huang, Zhu & Siew 2006), and is the next policy.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from vynapse.core.control import Legal
from vynapse.esper.simic.gym.acting import DEEPEN, WIDEN
from vynapse.esper.simic.gym.compact import OUTPUTS, SEEN, Compact, seen, size
from vynapse.esper.simic.gym.playing import play
from vynapse.esper.simic.gym.tasks import F64
from vynapse.esper.simic.gym.world import World
from vynapse.seeding import I64, Streams

ACTIONS: Final = ((0, 0), (WIDEN, 1), (WIDEN, 2), (1 + DEEPEN, 0))
"""What copies of an episode do: wait, half as wide again, twice as wide, a small body."""
_LATEST: Final = 0.7
"""The share of the budget after which no action is tried."""
_SIZES: Final = 5.0
"""The difference of two sizes is multiplied by this; 0.5 stands for none."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What was tried (m,).

    Attributes:
        seen: features of the looks (m, SEEN).
        gains: scores above those of waiting (m, ACTIONS - 1); NaN where an action was not legal.
        seconds: processor time.
    """

    seen: F64
    gains: F64
    seconds: float


def tried(genome: F64 | None, hidden: int, seed: int, tasks: I64) -> Tried:
    """Try every action once in each task, at a look at random.

    Args:
        genome: the policy before and after (`compact`); None to wait always.
        hidden: its tanh units.
        seed: root of the tasks.
        tasks: their numbers (m,).
    """
    begun, count = time.process_time(), len(tasks)
    drawn = Streams(seed).stream("gym.moments").uniform(1, 0, tasks)[:, 0]
    moments = _LATEST * drawn.astype(np.float64)
    copies = len(ACTIONS)
    followed = None if genome is None else genome[None]
    decide = _Departs(followed, hidden, np.tile(moments, copies), np.repeat(ACTIONS, count, axis=0))
    scores = play(decide, seed, np.tile(tasks, copies)).scores.reshape(copies, count)
    took = decide.took.reshape(copies, count)
    gains = np.where(took[1:], scores[1:] - scores[0], np.nan).T
    return Tried(decide.looks[:count], gains, time.process_time() - begun)


@final
class _Departs:
    """Follows a policy but for one look of each episode."""

    def __init__(self, genome: F64 | None, hidden: int, moments: F64, actions: I64) -> None:
        count = len(moments)
        self._moments, self._actions = moments, actions
        given = waiting(hidden)[None] if genome is None else genome
        self._policy = Compact(given, hidden, np.zeros(count, np.int64))
        self.looks, self.took = np.zeros((count, len(SEEN))), np.zeros(count, np.bool_)
        self._past = np.zeros(count, np.bool_)

    def __call__(self, world: World, legal: Legal, episodes: I64) -> I64:
        """The policy's actions, and where it is time another one."""
        actions = self._policy(world, legal, episodes)
        now = ~self._past[episodes] & (world.spent / world.budget >= self._moments[episodes])
        now &= legal[:, WIDEN]  # nothing is on trial
        rows, which = np.flatnonzero(now), episodes[now]
        if len(rows):
            self._past[which] = True
            self.looks[which] = seen(world)[rows]
            able = legal[rows, self._actions[which, 0]]
            self.took[which] = able
            actions[rows[able]] = self._actions[which[able]]
        return actions


def waiting(hidden: int) -> F64:
    """The policy that waits, and keeps what has entered."""
    genome = np.zeros(size(hidden))
    genome[-len(OUTPUTS) :] = (-1.0, -1.0, 0.0)
    return genome


def fitted(found: Tried, hidden: int, seed: int, *, ridge: float = 1.0, margin: float = 0.0) -> F64:
    """The policy that takes what was worth more than waiting (size(hidden),).

    Args:
        found: what was tried.
        hidden: random tanh features.
        seed: seed of these.
        ridge: weight of the squares of weights, beside errors of that many looks.
        margin: what an action has to be worth.
    """
    usable = np.isfinite(found.gains[:, 0])
    middle, scale = found.seen[usable].mean(axis=0), found.seen[usable].std(axis=0) + 1e-3
    drawn = Streams(seed).stream("gym.features").normal(hidden * (1 + len(SEEN)))
    first = drawn.astype(np.float64).reshape(1 + len(SEEN), hidden)
    first[:-1] *= 0.7 / np.sqrt(len(SEEN)) / scale[:, None]
    first[-1] -= middle @ first[:-1]
    inner = np.tanh(found.seen @ first[:-1] + first[-1])
    features = np.column_stack([inner, np.ones(len(inner))])
    half, twice, body = found.gains.T
    wanted = (half - margin, body - margin, 0.5 + _SIZES * (twice - half))
    last = np.stack([_ridge(features, values, ridge) for values in wanted], axis=1)
    return np.concatenate([first.ravel(), last.ravel()])


def linear_start(found: Tried, *, ridge: float = 30.0, margin: float = 0.06) -> F64:
    """The linear policy that only widens, fitted alike, as where a search may begin (WIDENER,).

    Its weights are scaled to a norm of 2, since only the sign of its will counts.
    """
    middle, scale = found.seen.mean(axis=0), found.seen.std(axis=0) + 0.05
    features = np.column_stack([(found.seen - middle) / scale, np.ones(len(found.seen))])
    worth = _ridge(features, found.gains[:, 0] - margin, ridge)
    weights = worth[:-1] / scale
    bias = worth[-1] - weights @ middle
    by = 2 / np.linalg.norm(weights)
    return np.concatenate([by * weights, [by * bias, 0.5]])


def _ridge(features: F64, values: F64, weight: float) -> F64:
    known = np.isfinite(values)
    x, y = features[known], values[known]
    penalty = weight * np.eye(x.shape[1])
    penalty[-1, -1] = 0
    return np.asarray(np.linalg.solve(x.T @ x + penalty, x.T @ y))


def learn(
    hidden: int, tasks: int, rounds: int, *, seed: int = 0, processes: int = 1, ridge: float = 1.0
) -> tuple[list[F64], list[float]]:
    """Policies of rounds of trials, each fitted to all that was tried so far.

    Returns:
        The policies, and the processor time of each round.
    """
    seeds = Streams(seed).stream("gym.continuing")
    genome: F64 | None = None
    policies, seconds = [], []
    for number in range(rounds):
        found = trials(genome, hidden, seeds.seed_for(number), tasks, processes)
        genome = fitted(found, hidden, seed, ridge=ridge)
        policies.append(genome)
        seconds.append(found.seconds)
    return policies, seconds


def trials(genome: F64 | None, hidden: int, seed: int, tasks: int, processes: int = 1) -> Tried:
    """What `tried` tells of so many tasks, from processes that share them."""
    parts = np.array_split(np.arange(tasks), processes)
    given = [(genome, hidden, seed, part) for part in parts]
    if processes == 1:
        return _of(given[0])
    with ProcessPoolExecutor(processes) as pool:
        return _together(list(pool.map(_of, given)))


def _of(given: tuple[Any, ...]) -> Tried:
    return tried(*given)


def _together(found: list[Tried]) -> Tried:
    return Tried(
        np.concatenate([one.seen for one in found]),
        np.concatenate([one.gains for one in found]),
        sum(one.seconds for one in found),
    )
