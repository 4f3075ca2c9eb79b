# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Steady-state evolution: a child takes the place of the worst as soon as it is measured.

Whitley, "The GENITOR algorithm and selection pressure: why rank-based allocation of reproductive
trials is best" (ICGA 1989). The population is always sorted; a child that is worse than all of it
is dropped. As nothing waits for a generation, losses may be told one at a time and in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack, final

import numpy as np

from vynapse.core import State
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.evolution.encoding import Genome, Genomes
from vynapse.evolution.measured import Measured
from vynapse.evolution.restarts import Restarts
from vynapse.evolution.selection import truncation
from vynapse.evolution.variation import Offspring, Parents, Variation, VariationParts
from vynapse.seeding import F32, Streams


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Child:
    """A child that waits for its loss.

    Attributes:
        genome: (p,).
        sigma: its step size (1,).
        parent_loss: the loss of the first parent, None for a child without parents.
        restart: number of the restart it was made in; no other population takes it.
    """

    genome: Genome
    sigma: F32
    parent_loss: float | None
    restart: int


@final
class SteadyState:
    """A sorted population of which the worst are replaced, with restarts.

    The first `size` individuals, and the first after a restart, are the centre itself and normal
    variations of it. `size` children are a generation: so often does sigma decay and are the rules
    of `restarts` asked.

    `ask` and `tell` go in steps of some children; `ask_one` and `tell_one` take any child at any
    time. They are not mixed.

    Args:
        centre: number of the restart (0 at the start) -> genome to start from, (p,).
        streams: random numbers; keyed by (restart, child of this restart).
        size: individuals in the population.
        children: made in a step of `ask` and `tell`.
        restarts: when to start afresh, and how large; None for never.
        measure_again: the objective changes from step to step, so that `ask` gives the whole
            population before the children.
        parts: how children are made, see `VariationParts`.
    """

    def __init__(
        self,
        centre: Callable[[int], Genome],
        streams: Streams,
        *,
        size: int,
        children: int,
        restarts: Restarts | None = None,
        measure_again: bool = False,
        **parts: Unpack[VariationParts],
    ) -> None:
        self._centre, self._first_size, self._children = centre, size, children
        self._variation = Variation(streams, parts)
        self._restarts = restarts or Restarts()
        self._measure_again = measure_again
        # of this restart: children made, children told
        self._made = self._told = 0
        self._members = _nobody(len(centre(0)))
        self._asked: tuple[Genomes, list[_Child]] | None = None
        self._waiting: dict[int, _Child] = {}

    @property
    def size(self) -> int:
        """Individuals in a complete population; restarts may make them more."""
        return self._restarts.scaled(self._first_size)

    def ask(self) -> Genomes:
        """The next children, after the population where it is to be measured again."""
        if self._asked is None:
            children = self._make(self._children)
            genomes = np.stack([child.genome for child in children])
            again = self._members.genomes[: self._again]
            self._asked = np.concatenate([again, genomes]), children
        return self._asked[0]

    def tell(self, genomes: Genomes, measured: Measured) -> None:
        """Take the children in, one after the other."""
        if self._asked is None or len(genomes) != len(self._asked[0]):
            raise ValueError("tell wants the losses of the genomes that ask gave last")
        losses = measured.losses
        children, again = self._asked[1], self._again
        self._asked = None
        if again:
            best = truncation(losses[:again], again)
            self._members = Parents(genomes[best], losses[best], self._members.sigmas[best])
        self._made += len(children)
        for child, genome, loss in zip(children, genomes[again:], losses[again:], strict=True):
            self._take(child, genome, float(loss))

    def ask_one(self, number: int) -> Genome:
        """Child `number` (p,), made from the population as it stands."""
        (child,) = self._make(1)
        self._made += 1
        self._waiting[number] = child
        return child.genome

    def tell_one(self, number: int, loss: float) -> None:
        """Take child `number` in; after a restart, those made before it are dropped."""
        child = self._waiting.pop(number)
        self._take(child, child.genome, loss)

    def emigrants(self, count: int) -> tuple[Genomes, Measured]:
        """At most `count` of the best individuals, best first."""
        members = self._members
        return members.genomes[:count].copy(), Measured(members.losses[:count].copy())

    def give_way(self, count: int) -> None:
        """The worst `count` individuals of a complete population are gone, but for the best one."""
        members = self._members
        if len(members.losses) == self.size:
            kept = max(1, self.size - count)
            self._members = Parents(
                members.genomes[:kept], members.losses[:kept], members.sigmas[:kept]
            )

    def receive(self, genomes: Genomes, measured: Measured) -> None:
        """Put each in its place, unless it is the worst of a complete population.

        Newcomers have the mean step size of the population, which counts no child for them. While
        it is empty, nobody is taken in.
        """
        if self._asked is not None:
            raise ValueError("receive is called between tell and ask")
        if not len(self._members.losses):
            return
        sigma = np.full(1, self._members.sigmas.mean(), np.float32)
        for genome, loss in zip(genomes, measured.losses.tolist(), strict=True):
            self._insert(genome, loss, sigma)

    def metrics(self) -> Mapping[str, float]:
        """Mean step size of the population (absent while it is empty) and restarts so far."""
        sigma = self._variation.metrics(self._members.sigmas)
        return {**sigma, "restarts": float(self._restarts.count)}

    def state(self) -> State:
        """Population and counters, between two steps; not the children that `ask_one` gave."""
        return {
            MADE: self._made_from(),
            "made": self._made,
            "told": self._told,
            "genomes": self._members.genomes.copy(),
            "losses": self._members.losses.copy(),
            "sigmas": self._members.sigmas.copy(),
            "restarts": self._restarts.state(),
        }

    def load(self, state: State) -> None:
        """Become the population whose `state` this was; nothing waits for a loss.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("strategy", self._made_from(), state)
        rows = ("genomes", "losses", "sigmas")
        refuse_misfit("strategy", self.state(), state, rows=rows)
        self._made, self._told = state["made"], state["told"]
        self._members = Parents(
            state["genomes"].copy(), state["losses"].copy(), state["sigmas"].copy()
        )
        self._restarts.load(state["restarts"])
        self._asked, self._waiting = None, {}

    def _made_from(self) -> dict[str, Any]:
        return {
            "kind": "steady-state",
            "parameters": self._members.genomes.shape[1],
            "size": self._first_size,
            "measure_again": self._measure_again,
            "restarts": self._restarts.made(),
            **self._variation.made(),
        }

    @property
    def _again(self) -> int:
        """How many individuals are measured again with the children."""
        return len(self._members.losses) if self._measure_again else 0

    def _make(self, count: int) -> list[_Child]:
        """The next children, from the population; from the centre while it is not complete."""
        restart, individuals = self._restarts.count, self._made + np.arange(count)
        members = self._members
        if self._made < self.size or not len(members.losses):
            brood = self._variation.start(self._centre(restart), restart, individuals)
            return _children(brood, [None] * count, restart)
        brood = self._variation.children(members, self._age, restart, individuals)
        return _children(brood, members.losses[brood.first].tolist(), restart)

    @property
    def _age(self) -> int:
        """Generations since the last (re)start."""
        return self._told // self.size

    def _take(self, child: _Child, genome: Genome, loss: float) -> None:
        """Put a child in its place, unless it is the worst of a complete population."""
        if child.restart != self._restarts.count:
            return
        parent, before = child.parent_loss, self._members.sigmas
        better = np.array([] if parent is None else [loss < parent], np.bool_)
        self._insert(genome, loss, child.sigma)
        sigmas = self._variation.adapted(self._members.sigmas, before, better)
        self._members = members = self._members._replace(sigmas=sigmas)
        self._told += 1
        if self._told % self.size == 0 and self._restarts.update(
            float(members.losses[0]), members.genomes
        ):
            self._made = self._told = 0
            self._members = _nobody(len(genome))

    def _insert(self, genome: Genome, loss: float, sigma: F32) -> None:
        """An individual in its place; of equals, those that were there first."""
        members, size = self._members, self.size
        place = int(np.searchsorted(members.losses, loss, side="right"))
        if place < size:
            self._members = Parents(
                np.insert(members.genomes, place, genome, axis=0)[:size],
                np.insert(members.losses, place, loss)[:size],
                np.insert(members.sigmas, place, sigma)[:size],
            )


def _children(brood: Offspring, parent_losses: list[float | None], restart: int) -> list[_Child]:
    return [
        _Child(genome, brood.sigmas[index : index + 1], parent_losses[index], restart)
        for index, genome in enumerate(brood.genomes)
    ]


def _nobody(parameters: int) -> Parents:
    return Parents(
        np.empty((0, parameters), np.float32), np.empty(0, np.float64), np.empty(0, np.float32)
    )
