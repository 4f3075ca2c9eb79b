# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evolution strategies (mu + lambda) and (mu, lambda) on weight genomes.

Beyer & Schwefel, "Evolution strategies: a comprehensive introduction", Natural Computing 1 (2002).
A generation makes lambda offspring from mu parents by selection, crossover and mutation; the mu
best of offspring and parents (plus), or of offspring and the best few parents (comma), are the
next parents. With comma and mu = lambda, offspring replace all parents but the elites: the
generational genetic algorithm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Unpack, final

import numpy as np

from vynapse.core import State
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.evolution.encoding import Genome, Genomes
from vynapse.evolution.fitness import Losses, no_finite_loss
from vynapse.evolution.measured import Measured
from vynapse.evolution.mutation import Bits, Mutation
from vynapse.evolution.restarts import Restarts, Stagnation
from vynapse.evolution.selection import Selection, truncation
from vynapse.evolution.variation import Offspring, Parents, Variation, VariationParts
from vynapse.kernels.evolve import Evolution
from vynapse.kernels.reference.law import EvolutionState, EvolvedGenerations, GenerationRule
from vynapse.seeding import F32, I64, Streams

__all__ = ["EvolutionStrategy", "Mutation", "Selection"]


@final
class EvolutionStrategy:
    """(mu + lambda) or (mu, lambda), with restarts.

    The first generation, and the first after a restart, is max(mu, lambda) individuals: the centre
    itself and normal variations of it. The parents are sorted, best first.

    Args:
        centre: number of the restart (0 at the start) -> genome to start from, (p,).
        streams: random numbers; keyed by (generation, individual).
        plus: parents compete with their offspring.
        mu: parents.
        offspring: lambda, at least mu with comma.
        elites: how many of the best parents compete with the offspring in a comma strategy.
        restarts: when to start afresh, and how large; None for never.
        measure_again: the objective changes from generation to generation, so that parents that
            go on competing are asked for again with the offspring.
        parts: how children are made, see `VariationParts`.
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
        restarts: Restarts | None = None,
        measure_again: bool = False,
        **parts: Unpack[VariationParts],
    ) -> None:
        self._centre = centre
        self._first_mu, self._first_offspring = mu, offspring
        self._plus, self._elites = plus, elites
        self._variation = Variation(streams, parts)
        self._restarts = restarts or Restarts()
        self._measure_again = measure_again
        self._generation = self._age = 0
        # sorted, best first; none before the first generation is told
        self._parents: Genomes = np.empty((0, len(centre(0))), np.float32)
        self._losses: Losses = np.empty(0, np.float64)
        self._sigmas: F32 = np.empty(0, np.float32)
        self._asked: tuple[Genomes, Offspring] | None = None

    @property
    def mu(self) -> int:
        """Parents; restarts may make them more."""
        return self._restarts.scaled(self._first_mu)

    @property
    def offspring(self) -> int:
        """Children of a generation; restarts may make them more."""
        return self._restarts.scaled(self._first_offspring)

    @property
    def kept(self) -> int:
        """How many of the best parents compete with the children."""
        return self.mu if self._plus else self._elites

    @property
    def fusable(self) -> bool:
        """Whether generations follow the one law that is also stated as a fused kernel.

        Tournaments, uniform crossover, Gaussian mutation without a rule that looks at parents, and
        at most stagnation as a reason to restart at the same size.
        """
        variation, restarts = self._variation, self._restarts
        return (
            not self._measure_again
            and variation.selection.kind == "tournament"
            and (variation.crossover_rate == 0 or variation.crossover.kind == "uniform")
            and isinstance(variation.mutation, Mutation)
            and variation.mutation.adaptation != "one-fifth"
            and restarts.growth == 1
            and len(restarts.rules) <= 1
            and all(isinstance(rule, Stagnation) for rule in restarts.rules)
        )

    def ask(self) -> Genomes:
        """The first generation, or offspring (after the parents that are to be measured again)."""
        if self._asked is None:
            brood = self._breed() if len(self._parents) else self._begin()
            again = self._parents[: self._again]
            genomes = np.concatenate([again, brood.genomes]) if len(again) else brood.genomes
            self._asked = genomes, brood
        return self._asked[0]

    def tell(self, genomes: Genomes, measured: Measured) -> None:
        """Select the next parents; of equal losses, parents and lower indices first."""
        if self._asked is None or len(genomes) != len(self._asked[0]):
            raise ValueError("tell wants the losses of the genomes that ask gave last")
        losses = measured.losses
        brood, again, kept = self._asked[1], self._again, self.kept
        self._losses[:again] = losses[:again]
        better = losses[again:] < self._losses[brood.first] if len(self._parents) else _NOBODY
        sigmas = np.concatenate([self._sigmas[:kept], brood.sigmas])
        if not again:
            losses = np.concatenate([self._losses[:kept], losses])
        best = truncation(losses, self.mu)
        sigmas = self._variation.adapted(sigmas[best], self._sigmas, better)
        self._parents = genomes[best] if again else _rows(self._parents[:kept], genomes, best)
        self._losses, self._sigmas = losses[best], sigmas
        self._asked = None
        self._generation += 1
        self._age += 1
        if self._restarts.update(float(self._losses[0]), genomes):
            self._forget()

    def emigrants(self, count: int) -> tuple[Genomes, Measured]:
        """At most `count` of the best parents, best first."""
        return self._parents[:count].copy(), Measured(self._losses[:count].copy())

    def give_way(self, count: int) -> None:
        """The worst `count` parents are gone, but for the best one; right before `receive`."""
        kept = max(1, len(self._parents) - count)
        self._parents, self._losses = self._parents[:kept], self._losses[:kept]
        self._sigmas = self._sigmas[:kept]

    def receive(self, genomes: Genomes, measured: Measured) -> None:
        """The mu best of the parents and these are the parents; of equals, the parents.

        Newcomers have the mean step size of the parents. Right before a first generation nobody is
        taken in.
        """
        if self._asked is not None:
            raise ValueError("receive is called between tell and ask")
        if not self.begun:
            return
        best = truncation(np.concatenate([self._losses, measured.losses]), self.mu)
        sigmas = np.full(len(genomes), self._sigmas.mean(), np.float32)
        self._parents = np.concatenate([self._parents, genomes])[best]
        self._sigmas = np.concatenate([self._sigmas, sigmas])[best]
        self._losses = np.concatenate([self._losses, measured.losses])[best]

    def metrics(self) -> Mapping[str, float]:
        """Mean step size of the parents (absent right after a restart) and restarts so far."""
        return {**self._variation.metrics(self._sigmas), "restarts": float(self._restarts.count)}

    def state(self) -> State:
        """Parents, step sizes and counters; random numbers have no state."""
        return {
            MADE: self._made(),
            "generation": self._generation,
            "age": self._age,
            "parents": self._parents.copy(),
            "losses": self._losses.copy(),
            "sigmas": self._sigmas.copy(),
            "restarts": self._restarts.state(),
        }

    def load(self, state: State) -> None:
        """Become the strategy whose `state` this was.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("strategy", self._made(), state)
        rows = ("parents", "losses", "sigmas")
        refuse_misfit("strategy", self.state(), state, rows=rows)
        self._generation, self._age, self._asked = state["generation"], state["age"], None
        self._parents = state["parents"].copy()
        self._losses = state["losses"].copy()
        self._sigmas = state["sigmas"].copy()
        self._restarts.load(state["restarts"])

    def _made(self) -> dict[str, Any]:
        return {
            "kind": "plus" if self._plus else "comma",
            "parameters": self._parents.shape[1],
            "sizes": [self._first_mu, self._first_offspring, self._elites],
            "measure_again": self._measure_again,
            "restarts": self._restarts.made(),
            **self._variation.made(),
        }

    @property
    def begun(self) -> bool:
        """Whether there are parents: not before the first generation, nor right after a restart."""
        return len(self._parents) > 0

    @property
    def restarts(self) -> int:
        """How many there were."""
        return self._restarts.count

    def law(self) -> GenerationRule:
        """What a generation is, for a kernel; the strategy must be `fusable`."""
        variation, mutation = self._variation, self._variation.mutation
        if not self.fusable or not isinstance(mutation, Mutation):
            raise ValueError("no kernel knows the law of this strategy")
        rule = next((r for r in self._restarts.rules if isinstance(r, Stagnation)), None)
        return GenerationRule(
            mu=self.mu,
            offspring=self.offspring,
            kept=self.kept,
            tournament=variation.selection.tournament_size,
            crossover_rate=variation.crossover_rate,
            mutation_rate=mutation.rate,
            mask=variation.mask,
            adaptation=_IN_A_KERNEL[mutation.adaptation],
            sigma_min=mutation.sigma_min,
            uniform=variation.uniform,
            normal=variation.normal,
            patience=rule.patience if rule else None,
            min_delta=rule.min_delta if rule else 0.0,
        )

    def evolve(self, kernel: Evolution, generations: int, target: float) -> EvolvedGenerations:
        """Up to `generations` generations in one call; fewer before a restart or at the target.

        Args:
            kernel: made from `law`.
            generations: the number of generations, at least 1.
            target: stop once a child's loss is below it; -inf for never.

        Raises:
            TrainingError: not one child of a generation has a finite loss.
        """
        rule = next((r for r in self._restarts.rules if isinstance(r, Stagnation)), None)
        standing = EvolutionState(
            self._parents,
            self._losses.astype(np.float32),
            self._sigmas,
            self._generation,
            rule.best if rule else None,
            rule.waited if rule else 0,
        )
        mutation, ages = self._variation.mutation, range(self._age, self._age + generations)
        steps = None
        if isinstance(mutation, Mutation) and mutation.adaptation == "decay":
            steps = np.array([mutation.decayed(age) for age in ages], np.float32)
        self._asked = None
        done = kernel.run(standing, generations, target, steps)
        if done.stop == "invalid":
            raise no_finite_loss(self.offspring)
        after = done.standing
        self._parents, self._losses = after.genomes, after.losses.astype(np.float64)
        self._sigmas, self._generation = after.sigmas, after.generation
        self._age += len(done.best)
        if rule:
            rule.best, rule.waited = after.reference, after.waited
        if rule and after.waited >= rule.patience:
            self._restarts.begin()
            self._forget()
        return done

    def _forget(self) -> None:
        """There are no parents any more."""
        self._age = 0
        self._parents, self._losses = self._parents[:0], self._losses[:0]
        self._sigmas = self._sigmas[:0]

    @property
    def _again(self) -> int:
        """How many of the parents are measured again with their children."""
        return min(self.kept, len(self._parents)) if self._measure_again else 0

    def _begin(self) -> Offspring:
        """The centre of this (re)start and variations of it."""
        individuals = np.arange(max(self.mu, self.offspring))
        return self._variation.start(
            self._centre(self._restarts.count), self._generation, individuals
        )

    def _breed(self) -> Offspring:
        """Children of the parents."""
        parents = Parents(self._parents, self._losses, self._sigmas)
        individuals = np.arange(self.offspring)
        return self._variation.children(parents, self._age, self._generation, individuals)


def _rows(first: Genomes, second: Genomes, chosen: I64) -> Genomes:
    """Rows of the two as if they were one array, without making one."""
    rows: Genomes = np.empty((len(chosen), second.shape[1]), second.dtype)
    early = chosen < len(first)
    rows[early] = first[chosen[early]]
    rows[~early] = second[chosen[~early] - len(first)]
    return rows


_IN_A_KERNEL: Final[dict[str, Literal["inherited", "scheduled", "self"]]] = {
    "none": "inherited",
    "decay": "scheduled",
    "self": "self",
}
"""What a kernel calls the adaptation of step sizes."""

_NOBODY: Bits = np.empty(0, np.bool_)
"""At a (re)start no child has a parent that it could be better than."""
