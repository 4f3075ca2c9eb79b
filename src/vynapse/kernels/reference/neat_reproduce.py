# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Children of a generation of NEAT: parents, crossover, mutation.

Stanley & Miikkulainen (2002), sections 3.1 and 3.2. New structure is pending until
`neat_registry` gives it numbers. `c/neat_reproduce.h` gives the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from vynapse.kernels.reference.law import F64
from vynapse.kernels.reference.neat_cross import Child, crossed, drop_loose_nodes, reaches
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.kernels.reference.neat_law import Births, Chance, Draw, Operator, Plan, Rates
from vynapse.kernels.reference.neat_registry import Pending
from vynapse.seeding import F32, U32, unit


def reproduce(
    parents: Genomes,
    losses: F64,
    plan: Plan,
    rates: Rates,
    chance: Chance,
    generation: int,
    children: Genomes,
) -> tuple[Births, Pending]:
    """Fill `children`, one for each entry of the plan.

    Args:
        parents: the population.
        losses: the losses of the parents; lower is fitter.
        plan: who may be a parent.
        rates: how.
        chance: random numbers.
        generation: the generation of the children.
        children: room for twice the nodes and genes of the largest parent, one node and three
            genes more.
    """
    births, pending = Births.room(len(plan.pool)), Pending.none(len(plan.pool))
    who = np.arange(len(plan.pool), dtype=np.int64)
    room = 2 * int(parents.genes.max()) + 3
    drawn = _Drawn(
        chance.decisions.words(len(Draw), generation, who),
        chance.crossing.words(2 * room, generation, who),
        chance.weights.words(2 * room, generation, who),
        chance.normal.normal(room, generation, who) if rates.normal else None,
        chance.links.words(2 * rates.tries, generation, who),
    )
    for row in range(len(plan.pool)):
        breeding = _Breeding(parents, losses, plan, rates, drawn.row(row))
        child = breeding.child(row, births, pending)
        child.write(children, row)
    return births, pending


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Random numbers of all children, or of one."""

    decisions: U32
    crossing: U32
    weights: U32
    normal: F32 | None
    links: U32

    def row(self, row: int) -> _Drawn:
        normal = None if self.normal is None else self.normal[row]
        return _Drawn(
            self.decisions[row], self.crossing[row], self.weights[row], normal, self.links[row]
        )


@final
@dataclass(slots=True, eq=False)
class _Breeding:
    """One birth."""

    parents: Genomes
    losses: F64
    plan: Plan
    rates: Rates
    drawn: _Drawn

    def child(self, row: int, births: Births, pending: Pending) -> Child:
        copied = int(self.plan.copy[row])
        if copied >= 0:
            births.first[row] = copied
            return Child.of(self.parents, copied)
        first, second, operator = self._couple(int(self.plan.pool[row]))
        if second >= 0 and self.losses[second] < self.losses[first]:
            first, second = second, first
        child = Child.of(self.parents, first)
        if second >= 0 and second != first:
            child = crossed(
                child,
                Child.of(self.parents, second),
                self.drawn.crossing,
                equal=bool(self.losses[first] == self.losses[second]),
                averages=self._happens(Draw.AVERAGES, self.rates.averaging),
                disabled=np.float32(self.rates.disabled),
                recurrent=self.rates.recurrent,
            )
        operator |= self._mutate_weights(child) | self._mutate_parts(child)
        operator |= self._take_away(child)
        operator |= self._add_gene(child, row, pending) | self._add_node(child, row, pending)
        births.first[row], births.second[row], births.operator[row] = first, second, operator
        return child

    def _happens(self, draw: Draw, rate: float) -> bool:
        return bool(unit(self.drawn.decisions[draw : draw + 1])[0] < np.float32(rate))

    def _below(self, draw: Draw, bound: int) -> int:
        return int(self.drawn.decisions[draw]) * bound >> 32

    def _signed(self, draw: Draw) -> np.float32:
        """Uniform in (-1, 1)."""
        return np.float32(_signed(self.drawn.decisions[draw : draw + 1])[0])

    def _couple(self, pool: int) -> tuple[int, int, Operator]:
        """Rows of the parents, -1 for none."""
        begin, size = self.plan.begin, self.plan.size
        first = int(self.plan.members[begin[pool] + self._below(Draw.FIRST, int(size[pool]))])
        if self._happens(Draw.MATES, self.rates.mutation_only):
            return first, -1, Operator(0)
        operator, other = Operator.CROSSOVER, pool
        if len(begin) > 1 and self._happens(Draw.ABROAD, self.rates.interspecies):
            operator |= Operator.INTERSPECIES
            other = self._below(Draw.POOL, len(begin) - 1)
            other += other >= pool
        second = self.plan.members[begin[other] + self._below(Draw.SECOND, int(size[other]))]
        return first, int(second), operator

    def _mutate_weights(self, child: Child) -> Operator:
        rates, count = self.rates, len(child.weight)
        if not self._happens(Draw.WEIGHTS, rates.weights):
            return Operator(0)
        words = self.drawn.weights[: 2 * count]
        little = unit(words[0::2]) < np.float32(rates.perturb)
        signed = _signed(words[1::2])
        step = signed if self.drawn.normal is None else self.drawn.normal[:count]
        changed = child.weight + np.float32(rates.power) * step
        limit = np.float32(rates.limit)
        mutated = np.where(little, changed, np.float32(rates.replace) * signed)
        child.weight = np.maximum(np.minimum(mutated, limit), -limit)
        return Operator.WEIGHTS

    def _mutate_parts(self, child: Child) -> Operator:
        operator, rates, hidden = Operator(0), self.rates, len(child.node) - child.outputs
        if len(child.weight) and self._happens(Draw.TOGGLE, rates.toggle):
            child.enabled[self._below(Draw.TOGGLED, len(child.weight))] ^= np.uint8(1)
            operator |= Operator.TOGGLE
        if hidden and self._happens(Draw.ACTIVATION, rates.activation):
            kind = rates.kinds[self._below(Draw.ACTIVATION_KIND, len(rates.kinds))]
            child.activation[child.outputs + self._below(Draw.ACTIVATED, hidden)] = kind
            operator |= Operator.ACTIVATION
        return operator

    def _take_away(self, child: Child) -> Operator:
        operator = Operator(0)
        if len(child.weight) and self._happens(Draw.DELETE_GENE, self.rates.delete_gene):
            gone = self._below(Draw.DELETED_GENE, len(child.weight))
            child.keep_genes(np.arange(len(child.weight)) != gone)
            drop_loose_nodes(child)
            operator |= Operator.DELETE
        hidden = len(child.node) - child.outputs
        if hidden and self._happens(Draw.DELETE_NODE, self.rates.delete_node):
            gone = child.node[child.outputs + self._below(Draw.DELETED_NODE, hidden)]
            child.keep_genes((child.source != gone) & (child.target != gone))
            drop_loose_nodes(child)
            operator |= Operator.DELETE
        return operator

    def _add_gene(self, child: Child, row: int, pending: Pending) -> Operator:
        """The first pair drawn that is not connected yet; feed-forward, no output is a source."""
        if not self._happens(Draw.ADD_GENE, self.rates.add_gene):
            return Operator(0)
        before, count = child.inputs + 1, len(child.node)
        taken = set(zip(child.source.tolist(), child.target.tolist(), strict=True))
        for attempt in range(self.rates.tries):
            pick = int(self.drawn.links[2 * attempt]) * (before + count) >> 32
            source = pick if pick < before else int(child.node[pick - before])
            target = int(child.node[int(self.drawn.links[2 * attempt + 1]) * count >> 32])
            if (source, target) in taken:
                continue
            if not self.rates.recurrent and (
                before <= source < before + child.outputs
                or reaches(child.source, child.target, target, source)
            ):
                continue
            pending.source[row], pending.target[row] = source, target
            pending.weight[row] = np.float32(self.rates.initial) * self._signed(Draw.GENE_WEIGHT)
            return Operator.ADD_GENE
        return Operator(0)

    def _add_node(self, child: Child, row: int, pending: Pending) -> Operator:
        """An enabled connection, though none from the bias, is disabled and split."""
        if not self._happens(Draw.ADD_NODE, self.rates.add_node):
            return Operator(0)
        able = np.flatnonzero((child.enabled == 1) & (child.source != child.inputs))
        if len(able) == 0:
            return Operator(0)
        gene = able[self._below(Draw.SPLIT, len(able))]
        child.enabled[gene] = 0
        pending.split[row] = child.innovation[gene]
        pending.kind[row] = self.rates.kinds[self._below(Draw.NODE_KIND, len(self.rates.kinds))]
        return Operator.ADD_NODE


def _signed(words: U32) -> F32:
    doubled: F32 = np.float32(2) * unit(words) - np.float32(1)
    return doubled
