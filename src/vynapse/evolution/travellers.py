# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes on the way from one population to another, with what they are known by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array
from vynapse.evolution.fitness import Losses
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.population import Population
from vynapse.seeding import I64


@final
@dataclass(frozen=True, slots=True, eq=False)
class Travellers(Generic[G]):
    """Copies of some genomes.

    Attributes:
        genomes: `g` of them.
        losses: what was measured of each (g,).
        ids: their ids in the population that they leave (g,); none where genomes have no ids.
        markings: what their genes are known by there, by name; empty where there is nothing.
    """

    genomes: G
    losses: Losses
    ids: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    markings: Mapping[str, Array] = field(default_factory=dict)


@runtime_checkable
class Travelled(Protocol[G]):
    """A population whose genomes have ids, or genes with a meaning of their own in each one."""

    def depart(self, count: int) -> Travellers[G]:
        """What `emigrants` gives, with ids and markings."""

    def arrive(self, travellers: Travellers[G]) -> I64:
        """Take them in as `receive` does; the id of each here, -1 where there was no place (g,)."""


@runtime_checkable
class GivingWay(Protocol):
    """A population with members, which can make room for others."""

    def give_way(self, count: int) -> None:
        """The worst `count` members are gone, but for the best one; `receive` follows."""


def depart(population: Population[Any], count: int) -> Travellers[Any]:
    """At most `count` of the best genomes of a population, best first."""
    if isinstance(population, Travelled):
        return population.depart(count)
    genomes, measured = population.emigrants(count)
    return Travellers(genomes, measured.losses)


def arrive(population: Population[Any], travellers: Travellers[Any], always: bool = True) -> I64:
    """Travellers join a population, between `tell` and `ask`.

    Args:
        population: where they arrive.
        travellers: who arrives.
        always: the worst make room for them, where the population would else take in those alone
            that are better.

    Returns:
        Their ids there (g,); none where genomes have no ids.
    """
    if isinstance(population, Travelled):
        return population.arrive(travellers)
    if always and isinstance(population, GivingWay):
        population.give_way(len(travellers.losses))
    population.receive(travellers.genomes, Measured(travellers.losses))
    return np.zeros(0, np.int64)
