# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A search of NEAT as a population that trainers can step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

import numpy as np

from vynapse.core import State
from vynapse.evolution.measured import Measured
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.pareto import ranks
from vynapse.evolution.travellers import Travellers
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.seeding import I64

COLUMNS: Final = (
    "species",
    "threshold",
    "sigma",
    "hidden",
    "connections",
    "best_hidden",
    "best_connections",
)
"""Metrics of a generation: how many species it had and at which threshold, the strength of
perturbations, hidden nodes and genes of a genome on average, and those of the best genome, enabled
genes alone."""


@final
class NeatPopulation:
    """The search, with what other populations have.

    Args:
        search: fresh.
    """

    def __init__(self, search: Neat) -> None:
        self.search = search

    def ask(self) -> Genomes:
        """The current generation, valid until `tell`."""
        return self.search.ask()

    def tell(self, genomes: Genomes, measured: Measured) -> None:
        """Losses of the genomes last asked for; where learning is inherited, weights differ.

        With several objectives their ranks are what species share and parents are chosen by.
        """
        asked = self.search.ask()
        if genomes is not asked:
            asked.weight[:, : genomes.gene_room] = genomes.weight
        ranked = None if measured.objectives is None else ranks(measured)
        self.search.tell(measured.losses, ranked)

    def emigrants(self, count: int) -> tuple[Genomes, Measured]:
        """The best genome so far, then the best of other species; none before the first `tell`."""
        leaving = self.depart(count)
        return leaving.genomes, Measured(leaving.losses)

    def receive(self, genomes: Genomes, measured: Measured) -> None:
        """Genomes of a search whose markings are not known: see `Neat.admit`."""
        for row in range(len(genomes)):
            self.search.admit(genomes, row)

    def depart(self, count: int) -> Travellers[Genomes]:
        """The same as `emigrants`, with ids and markings."""
        genomes, losses, ids = self.search.leavers(count)
        return Travellers(genomes, losses, ids, self.search.markings)

    def arrive(self, travellers: Travellers[Genomes]) -> I64:
        """Genomes of a search with these markings: the same structure has the same number here."""
        some, markings = travellers.genomes, travellers.markings
        ids = [self.search.admit(some, row, markings) for row in range(len(some))]
        return np.array(ids, np.int64)

    def metrics(self) -> Mapping[str, float]:
        """Those of `COLUMNS`, of the generation told last."""
        known = self.search.metrics()
        return {name: known[name] for name in COLUMNS if name in known}

    def state(self) -> State:
        """All that `load` needs."""
        return self.search.state()

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self.search.load(state)
