# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compatibility distance, and the first species that a genome is compatible with.

Stanley & Miikkulainen (2002), section 3.3, equation 1: delta = c1 E / N + c2 D / N + c3 W. E and D
count excess and disjoint genes. W is the mean difference of weights of matching genes. N is the
number of genes of the larger genome, 1 where both are small. `c/neat_distance.h` gives the same
bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vynapse.kernels.reference.law import I32
from vynapse.kernels.reference.neat_genomes import Genomes


@dataclass(frozen=True, slots=True)
class Measure:
    """Coefficients of the distance.

    Attributes:
        excess, disjoint, weights: c1, c2 and c3.
        small: N is 1 where both genomes have fewer genes.
    """

    excess: float
    disjoint: float
    weights: float
    small: int


def distance(measure: Measure, a: Genomes, row: int, b: Genomes, other: int) -> float:
    """Between genome `row` of `a` and genome `other` of `b`."""
    n, m = int(a.genes[row]), int(b.genes[other])
    mine, theirs = a.innovation[row, :n], b.innovation[other, :m]
    _, left, right = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
    last = min(mine[-1] if n else -1, theirs[-1] if m else -1)
    excess = int((mine > last).sum() + (theirs > last).sum())
    disjoint = n + m - 2 * len(left) - excess
    apart = np.abs(a.weight[row, left] - b.weight[other, right]).astype(np.float64)
    larger = max(n, m)
    size = 1 if larger < measure.small else larger
    mean = float(np.add.accumulate(apart)[-1]) / len(left) if len(left) else 0.0
    shape = measure.excess * excess / size + measure.disjoint * disjoint / size
    return shape + measure.weights * mean


def match(measure: Measure, threshold: float, genomes: Genomes, representatives: Genomes) -> I32:
    """The first representative that each genome is compatible with (p,), -1 where there is none."""
    species = np.full(len(genomes), -1, np.int32)
    for row in range(len(genomes)):
        for other in range(len(representatives)):
            if distance(measure, genomes, row, representatives, other) < threshold:
                species[row] = other
                break
    return species


def found(measure: Measure, threshold: float, genomes: Genomes, species: I32, known: int) -> I32:
    """New species for genomes without one, in the order of the genomes.

    Args:
        species: the species of each genome (p,), -1 without; changed in place.
        known: the number of the first new species.

    Returns:
        The genome that founded, and represents, each new species.
    """
    founders: list[int] = []
    for row in np.flatnonzero(species < 0):
        for number, founder in enumerate(founders):
            if distance(measure, genomes, int(row), genomes, founder) < threshold:
                species[row] = known + number
                break
        else:
            species[row] = known + len(founders)
            founders.append(int(row))
    return np.array(founders, np.int32)
