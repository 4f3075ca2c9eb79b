# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evolution strategies (mu + lambda) and (mu, lambda) on weight genomes.

Beyer & Schwefel, "Evolution strategies: a comprehensive introduction", Natural Computing 1 (2002).
A generation makes lambda offspring from mu parents by selection, crossover and mutation; the mu
best of offspring and parents (plus), or of offspring and the best few parents (comma), are the
next parents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import State
from vynapse.evolution import operators
from vynapse.evolution.encoding import Genome, Genomes
from vynapse.evolution.fitness import Losses
from vynapse.evolution.operators import Bits
from vynapse.evolution.stagnation import Stagnation
from vynapse.seeding import F32, I64, Streams

_DRAWS = 1 << 15
"""Random numbers made at once: few enough to stay in the cache; the numbers are the same."""


@runtime_checkable
class Population(Protocol):
    """Genomes that get better: ask for some, tell how good they are."""

    def ask(self) -> Genomes:
        """Genomes to be measured, (g, p); the same until `tell`."""

    def tell(self, genomes: Genomes, losses: Losses) -> None:
        """Losses (g,) of the genomes last asked for, +inf where there is none.

        The genomes may differ from those asked for where learning is inherited.
        """

    def metrics(self) -> Mapping[str, float]:
        """Measurements of the population as it stands."""

    def state(self) -> State:
        """All that `load` needs, as copies."""

    def load(self, state: State) -> None:
        """Become the population whose `state` this was."""


@dataclass(frozen=True, slots=True)
class Selection:
    """How parents are chosen: `tournament_size` matters to tournaments alone."""

    kind: Literal["tournament", "roulette"] = "tournament"
    tournament_size: int = 3

    @property
    def draws(self) -> int:
        """Random numbers per choice."""
        return self.tournament_size if self.kind == "tournament" else 1

    def choose(self, losses: Losses, uniform: F32) -> I64:
        """Indices (n,) of parents; `uniform` is (n, draws)."""
        if self.kind == "tournament":
            return operators.tournament(losses, uniform)
        return operators.roulette(losses, uniform[:, 0])


@dataclass(frozen=True, slots=True)
class Mutation:
    """Gaussian mutation and its step size.

    Attributes:
        sigma: standard deviation at first and after a restart.
        adaptation: "none" keeps it; "decay" multiplies it by `decay` each generation; "self" lets
            every individual inherit and mutate its own.
        decay: factor per generation.
        sigma_min: no step size becomes smaller.
        rate: probability that a weight of a child is mutated.
    """

    sigma: float
    adaptation: Literal["none", "decay", "self"] = "none"
    decay: float = 1.0
    sigma_min: float = 0.0
    rate: float = 1.0

    def step_sizes(self, inherited: F32, age: int, normal: F32, parameters: int) -> F32:
        """Of children (n,), from what they inherited and the generations since the (re)start."""
        if self.adaptation == "self":
            return operators.self_adapted(inherited, normal, parameters, self.sigma_min)
        if self.adaptation == "decay":
            current = max(self.sigma * self.decay**age, self.sigma_min)
            return np.full_like(inherited, np.float32(current))
        return inherited


