# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From parents to children: selection, crossover and mutation, with their random numbers.

Child i of generation g draws from the streams "evolution.uniform" and "evolution.normal" at the
address (g, i). With d numbers per choice of a parent, c per crossover and p weights, the uniform
numbers are, in this order,

    d      choice of the first parent
    d      choice of the second parent       if children may have two
    1      whether the child has two         if children may have two
    c      crossover                         if children may have two
    p      which weights are mutated         if not all are
    p      polynomial mutation               if it is chosen

and the normal numbers p for the weights and one for the step size.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NotRequired, TypedDict, final

import numpy as np

from vynapse.core.compatible import digest_of
from vynapse.evolution.bounded import polynomial
from vynapse.evolution.crossover import Crossover
from vynapse.evolution.encoding import Genome, Genomes
from vynapse.evolution.fitness import Losses
from vynapse.evolution.mutation import Bits, Mutation, PolynomialMutation, gaussian
from vynapse.evolution.selection import Selection
from vynapse.kernels import random
from vynapse.seeding import F32, I64, Streams


class Parents(NamedTuple):
    """Sorted, best first: genomes (mu, p), losses (mu,), step sizes (mu,)."""

    genomes: Genomes
    losses: Losses
    sigmas: F32


class Offspring(NamedTuple):
    """Children: genomes (n, p), step sizes (n,) and the index of the first parent (n,)."""

    genomes: Genomes
    sigmas: F32
    first: I64


class VariationParts(TypedDict):
    """What a variation is made of beside random numbers.

    Attributes:
        selection: how parents are chosen.
        crossover_rate: probability that a child has two parents; its step size is then their mean.
        crossover: how two parents become one child; uniform crossover where nothing is said.
        mutation: how children are mutated.
        initial_sigma: standard deviation of the first individuals round the centre.
        mask: weights that may differ from the centre (p,), None for all.
    """

    selection: Selection
    crossover_rate: float
    crossover: NotRequired[Crossover]
    mutation: Mutation | PolynomialMutation
    initial_sigma: float
    mask: NotRequired[Bits | None]


@final
class Variation:
    """Makes individuals; what it makes is a function of its arguments alone.

    Args:
        streams: random numbers.
        parts: see `VariationParts`.
    """

    def __init__(self, streams: Streams, parts: VariationParts) -> None:
        self.selection, self.mutation = parts["selection"], parts["mutation"]
        self.crossover_rate = parts["crossover_rate"]
        self.crossover = parts.get("crossover", Crossover())
        self.initial_sigma, self.mask = parts["initial_sigma"], parts.get("mask")
        self.uniform = streams.stream("evolution.uniform")
        self.normal = streams.stream("evolution.normal")

    def made(self) -> dict[str, Any]:
        """What it was made from, for the comparison before a state is loaded."""
        return {
            "selection": repr(self.selection),
            "crossover": [self.crossover_rate, repr(self.crossover)],
            "mutation": repr(self.mutation),
            "initial_sigma": float(self.initial_sigma),
            "mask": digest_of(self.mask),
            "seed": self.uniform.seed,
        }

    def start(self, centre: Genome, generation: int, individuals: I64) -> Offspring:
        """Normal variations of `centre`, which is individual 0 itself; they have no parents."""
        sigma = self.mutation.sigma if isinstance(self.mutation, Mutation) else 0.0
        spread = np.where(individuals == 0, np.float32(0), np.float32(self.initial_sigma))
        normal = random.normal(self.normal, len(centre), generation, individuals)
        start = np.broadcast_to(centre, normal.shape)
        genomes = self._bounded(gaussian(start, spread, normal, self.mask))
        genomes[individuals == 0] = centre  # adding zero would turn -0 into 0
        sigmas = np.full(len(individuals), np.float32(sigma))
        return Offspring(genomes, sigmas, np.full(len(individuals), -1, np.int64))

    def children(self, parents: Parents, age: int, generation: int, individuals: I64) -> Offspring:
        """Children of `parents`, `age` generations after the last (re)start."""
        parameters, mutation = parents.genomes.shape[1], self.mutation
        draws, mates, some = self.selection.draws, self.crossover_rate > 0, mutation.rate < 1
        pieces = self.crossover.draws(parameters)
        width = draws + mates * (draws + 1 + pieces) + some * parameters
        bounded = isinstance(mutation, PolynomialMutation)
        total = width + bounded * parameters
        uniform = random.uniform(self.uniform, total, generation, individuals)
        first = self.selection.choose(parents.losses, uniform[:, :draws])
        sigmas, mask = parents.sigmas[first], self.mask
        if not mates and not some and mask is None and isinstance(mutation, Mutation):
            sigmas = self._steps(mutation, sigmas, age, generation, individuals, parameters)
            genomes = random.perturbed(
                self.normal, generation, individuals, parents.genomes, first, sigmas
            )
            return Offspring(genomes, sigmas, first)
        genomes = parents.genomes[first]
        if mates:
            second = self.selection.choose(parents.losses, uniform[:, draws : 2 * draws])
            crossed = uniform[:, 2 * draws] < np.float32(self.crossover_rate)
            numbers = uniform[:, 2 * draws + 1 :][:, :pieces]
            mixed = self.crossover.cross(genomes, parents.genomes[second], numbers)
            genomes = np.where(crossed[:, None], mixed, genomes)
            mean = (sigmas + parents.sigmas[second]) * np.float32(0.5)
            sigmas = np.where(crossed, mean, sigmas)
        if some:
            hit = uniform[:, width - parameters : width] < np.float32(mutation.rate)
            mask = hit if mask is None else hit & mask
        if isinstance(mutation, PolynomialMutation):
            genomes, bound = self._bounded(genomes), mutation.bound
            step = uniform[:, width:]
            return Offspring(
                polynomial(genomes, step, mutation.eta, -bound, bound, mask), sigmas, first
            )
        sigmas = self._steps(mutation, sigmas, age, generation, individuals, parameters)
        normal = random.normal(self.normal, parameters, generation, individuals)
        return Offspring(gaussian(genomes, sigmas, normal, mask), sigmas, first)

    def _steps(
        self,
        mutation: Mutation,
        inherited: F32,
        age: int,
        generation: int,
        individuals: I64,
        parameters: int,
    ) -> F32:
        """Step sizes of children; their random number stands behind those of the weights."""
        behind = parameters % 4
        start = parameters - behind
        normal = random.normal(self.normal, behind + 1, generation, individuals, start)
        return mutation.step_sizes(inherited, age, normal[:, -1], parameters)

    def adapted(self, sigmas: F32, current: F32, better: Bits) -> F32:
        """Step sizes of the next parents (mu,), once it is known which children are better.

        Args:
            sigmas: the inherited step sizes (mu,).
            current: step sizes of the parents until now; none at a (re)start.
            better: whether each child that has a parent is the better of the two (n,).
        """
        if isinstance(self.mutation, Mutation):
            now = float(current[0]) if len(current) else self.mutation.sigma
            return self.mutation.after(sigmas, now, better)
        return sigmas

    def metrics(self, sigmas: F32) -> dict[str, float]:
        """Mean step size of individuals with `sigmas`, where there is one."""
        known = isinstance(self.mutation, Mutation) and len(sigmas)
        return {"sigma": float(sigmas.mean())} if known else {}

    def _bounded(self, genomes: Genomes) -> Genomes:
        """Inside the box of a mutation that has one: others may step over its bounds."""
        if isinstance(self.mutation, PolynomialMutation):
            bound = np.float32(self.mutation.bound)
            return np.clip(genomes, -bound, bound)
        return genomes
