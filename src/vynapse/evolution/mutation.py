# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How weights are changed and by how much, as functions of random numbers.

Polynomial mutation, which needs bounds, is in `vynapse.evolution.bounded`.
Shapes: `n` individuals, `p` parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.functions import exp
from vynapse.seeding import F32

Bits = npt.NDArray[np.bool_]
Adaptation = Literal["none", "decay", "one-fifth", "self"]


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
    adapted: F32 = np.maximum(sigma * exp(tau * normal), np.float32(minimum))
    return adapted


def one_fifth(sigma: float, success: float) -> float:
    """The step size after a generation, by the one-fifth success rule.

    Rechenberg, "Evolutionsstrategie" (1973): larger when more than a fifth of the children are
    better than their parents, smaller when less. The factor is that of Kern, Müller, Hansen, Büche,
    Ocenasek & Koumoutsakos, "Learning probability distributions in continuous evolutionary
    algorithms" (2004): exp(1/3) when all of them are, exp(-1/12) when none is.

    Args:
        sigma: step size of the children.
        success: share of the children that are better than their parents.
    """
    return sigma * math.exp((success - 0.2) / 0.8 / 3)


@final
@dataclass(frozen=True, slots=True)
class Mutation:
    """Gaussian mutation and its step size.

    Attributes:
        sigma: standard deviation at first and after a restart.
        adaptation: "none" keeps it; "decay" multiplies it by `decay` each generation; "one-fifth"
            follows the share of children that are better than their parents; "self" lets every
            individual inherit and mutate its own.
        decay: factor per generation.
        sigma_min: no step size becomes smaller.
        rate: probability that a weight of a child is mutated.
    """

    sigma: float
    adaptation: Adaptation = "none"
    decay: float = 1.0
    sigma_min: float = 0.0
    rate: float = 1.0

    def step_sizes(self, inherited: F32, age: int, normal: F32, parameters: int) -> F32:
        """Step sizes of children (n,), from those inherited and the generations since the
        (re)start.
        """
        if self.adaptation == "self":
            return self_adapted(inherited, normal, parameters, self.sigma_min)
        if self.adaptation == "decay":
            return np.full_like(inherited, np.float32(self.decayed(age)))
        return inherited

    def decayed(self, age: int) -> float:
        """With "decay": the step size `age` generations after the (re)start."""
        return max(self.sigma * self.decay**age, self.sigma_min)

    def after(self, sigmas: F32, current: float, better: Bits) -> F32:
        """Step sizes that parents hand on, once it is known which of their children are better.

        Args:
            sigmas: step sizes of the next parents (mu,).
            current: step size of all parents until now, where it is one for all.
            better: whether each child that has a parent is the better of the two (n,).
        """
        if self.adaptation != "one-fifth" or len(better) == 0:
            return sigmas
        adapted = one_fifth(current, float(better.mean()))
        return np.full_like(sigmas, np.float32(max(adapted, self.sigma_min)))


@final
@dataclass(frozen=True, slots=True)
class PolynomialMutation:
    """Polynomial mutation in a box; there is no step size to adapt.

    Attributes:
        bound: every weight lies in [-bound, bound].
        eta: distribution index; a step is about 1 / eta of the box.
        rate: probability that a weight of a child is mutated.
    """

    bound: float
    eta: float = 20.0
    rate: float = 1.0
