# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes that come and go: what a population gives away, and what it does with newcomers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vynapse.core import Array
from vynapse.evolution.map_elites import Grid, IsoLine, MapElites
from vynapse.evolution.measured import Measured
from vynapse.evolution.named import make_population
from vynapse.evolution.nsga2 import Nsga2
from vynapse.evolution.strategies.kind import STRATEGIES
from vynapse.seeding import Streams

SIZE = 4
PARENTS = ["mu+lambda", "mu,lambda", "generational", "steady-state"]
SAMPLED = ["openai-es", "snes", "cma-es"]


def sphere(genomes: Array) -> Measured:
    return Measured((genomes.astype(np.float64) ** 2).sum(axis=1))


def grown(strategy: str, seed: int = 0, generations: int = 4) -> Any:
    keys = {"kind": strategy, "restart_patience": None, "min_delta": 0.01, "restart_growth": 1.0}
    population = make_population(keys, np.full(SIZE, 3.0), sigma=0.3, size=12, seed=seed)
    for _ in range(generations):
        genomes = population.ask()
        population.tell(genomes, sphere(genomes))
    return population


def test_the_strategies_are_all_here() -> None:
    assert sorted(PARENTS + SAMPLED) == sorted(STRATEGIES.names())


@pytest.mark.parametrize("strategy", PARENTS)
def test_the_best_of_the_parents_emigrate(strategy: str) -> None:
    population = grown(strategy)
    state = population.state()
    known = state["losses"]
    genomes, measured = population.emigrants(2)
    np.testing.assert_array_equal(measured.losses, np.sort(known)[:2])
    np.testing.assert_array_equal(sphere(genomes).losses, measured.losses)
    genomes += 1
    np.testing.assert_equal(population.state(), state, "they are copies")


@pytest.mark.parametrize("strategy", SAMPLED)
def test_of_a_distribution_the_best_sample_emigrates(strategy: str) -> None:
    for seed in range(3):
        keys = {"kind": strategy}
        population = make_population(keys, np.full(SIZE, 3.0), sigma=0.3, size=12, seed=seed)
        assert len(population.emigrants(3)[0]) == 0, "nothing is known yet"
        lowest = np.inf
        for _ in range(3):
            genomes = population.ask()
            population.tell(genomes, sphere(genomes))
            lowest = min(lowest, sphere(genomes).losses.min())
        genomes, measured = population.emigrants(3)
        assert sphere(genomes).losses.tolist() == measured.losses.tolist() == [lowest]


@pytest.mark.parametrize("strategy", PARENTS)
def test_a_newcomer_that_is_better_is_a_parent_and_a_worse_one_is_not(strategy: str) -> None:
    population = grown(strategy)
    before = population.state()
    best = np.zeros((1, SIZE), np.float32)
    population.receive(np.concatenate([best, best + 99]), Measured(np.array([0.0, 1e6])))
    after = population.state()
    name = "genomes" if "genomes" in after else "parents"
    np.testing.assert_array_equal(after[name][0], best[0])
    np.testing.assert_array_equal(after["losses"][1:], before["losses"][:-1])
    assert len(after["sigmas"]) == len(before["sigmas"])


@pytest.mark.parametrize("strategy", SAMPLED)
def test_a_newcomer_is_measured_and_learnt_from_in_the_next_generation(strategy: str) -> None:
    alone, visited = grown(strategy), grown(strategy)
    best = np.zeros((1, SIZE))
    visited.receive(best, Measured(np.zeros(1)))
    asked = visited.ask()
    np.testing.assert_array_equal(asked[:-1], alone.ask()[:-1])
    np.testing.assert_array_equal(asked[-1], best[0])
    for population in (alone, visited):
        genomes = population.ask()
        population.tell(genomes, sphere(genomes))
    assert len(alone.ask()) == len(visited.ask())
    assert not np.array_equal(alone.ask(), visited.ask()), "it was learnt from"
    assert not (visited.ask() == best).all(axis=1).any(), "it comes once"


@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_nobody_is_received_while_a_generation_is_measured(strategy: str) -> None:
    population = grown(strategy)
    asked = population.ask()
    with pytest.raises(ValueError, match="between tell and ask"):
        population.receive(asked[:1], Measured(np.zeros(1)))


def test_the_front_of_nsga2_takes_newcomers_that_nothing_dominates() -> None:
    low = np.zeros(SIZE, np.float32)
    population = Nsga2(low, low + 1, Streams(0), population=8)
    genomes = population.ask()
    values = genomes.astype(np.float64)
    both = np.stack([values.sum(axis=1), (1 - values).sum(axis=1)], axis=1)
    population.tell(genomes, Measured.by_objectives(both + 1))
    population.receive(low[None], Measured.by_objectives(np.array([[0.0, 0.0]])))
    front, objectives = population.front()
    np.testing.assert_array_equal(front, low[None])
    np.testing.assert_array_equal(objectives, [[0.0, 0.0]])
    given, measured = population.emigrants(3)
    assert len(given) == 3
    np.testing.assert_array_equal(given[0], low)
    assert measured.objectives is not None


def test_an_archive_takes_newcomers_into_their_cells() -> None:
    grid = Grid((0.0,), (1.0,), (4,))
    archive = MapElites(
        np.zeros(SIZE, np.float32), grid, Streams(0),
        variation=IsoLine(0.1), initial_sigma=0.1, batch=4,
    )  # fmt: skip
    genomes = archive.ask()
    archive.tell(genomes, Measured(np.full(4, 5.0), descriptors=np.full((4, 1), 0.1)))
    ones = np.ones((2, SIZE), np.float32)
    places = np.array([[0.1], [0.9]])
    archive.receive(ones, Measured(np.array([9.0, 9.0]), descriptors=places))
    cells, kept, losses, _ = archive.elites()
    assert (cells.tolist(), losses.tolist()) == ([0, 3], [5.0, 9.0])
    np.testing.assert_array_equal(kept[1], ones[0])
    given, measured = archive.emigrants(1)
    assert measured.losses.tolist() == [5.0]
    np.testing.assert_array_equal(given[0], kept[0])
