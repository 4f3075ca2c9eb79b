# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes of NEAT that come from another search: genes keep their meaning, species stay whole."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.evolution.neat.generations import NeatPopulation
from vynapse.evolution.neat.guests import naturalized
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.evolution.travellers import Travellers
from vynapse.kernels import neat
from vynapse.kernels.neat_registry import registry
from vynapse.kernels.reference.neat_genomes import Genomes
from vynapse.seeding import Streams

SETTINGS = NeatSettings(population=24, add_node=0.5, add_connection=0.5)


def grown(seed: int, generations: int = 12, settings: NeatSettings = SETTINGS) -> NeatPopulation:
    search = Neat(settings, 2, 1, Streams(seed))
    noise = Streams(seed).stream("losses")
    for generation in range(generations):
        search.tell(noise.uniform(settings.population, generation).astype(np.float64))
    return NeatPopulation(search)


def origin(node: int, first: int, known: dict[str, np.ndarray]) -> object:
    """What a node is, whatever its number: itself, or the split of a connection of such nodes."""
    if node < first:
        return node
    split, ordinal = known["splits"][node - first].tolist()
    ends = [origin(int(end), first, known) for end in known["connections"][split]]
    return (*ends, ordinal)


def meanings(genomes: Genomes, row: int, known: dict[str, np.ndarray]) -> dict[object, float]:
    """Each gene by the structure that it stands for, with its weight."""
    first, count = genomes.first_hidden, int(genomes.genes[row])
    return {
        (
            origin(int(genomes.source[row, gene]), first, known),
            origin(int(genomes.target[row, gene]), first, known),
        ): float(genomes.weight[row, gene])
        for gene in range(count)
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_gene_means_the_same_in_the_other_search(seed: int) -> None:
    here, there = grown(seed), grown(seed + 100)
    known = there.search.markings
    numbers = registry(4)
    mine = here.search.markings
    numbers.load(mine["connections"], mine["splits"])
    for row in range(5):
        guest = naturalized(there.ask(), row, known["connections"], known["splits"], numbers)
        now = {"connections": numbers.connections, "splits": numbers.splits}
        assert meanings(guest, 0, now) == meanings(there.ask(), row, known)
        assert (np.diff(guest.innovation[0]) > 0).all(), "rising, and no marking twice"
        assert (np.diff(guest.node[0]) > 0).all()
    kept = len(mine["connections"])
    np.testing.assert_array_equal(numbers.connections[:kept], mine["connections"])


@pytest.mark.parametrize("seed", range(4))
def test_a_genome_that_goes_and_comes_back_is_the_same(seed: int) -> None:
    here, there = grown(seed), grown(seed + 100)
    leaving = here.depart(1)
    numbers = registry(4)
    mine, other = here.search.markings, there.search.markings
    numbers.load(other["connections"], other["splits"])
    away = naturalized(leaving.genomes, 0, mine["connections"], mine["splits"], numbers)
    known = {"connections": numbers.connections, "splits": numbers.splits}
    home = registry(4)
    home.load(mine["connections"], mine["splits"])
    back = naturalized(away, 0, known["connections"], known["splits"], home)
    for name, array in leaving.genomes.arrays().items():
        np.testing.assert_array_equal(back.arrays()[name], array, err_msg=name)
    assert len(home.connections) == len(mine["connections"]), "it brought nothing new home"


@pytest.mark.parametrize("seed", range(6))
def test_arrivals_leave_every_species_alive_and_are_sorted_by_distance(seed: int) -> None:
    here, there = grown(seed), grown(seed + 100)
    before = here.search.species()
    ids = here.arrive(there.depart(3))
    after = here.search.species()
    assert set(before) <= set(after), "no species is lost"
    assert sum(after.values()) == SETTINGS.population
    assert len(set(ids.tolist())) == len(ids), "each has a place of its own"
    assert all(identity // SETTINGS.population == 12 for identity in ids.tolist())


def test_copies_of_its_own_genomes_join_a_species_that_is_there() -> None:
    here = grown(1)
    before = set(here.search.species())
    champion = here.search.ask()[0]
    guests = Travellers(champion, np.zeros(1), np.zeros(1, np.int64), here.search.markings)
    here.arrive(guests)
    assert set(here.search.species()) == before


def test_a_population_without_a_place_takes_nobody() -> None:
    apart = NeatSettings(population=8, compatibility_threshold=0.3, add_node=0.9)
    here, there = grown(2, settings=apart), grown(3, settings=apart)
    if max(here.search.species().values()) == 1:
        state = here.state()
        assert here.arrive(there.depart(1)).tolist() == [-1]
        np.testing.assert_equal(here.state(), state)


@pytest.mark.parametrize("seed", range(3))
def test_the_champions_of_species_leave_best_first(seed: int) -> None:
    here = grown(seed)
    leaving = here.depart(4)
    losses = leaving.losses[1:]
    assert (np.diff(losses) >= 0).all()
    assert len(leaving.genomes) == len(leaving.losses) == len(leaving.ids) <= 4
    assert len(set(leaving.ids.tolist())) == len(leaving.ids)
    outputs = neat.forward(
        neat.compile_genomes(leaving.genomes, False), neat.Batch(np.ones((1, 2), np.float32)), 1
    )
    assert np.isfinite(outputs).all()
