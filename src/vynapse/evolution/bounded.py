# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Crossover and mutation of real-coded genomes in a box, as functions of their random numbers.

Nothing here draws. Both operators take the densities of their unbounded forms and scale what lies
inside the box to one, so that no child is pushed onto a bound and only rounding is ever clipped.
Results have the dtype of the genomes, float32 or float64; bounds are rounded to it.

Shapes: `n` individuals to be made, `p` parameters. Bounds are numbers or (p,), finite, and every
genome is inside them; where low = high, a parameter stays as it is.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from vynapse.seeding import F32

F64 = npt.NDArray[np.float64]
Reals = TypeVar("Reals", F32, F64)
Bound = float | F32 | F64


def polynomial(
    genomes: Reals,
    uniform: F32,
    eta: float,
    low: Bound,
    high: Bound,
    chosen: npt.NDArray[np.bool_] | None = None,
) -> Reals:
    """Polynomial mutation where `chosen`; the other parameters keep their bits.

    Deb & Goyal, "A combined genetic adaptive search (GeneAS) for engineering design", Computer
    Science and Informatics 26 (1996), in the bounded form of the published NSGA-II programs.

    Args:
        genomes: (n, p).
        uniform: (n, p) in (0, 1); below 1/2 a parameter falls, above it rises.
        eta: distribution index, >= 0; a step is about 1 / eta of the box, so larger is nearer.
        low, high: the box.
        chosen: which parameters are mutated: (n, p), (p,) or None for all.

    Returns:
        (n, p), inside the box.
    """
    dtype = genomes.dtype.type
    u, lowest, highest = uniform.astype(dtype), np.asarray(low, dtype), np.asarray(high, dtype)
    width = highest - lowest
    falls = u < dtype(0.5)
    # distance to the bound that the parameter moves towards, and the tail of the density there
    room = np.where(falls, genomes - lowest, highest - genomes)
    left = dtype(1) - room / np.where(width > 0, width, dtype(1))
    tail = left ** dtype(eta + 1)
    v = dtype(2) * np.where(falls, u, dtype(1) - u)
    step = (dtype(1) - (v + (dtype(1) - v) * tail) ** dtype(1 / (eta + 1))) * width
    mutated = np.clip(np.where(falls, genomes - step, genomes + step), lowest, highest)
    return mutated if chosen is None else np.where(chosen, mutated, genomes)


def simulated_binary(
    first: Reals, second: Reals, uniform: F32, eta: float, low: Bound, high: Bound
) -> tuple[Reals, Reals]:
    """Simulated binary crossover: two children, symmetric about the mean of their parents.

    The crossover is that of Deb & Agrawal, "Simulated binary crossover for continuous search
    space", Complex Systems 9 (1995). Its bounded form is that of Deb, "An efficient constraint
    handling method for genetic algorithms", Computer Methods in Applied Mechanics and Engineering
    186 (2000), eq. 29 to 31. The parent nearest to a bound limits the spread of both children
    alike.

    Args:
        first, second: parents (n, p).
        uniform: (n, p) in (0, 1); below about 1/2 the children lie between the parents.
        eta: distribution index, >= 0; larger is nearer to the parents.
        low, high: the box.

    Returns:
        The child on the side of `first` and the one on the side of `second`, (n, p) each, inside
        the box. Which child gets which parameter is left to the caller.
    """
    dtype = first.dtype.type
    u, lowest, highest = uniform.astype(dtype), np.asarray(low, dtype), np.asarray(high, dtype)
    distance = np.abs(first - second)
    room = np.minimum(np.minimum(first, second) - lowest, highest - np.maximum(first, second))
    reach = distance + dtype(2) * room
    # the largest spread is reach / distance; its inverse neither overflows nor divides by 0
    nearest = distance / np.where(reach > 0, reach, dtype(1))
    alpha = dtype(2) - nearest ** dtype(eta + 1)
    v = u * alpha
    power = dtype(1 / (eta + 1))
    inside = v <= 1
    spread = np.where(inside, v, dtype(1) / np.where(inside, dtype(1), dtype(2) - v)) ** power
    mean = dtype(0.5) * first + dtype(0.5) * second
    half = dtype(0.5) * spread * (first - second)
    return np.clip(mean + half, lowest, highest), np.clip(mean - half, lowest, highest)
