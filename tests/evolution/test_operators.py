# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Selection, recombination and mutation, law by law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.evolution import operators
from vynapse.seeding import Streams

SEEDS = st.integers(0, 1000)


def uniform(seed: int, count: int, width: int) -> np.ndarray:
    return Streams(seed).stream("test").uniform(width, 0, np.arange(count))


@given(seed=SEEDS, candidates=st.integers(1, 50), size=st.integers(1, 6))
def test_a_tournament_is_won_by_the_best_of_those_drawn(
    seed: int, candidates: int, size: int
) -> None:
    losses = Streams(seed).stream("losses").normal(candidates).astype(np.float64)
    draws = uniform(seed, 20, size)
    winners = operators.tournament(losses, draws)
    drawn = np.floor(draws.astype(np.float64) * candidates).astype(int)
    assert [losses[w] for w in winners] == [losses[row].min() for row in drawn]


def test_the_largest_uniform_number_is_still_a_candidate() -> None:
    for candidates in (3, 100, 12345):
        losses = np.arange(candidates, dtype=np.float64)
        largest = np.full((1, 1), np.nextafter(np.float32(1), np.float32(0)))
        assert operators.tournament(losses, largest).tolist() == [candidates - 1]
        assert operators.roulette(losses, largest[0]).tolist() == [candidates - 1]


def test_the_pressure_of_a_tournament() -> None:
    losses = np.arange(10, dtype=np.float64)
    winners = operators.tournament(losses, uniform(3, 20000, 3))
    shares = np.bincount(winners, minlength=10) / len(winners)
    expected = np.diff([1 - (1 - rank / 10) ** 3 for rank in range(11)])
    np.testing.assert_allclose(shares, expected, atol=0.012)


def test_roulette_draws_in_proportion_to_fitness_and_never_an_infinite_loss() -> None:
    losses = np.array([1.0, 2.0, 3.0, np.inf, 4.0])
    winners = operators.roulette(losses, uniform(5, 30000, 1)[:, 0])
    shares = np.bincount(winners, minlength=5) / len(winners)
    fitness = np.array([1, 2 / 3, 1 / 2, 0, 2 / 5])
    np.testing.assert_allclose(shares, fitness / fitness.sum(), atol=0.012)
    assert shares[3] == 0


@given(
    losses=st.lists(st.sampled_from([0.0, 1.0, 2.0, np.inf]), min_size=1, max_size=20),
    count=st.integers(1, 20),
)
def test_truncation_keeps_the_lowest_and_ties_by_index(losses: list[float], count: int) -> None:
    expected = sorted(range(len(losses)), key=lambda index: (losses[index], index))[:count]
    assert operators.truncation(np.array(losses), count).tolist() == expected


@given(seed=SEEDS)
def test_crossover_takes_each_weight_from_one_parent(seed: int) -> None:
    first, second = np.zeros((50, 40), np.float32), np.ones((50, 40), np.float32)
    mixed = operators.uniform_crossover(first, second, uniform(seed, 50, 40))
    assert set(np.unique(mixed)) == {0, 1}
    assert 0.45 < mixed.mean() < 0.55


@pytest.mark.parametrize("seed", range(3))
def test_self_adaptation_is_log_normal_with_a_floor(seed: int) -> None:
    normal = Streams(seed).stream("n").normal(20000)
    sigma = np.full(20000, np.float32(0.5))
    adapted = operators.self_adapted(sigma, normal, parameters=8, minimum=0.0)
    logarithm = np.log(adapted / sigma)
    assert abs(logarithm.mean()) < 0.01
    assert logarithm.std() == pytest.approx(1 / np.sqrt(2 * 8), rel=0.03)
    floored = operators.self_adapted(sigma, normal, parameters=8, minimum=0.5)
    assert floored.min() == np.float32(0.5)
    assert (floored == np.maximum(adapted, np.float32(0.5))).all()


def test_mutation_scales_each_individual_and_spares_what_is_not_chosen() -> None:
    genomes = np.full((3, 4), -0.0, np.float32)
    normal = Streams(1).stream("n").normal(4, 0, np.arange(3))
    sigma = np.array([0.5, 2.0, np.inf], np.float32)
    everywhere = operators.gaussian(genomes[:2], sigma[:2], normal[:2])
    np.testing.assert_array_equal(everywhere, sigma[:2, None] * normal[:2])
    chosen = np.array([True, False, False, True])
    spared = operators.gaussian(genomes, sigma, normal, chosen)
    assert np.signbit(spared[:, 1:3]).all(), "bits are kept, the sign of zero included"
    assert (spared[:, chosen] != 0).all()
