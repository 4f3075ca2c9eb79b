# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Selection, recombination and mutation of weight genomes, as functions of their random numbers.

Nothing here draws: the caller takes numbers from `vynapse.seeding`, one row for each individual to
be made, and the result is a function of the arguments alone.

Shapes: `n` individuals to be made, `g` candidates, `p` parameters.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vynapse.evolution.fitness import Losses, fitness
from vynapse.seeding import F32, I64

Bits = npt.NDArray[np.bool_]


def tournament(losses: Losses, uniform: F32) -> I64:
    """The best of k candidates drawn with replacement; of equals, the one drawn first.

    Args:
        losses: (g,), lower is better.
        uniform: (n, k) in (0, 1); k is the size of the tournament.

    Returns:
        Indices (n,).
    """
    # in float64: a float32 just below 1 times g may round up to g
    drawn = (uniform * np.float64(len(losses))).astype(np.int64)
    winners: I64 = drawn[np.arange(len(drawn)), losses[drawn].argmin(axis=1)]
    return winners


def roulette(losses: Losses, uniform: F32) -> I64:
    """Indices (n,) drawn in proportion to fitness, one for each number of `uniform` (n,)."""
    wheel = np.cumsum(fitness(losses))
    chosen: I64 = np.searchsorted(wheel, uniform * wheel[-1], side="right")
    return chosen


def truncation(losses: Losses, count: int) -> I64:
    """Indices of the `count` lowest losses in rising order; of equals, the lower index first."""
    order: I64 = np.argsort(losses, kind="stable")[:count]
    return order


def uniform_crossover(first: F32, second: F32, uniform: F32) -> F32:
    """Each weight from either parent with probability 1/2 (Syswerda 1989); all arrays (n, p)."""
    return np.where(uniform < np.float32(0.5), first, second)


def self_adapted(sigma: F32, normal: F32, parameters: int, minimum: float) -> F32:
    """Log-normal self-adaptation of one step size per individual.

    sigma * exp(tau * N(0, 1)) with tau = 1 / sqrt(2 p), the choice for multimodal problems in
    Beyer & Schwefel, "Evolution strategies: a comprehensive introduction" (2002), section 4.2.

    Args:
        sigma: inherited step sizes (n,).
        normal: (n,) standard normal.
        parameters: p.
        minimum: no step size becomes smaller.

    Returns:
        (n,)
    """
    tau = np.float32(1 / np.sqrt(2 * parameters))
    adapted: F32 = np.maximum(sigma * np.exp(tau * normal), np.float32(minimum))
    return adapted


def gaussian(genomes: F32, sigma: F32, normal: F32, chosen: Bits | None = None) -> F32:
    """Add sigma * normal where `chosen`; the other weights keep their bits.

    Args:
        genomes: (n, p).
        sigma: one step size per individual (n,).
        normal: (n, p) standard normal.
        chosen: which weights are mutated: (n, p), (p,) or None for all.
    """
    mutated = genomes + sigma[:, None] * normal
    return mutated if chosen is None else np.where(chosen, mutated, genomes)