@final
class EvolutionStrategy:
    """(mu + lambda) or (mu, lambda), with restarts.

    The first generation, and the first after a restart, is max(mu, lambda) individuals: the centre
    itself and normal variations of it.

    Args:
        centre: number of the restart (0 at the start) -> genome to start from, (p,).
        streams: random numbers; keyed by (generation, individual).
        plus: parents compete with their offspring.
        mu: parents.
        offspring: lambda.
        elites: with comma, how many of the best parents compete with the offspring.
        selection: of parents.
        crossover_rate: probability that a child has two parents; its step size is then their mean.
        mutation: of children.
        initial_sigma: standard deviation of the first generation.
        mask: weights that may differ from the centre (p,), None for all.
        stagnation: when to restart; None for never.
        measure_again: the objective changes from generation to generation, so that parents that
            go on competing are asked for again with the offspring.
    """

    def __init__(
        self,
        centre: Callable[[int], Genome],
        streams: Streams,
        *,
        plus: bool,
        mu: int,
        offspring: int,
        elites: int,
        selection: Selection,
        crossover_rate: float,
        mutation: Mutation,
        initial_sigma: float,
        mask: Bits | None = None,
        stagnation: Stagnation | None = None,
        measure_again: bool = False,
    ) -> None:
        self._centre = centre
        self._mu, self._offspring = mu, offspring
        self._kept = mu if plus else elites
        self._selection, self._crossover_rate = selection, crossover_rate
        self._mutation, self._initial_sigma, self._mask = mutation, initial_sigma, mask
        self._stagnation, self._measure_again = stagnation, measure_again
        self._uniform = streams.stream("evolution.uniform")
        self._normal = streams.stream("evolution.normal")
        self._generation = self._age = self._restarts = 0
        # sorted, best first; none before the first generation is told
        self._parents: Genomes = np.empty((0, len(centre(0))), np.float32)
        self._losses: Losses = np.empty(0, np.float64)
        self._sigmas: F32 = np.empty(0, np.float32)
        self._asked: tuple[Genomes, F32] | None = None

    def ask(self) -> Genomes:
        """The first generation, or offspring (after the parents that are to be measured again)."""
        if self._asked is None:
            self._asked = self._breed() if len(self._parents) else self._begin()
        return self._asked[0]

    def tell(self, genomes: Genomes, losses: Losses) -> None:
        """Select the next parents; of equal losses, parents and lower indices first."""
        if self._asked is None or len(genomes) != len(self._asked[0]):
            raise ValueError("tell wants the losses of the genomes that ask gave last")
        sigmas = self._asked[1]
        if not self._measure_again:
            genomes = np.concatenate([self._parents[: self._kept], genomes])
            losses = np.concatenate([self._losses[: self._kept], losses])
            sigmas = np.concatenate([self._sigmas[: self._kept], sigmas])
        best = operators.truncation(losses, self._mu)
        self._parents, self._losses, self._sigmas = genomes[best], losses[best], sigmas[best]
        self._asked = None
        self._generation += 1
        self._age += 1
        if self._stagnation is not None and self._stagnation.update(float(self._losses[0])):
            self._restart(self._stagnation)

    def metrics(self) -> Mapping[str, float]:
        """Mean step size of the parents (absent right after a restart) and restarts so far."""
        restarts = {"restarts": float(self._restarts)}
        return {"sigma": float(self._sigmas.mean()), **restarts} if self._age else restarts

    def state(self) -> State:
        """Parents, step sizes and counters; random numbers have no state."""
        return {
            "generation": self._generation,
            "age": self._age,
            "restarts": self._restarts,
            "parents": self._parents.copy(),
            "losses": self._losses.copy(),
            "sigmas": self._sigmas.copy(),
            "stagnation": None if self._stagnation is None else self._stagnation.state(),
        }

    def load(self, state: State) -> None:
        """Become the strategy whose `state` this was."""
        self._generation, self._age = state["generation"], state["age"]
        self._restarts, self._asked = state["restarts"], None
        self._parents = state["parents"].copy()
        self._losses = state["losses"].copy()
        self._sigmas = state["sigmas"].copy()
        if self._stagnation is not None:
            self._stagnation.load(state["stagnation"])

    def _restart(self, stagnation: Stagnation) -> None:
        stagnation.reset()
        self._restarts += 1
        self._age = 0
        self._parents, self._losses = self._parents[:0], self._losses[:0]
        self._sigmas = self._sigmas[:0]

    def _begin(self) -> tuple[Genomes, F32]:
        """The centre of this (re)start and variations of it, with their step sizes."""
        centre = self._centre(self._restarts)
        count = max(self._mu, self._offspring)
        spread = np.full(count, np.float32(self._initial_sigma))
        spread[0] = 0
        normal = self._normals(len(centre), np.arange(count))
        start = np.broadcast_to(centre, normal.shape)
        genomes = operators.gaussian(start, spread, normal, self._mask)
        genomes[0] = centre  # adding zero would turn -0 into 0
        return genomes, np.full(count, np.float32(self._mutation.sigma))

    def _breed(self) -> tuple[Genomes, F32]:
        """Offspring and their step sizes, after the parents that are to be measured again."""
        parameters = self._parents.shape[1]
        children = np.arange(self._offspring)
        draws, mates = self._selection.draws, self._crossover_rate > 0
        chosen = self._mutation.rate < 1
        width = draws + mates * (draws + 1 + parameters) + chosen * parameters
        uniform = self._uniforms(width, children)
        first = self._selection.choose(self._losses, uniform[:, :draws])
        genomes, sigmas = self._parents[first], self._sigmas[first]
        if mates:
            second = self._selection.choose(self._losses, uniform[:, draws : 2 * draws])
            crossed = uniform[:, 2 * draws] < np.float32(self._crossover_rate)
            mix = uniform[:, 2 * draws + 1 :][:, :parameters]
            mixed = operators.uniform_crossover(genomes, self._parents[second], mix)
            genomes = np.where(crossed[:, None], mixed, genomes)
            mean = (sigmas + self._sigmas[second]) * np.float32(0.5)
            sigmas = np.where(crossed, mean, sigmas)
        mask = self._mask
        if chosen:
            hit = uniform[:, width - parameters :] < np.float32(self._mutation.rate)
            mask = hit if mask is None else hit & mask
        normal = self._normals(parameters + 1, children)
        sigmas = self._mutation.step_sizes(sigmas, self._age, normal[:, -1], parameters)
        genomes = operators.gaussian(genomes, sigmas, normal[:, :-1], mask)
        if not self._measure_again:
            return genomes, sigmas
        again = slice(self._kept)
        return (
            np.concatenate([self._parents[again], genomes]),
            np.concatenate([self._sigmas[again], sigmas]),
        )

    def _normals(self, count: int, individuals: I64) -> F32:
        return _in_blocks(self._normal.normal, count, self._generation, individuals)

    def _uniforms(self, count: int, individuals: I64) -> F32:
        return _in_blocks(self._uniform.uniform, count, self._generation, individuals)


def _in_blocks(
    draw: Callable[[int, int, I64], F32], count: int, generation: int, individuals: I64
) -> F32:
    """(individuals, count) numbers, made a few individuals at a time."""
    rows = max(1, _DRAWS // count)
    if rows >= len(individuals):
        return draw(count, generation, individuals)
    blocks = [individuals[low : low + rows] for low in range(0, len(individuals), rows)]
    return np.concatenate([draw(count, generation, block) for block in blocks])
