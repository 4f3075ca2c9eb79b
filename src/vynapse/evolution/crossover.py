# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How the weights of two parents become those of a child, as functions of random numbers.

A weight that both parents share is the child's too, bit for bit. Shapes: `n` children, `p`
parameters; both parents are (n, p), the second may be either of the two equally likely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from vynapse.seeding import F32

CrossoverKind = Literal["uniform", "k-point", "blend"]


def uniform_crossover(first: F32, second: F32, uniform: F32) -> F32:
    """Each weight from either parent with probability 1/2 (Syswerda 1989); all arrays (n, p)."""
    return np.where(uniform < np.float32(0.5), first, second)


def k_point(first: F32, second: F32, uniform: F32) -> F32:
    """k different cuts; the pieces between them come from the first and the second in turn.

    De Jong, "An analysis of the behavior of a class of genetic adaptive systems" (1975).

    Args:
        first, second: parents (n, p); the piece before the first cut is from `first`.
        uniform: (n, k) in (0, 1), k < p. The cuts are a subset of the p - 1 places between weights,
            all equally likely (Floyd's algorithm: Bentley & Floyd 1987).

    Returns:
        (n, p)
    """
    (count, parameters), points = first.shape, uniform.shape[1]
    cuts = np.empty((count, points), np.int64)
    from_second = np.zeros((count, parameters), np.bool_)
    places = np.arange(1, parameters + 1)
    for index in range(points):
        last = parameters - 1 - points + index
        drawn = (uniform[:, index] * np.float64(last + 1)).astype(np.int64)
        taken = (cuts[:, :index] == drawn[:, None]).any(axis=1)
        cuts[:, index] = np.where(taken, last, drawn)
        from_second ^= places > cuts[:, index, None] + 1
    return np.where(from_second, second, first)


def blend(first: F32, second: F32, uniform: F32, alpha: float) -> F32:
    """BLX-alpha: each weight evenly from the parents' interval, longer by alpha at either end.

    Eshelman & Schaffer, "Real-coded genetic algorithms and interval-schemata" (1993).

    Args:
        first, second: parents (n, p).
        uniform: (n, p) in (0, 1).
        alpha: part of the interval's length by which it is extended on each side, >= 0.

    Returns:
        (n, p)
    """
    low = np.minimum(first, second)
    length = np.maximum(first, second) - low
    drawn = uniform * np.float32(1 + 2 * alpha) - np.float32(alpha)
    return np.where(length > 0, low + drawn * length, first)


@final
@dataclass(frozen=True, slots=True)
class Crossover:
    """How two parents become one child.

    Attributes:
        kind: "uniform", "k-point" or "blend".
        points: cuts of "k-point", fewer than there are weights.
        alpha: the alpha of "blend".
    """

    kind: CrossoverKind = "uniform"
    points: int = 2
    alpha: float = 0.5

    def draws(self, parameters: int) -> int:
        """Random numbers per child."""
        return self.points if self.kind == "k-point" else parameters

    def cross(self, first: F32, second: F32, uniform: F32) -> F32:
        """Children (n, p) of parents (n, p); `uniform` is (n, draws)."""
        if self.kind == "k-point":
            return k_point(first, second, uniform)
        if self.kind == "blend":
            return blend(first, second, uniform, self.alpha)
        return uniform_crossover(first, second, uniform)
