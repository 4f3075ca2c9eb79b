# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Selection, law by law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.evolution import selection
from vynapse.evolution.fitness import fitness
from vynapse.evolution.selection import Selection
from vynapse.seeding import Streams

SEEDS = st.integers(0, 1000)
KINDS = ("tournament", "roulette", "rank", "sus", "truncation")


def uniform(seed: int, count: int, width: int) -> np.ndarray:
    return Streams(seed).stream("test").uniform(width, 0, np.arange(count))


def shares(chosen: np.ndarray, candidates: int) -> np.ndarray:
    return np.bincount(chosen, minlength=candidates) / len(chosen)


@given(seed=SEEDS, candidates=st.integers(1, 50), size=st.integers(1, 6))
def test_a_tournament_is_won_by_the_lowest_rank_drawn(
    seed: int, candidates: int, size: int
) -> None:
    losses = np.sort(Streams(seed).stream("losses").normal(candidates).astype(np.float64))
    draws = uniform(seed, 20, size)
    winners = selection.tournament(losses, draws)
    drawn = np.floor(draws.astype(np.float64) * candidates).astype(int)
    assert winners.tolist() == drawn.min(axis=1).tolist()
    assert [losses[w] for w in winners] == [losses[row].min() for row in drawn]


def test_of_equal_losses_the_lower_rank_wins() -> None:
    late_then_early = np.array([[0.9, 0.1]], np.float32)
    assert selection.tournament(np.zeros(10), late_then_early).tolist() == [1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("candidates", [1, 2, 3, 100, 12345])
def test_the_largest_and_smallest_numbers_choose_a_candidate(kind: Any, candidates: int) -> None:
    losses = np.arange(candidates, dtype=np.float64)
    part = Selection(kind, tournament_size=1, share=1.0)
    largest = np.full((1, part.draws), np.nextafter(np.float32(1), np.float32(0)))
    smallest = np.full((1, part.draws), np.float32(2.0**-24))
    assert part.choose(losses, largest).tolist() == [candidates - 1]
    assert part.choose(losses, smallest).tolist() == [0]


def test_the_pressure_of_a_tournament() -> None:
    losses = np.arange(10, dtype=np.float64)
    winners = selection.tournament(losses, uniform(3, 20000, 3))
    expected = np.diff([1 - (1 - rank / 10) ** 3 for rank in range(11)])
    np.testing.assert_allclose(shares(winners, 10), expected, atol=0.012)


def test_roulette_draws_in_proportion_to_fitness_and_never_an_infinite_loss() -> None:
    losses = np.array([1.0, 2.0, 3.0, 4.0, np.inf])
    found = shares(selection.roulette(losses, uniform(5, 30000, 1)[:, 0]), 5)
    weights = np.array([1, 2 / 3, 1 / 2, 2 / 5, 0])
    np.testing.assert_allclose(found, weights / weights.sum(), atol=0.012)
    assert found[4] == 0


@pytest.mark.parametrize("pressure", [1.0, 1.5, 2.0])
def test_linear_rank_gives_the_best_its_pressure_and_the_worst_the_rest(pressure: float) -> None:
    losses = np.array([0, 0.1, 5, 6, 1e9, np.inf])
    found = shares(selection.linear_rank(losses, uniform(4, 30000, 1)[:, 0], pressure), 6)
    expected = np.linspace(pressure, 2 - pressure, 6) / 6
    np.testing.assert_allclose(found, expected, atol=0.012)


@given(
    seed=SEEDS,
    losses=st.lists(st.floats(0, 100) | st.just(np.inf), min_size=1, max_size=30),
    count=st.integers(1, 60),
)
def test_universal_sampling_rounds_expectations_down_or_up(
    seed: int, losses: list[float], count: int
) -> None:
    ordered = np.sort(np.array([0.0, *losses]))
    chosen = selection.stochastic_universal(ordered, uniform(seed, count, 2))
    weights = fitness(ordered)
    expected = count * weights / weights.sum()
    found = np.bincount(chosen, minlength=len(ordered))
    assert (found >= np.floor(expected - 1e-9)).all()
    assert (found <= np.ceil(expected + 1e-9)).all()


def test_universal_sampling_is_fair_and_in_no_order() -> None:
    losses = np.array([1.0, 2.0, 3.0, 4.0])
    rows = [selection.stochastic_universal(losses, uniform(seed, 6, 2)) for seed in range(2000)]
    weights = fitness(losses)
    for chosen in (np.concatenate(rows), np.array([row[0] for row in rows])):
        np.testing.assert_allclose(shares(chosen, 4), weights / weights.sum(), atol=0.04)
    assert any((np.diff(row) < 0).any() for row in rows)


def test_truncation_of_parents_is_even_among_the_best() -> None:
    losses = np.arange(10, dtype=np.float64)
    found = shares(selection.among_best(losses, uniform(6, 20000, 1)[:, 0], 0.3), 10)
    np.testing.assert_allclose(found, [1 / 3] * 3 + [0] * 7, atol=0.012)
    assert selection.among_best(losses, uniform(6, 50, 1)[:, 0], 0.01).max() == 0


@given(
    losses=st.lists(st.sampled_from([0.0, 1.0, 2.0, np.inf]), min_size=1, max_size=20),
    count=st.integers(1, 20),
)
def test_survivors_are_the_lowest_and_ties_by_index(losses: list[float], count: int) -> None:
    expected = sorted(range(len(losses)), key=lambda index: (losses[index], index))[:count]
    assert selection.truncation(np.array(losses), count).tolist() == expected
