# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the kernels of weight evolution are given, and what they give back.

Shapes: `p` parameters, `m` parents (mu), `n` children, `b` examples, `i` inputs and `o` outputs of
a layer, `k` generations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vynapse.seeding import F32, Stream

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
Bits = npt.NDArray[np.bool_]
Stop = Literal["", "target", "stagnant", "invalid"]

LANES = 16
"""Partial sums of a statistic; the number of individuals that lie side by side in C."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """An MLP and the examples it is measured on.

    Attributes:
        sizes: widths, inputs first.
        hidden, output: names of activations.
        bias: layers have biases. A genome is the weights (o, i), then the biases, layer by layer.
        loss: "mse" (mean over examples and outputs) or "cross_entropy" (mean over examples).
        inputs: (b, i) float32.
        targets: (b, o) float32, or (b,) classes.
    """

    sizes: tuple[int, ...]
    hidden: str
    output: str
    bias: bool
    loss: Literal["mse", "cross_entropy"]
    inputs: F32
    targets: npt.NDArray[Any]

    @property
    def parameters(self) -> int:
        """p."""
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        return sum((i + self.bias) * o for i, o in pairs)


@dataclass(frozen=True, slots=True, eq=False)
class GenerationRule:
    """How a generation is made from the one before.

    Attributes:
        mu, offspring: parents and children.
        kept: how many of the best parents compete with the children: mu for (mu + lambda), the
            elites for (mu, lambda).
        tournament: candidates of a tournament.
        crossover_rate: probability that a child has two parents.
        mutation_rate: probability that a weight is mutated.
        mask: weights that are mutated at all (p,), None for every one.
        adaptation: step sizes are "inherited", "scheduled" (given for each generation) or
            "self"-adapted.
        sigma_min: a self-adapted step size becomes no smaller.
        uniform, normal: where random numbers come from; a child is the individual.
        patience, min_delta: the limits of `vynapse.evolution`'s stagnation rule; patience None for
            never.
    """

    mu: int
    offspring: int
    kept: int
    tournament: int
    crossover_rate: float
    mutation_rate: float
    mask: Bits | None
    adaptation: Literal["inherited", "scheduled", "self"]
    sigma_min: float
    uniform: Stream
    normal: Stream
    patience: int | None
    min_delta: float


@dataclass(frozen=True, slots=True, eq=False)
class EvolutionState:
    """Parents, best first, and how long they have not improved.

    Attributes:
        genomes: (m, p).
        losses, sigmas: (m,) float32.
        generation: number of the next generation.
        reference: the loss that counted as improvement last, None before the first.
        waited: generations since.
    """

    genomes: F32
    losses: F32
    sigmas: F32
    generation: int
    reference: float | None = None
    waited: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class EvolvedGenerations:
    """What k generations did.

    Attributes:
        standing: the parents after them.
        stop: why there are fewer than asked for: "target" (a child's loss is below), "stagnant",
            "invalid" (no child has a finite loss; the parents are those before), or "".
        champion: the best child of all k generations (p,).
        champion_loss: its loss, +inf where no loss was finite.
        best, mean, sigma, invalid: the statistics of each generation (k,). They are the lowest and
            the mean finite loss of the children, the mean step size of the parents chosen, and how
            many losses were not finite.
        ticks: time of variation, evaluation and selection in ticks of one clock; zeros where it
            was not measured.
    """

    standing: EvolutionState
    stop: Stop
    champion: F32
    champion_loss: float
    best: F32
    mean: F64
    sigma: F64
    invalid: I32
    ticks: tuple[int, int, int] = (0, 0, 0)
