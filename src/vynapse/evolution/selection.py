# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Who has children and who survives, as functions of losses and random numbers.

Nothing here draws: the caller takes numbers from `vynapse.seeding`, one row for each parent to be
chosen. Candidates are sorted, best first, so an index is a rank: of two candidates the one with the
lower index is the better, or as good and older.

Shapes: `n` parents to be chosen, `g` candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from vynapse.evolution.fitness import Losses, fitness
from vynapse.seeding import F32, I64

SelectionKind = Literal["tournament", "roulette", "rank", "sus", "truncation"]


def tournament(losses: Losses, uniform: F32) -> I64:
    """The best of k candidates drawn with replacement: the lowest index, as they are sorted.

    Args:
        losses: (g,), sorted.
        uniform: (n, k) in (0, 1); k is the size of the tournament.

    Returns:
        Indices (n,).
    """
    # in float64: a float32 just below 1 times g may round up to g
    drawn = (uniform * np.float64(len(losses))).astype(np.int64)
    winners: I64 = drawn.min(axis=1)
    return winners


def roulette(losses: Losses, uniform: F32) -> I64:
    """Indices (n,) drawn in proportion to fitness, one for each number of `uniform` (n,)."""
    return _spun(fitness(losses), uniform.astype(np.float64))


def stochastic_universal(losses: Losses, uniform: F32) -> I64:
    """All parents by one spin of a wheel with n pointers, in proportion to fitness.

    Baker, "Reducing bias and inefficiency in the selection algorithm" (1987): each candidate is
    chosen as often as it can expect, rounded down or up.

    Args:
        losses: (g,), sorted.
        uniform: (n, 2) in (0, 1). The first number of the first row is the spin; the second
            numbers shuffle the parents, so that children do not come in the order of the wheel.

    Returns:
        Indices (n,).
    """
    count = len(uniform)
    pointers = (np.float64(uniform[0, 0]) + np.arange(count)) / count
    chosen = np.empty(count, np.int64)
    chosen[np.argsort(uniform[:, 1], kind="stable")] = _spun(fitness(losses), pointers)
    return chosen


def linear_rank(losses: Losses, uniform: F32, pressure: float) -> I64:
    """Indices drawn with a probability that falls linearly with the rank.

    Baker, "Adaptive selection methods for genetic algorithms" (1985).

    Args:
        losses: (g,), sorted.
        uniform: (n,) in (0, 1).
        pressure: children that the best of g parents of g children can expect, in [1, 2]; the
            worst can expect 2 - pressure.

    Returns:
        Indices (n,).
    """
    rank = np.arange(len(losses)) / max(1, len(losses) - 1)
    return _spun(pressure - 2 * (pressure - 1) * rank, uniform.astype(np.float64))


def among_best(losses: Losses, uniform: F32, share: float) -> I64:
    """Indices (n,) drawn evenly from the best `share` of the candidates, at least one of them.

    Truncation selection as in Mühlenbein & Schlierkamp-Voosen, "Predictive models for the breeder
    genetic algorithm" (1993).
    """
    best = max(1, round(share * len(losses)))
    chosen: I64 = (uniform * np.float64(best)).astype(np.int64)
    return chosen


def truncation(losses: Losses, count: int) -> I64:
    """Survivors: the `count` lowest losses in rising order; of equals, the lower index first."""
    order: I64 = np.argsort(losses, kind="stable")[:count]
    return order


def _spun(weights: Losses, pointers: Losses) -> I64:
    """The candidate under each pointer in (0, 1) of a wheel with sectors of these weights."""
    wheel = np.cumsum(weights)
    chosen: I64 = np.searchsorted(wheel, pointers * wheel[-1], side="right")
    return chosen


@final
@dataclass(frozen=True, slots=True)
class Selection:
    """How parents are chosen.

    Attributes:
        kind: "tournament", "roulette", "rank" (linear), "sus" (stochastic universal sampling) or
            "truncation" (evenly among the best).
        tournament_size: candidates of a tournament.
        pressure: the pressure of "rank", in [1, 2].
        share: the share of "truncation", in (0, 1].
    """

    kind: SelectionKind = "tournament"
    tournament_size: int = 3
    pressure: float = 1.5
    share: float = 0.5

    @property
    def draws(self) -> int:
        """Random numbers per choice."""
        return {"tournament": self.tournament_size, "sus": 2}.get(self.kind, 1)

    def choose(self, losses: Losses, uniform: F32) -> I64:
        """Indices (n,) of parents among the sorted `losses` (g,); `uniform` is (n, draws)."""
        if self.kind == "tournament":
            return tournament(losses, uniform)
        if self.kind == "sus":
            return stochastic_universal(losses, uniform)
        if self.kind == "rank":
            return linear_rank(losses, uniform[:, 0], self.pressure)
        if self.kind == "truncation":
            return among_best(losses, uniform[:, 0], self.share)
        return roulette(losses, uniform[:, 0])
