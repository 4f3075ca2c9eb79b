# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How two parents become one child."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.evolution import crossover
from vynapse.evolution.crossover import Crossover
from vynapse.seeding import Streams

SEEDS = st.integers(0, 1000)


def uniform(seed: int, count: int, width: int) -> np.ndarray:
    return Streams(seed).stream("test").uniform(width, 0, np.arange(count))


def normal(seed: int, name: str, count: int, width: int) -> np.ndarray:
    return Streams(seed).stream(name).normal(width, 0, np.arange(count))


@given(seed=SEEDS)
def test_uniform_crossover_takes_each_weight_from_one_parent(seed: int) -> None:
    first, second = np.zeros((50, 40), np.float32), np.ones((50, 40), np.float32)
    mixed = crossover.uniform_crossover(first, second, uniform(seed, 50, 40))
    assert set(np.unique(mixed)) == {0, 1}
    assert 0.45 < mixed.mean() < 0.55


@given(seed=SEEDS, weights=st.integers(2, 20), data=st.data())
def test_k_cuts_make_k_plus_one_pieces_in_turn(seed: int, weights: int, data: Any) -> None:
    points = data.draw(st.integers(1, weights - 1))
    first, second = np.zeros((30, weights), np.float32), np.ones((30, weights), np.float32)
    child = crossover.k_point(first, second, uniform(seed, 30, points))
    assert (child[:, 0] == 0).all(), "the first piece is the first parent's"
    assert ((np.diff(child, axis=1) != 0).sum(axis=1) == points).all()


def test_every_set_of_cuts_is_equally_likely() -> None:
    first, second = np.zeros((30000, 5), np.float32), np.ones((30000, 5), np.float32)
    child = crossover.k_point(first, second, uniform(2, 30000, 2))
    cuts, counts = np.unique(np.diff(child, axis=1) != 0, axis=0, return_counts=True)
    assert len(cuts) == 6, "two of four places"
    np.testing.assert_allclose(counts / 30000, 1 / 6, atol=0.012)


@given(seed=SEEDS, alpha=st.floats(0, 2))
def test_blend_is_even_in_the_longer_interval(seed: int, alpha: float) -> None:
    first, second = normal(seed, "a", 200, 10), normal(seed, "b", 200, 10)
    child = crossover.blend(first, second, uniform(seed, 200, 10), alpha)
    low, high = np.minimum(first, second), np.maximum(first, second)
    place = (child - low + alpha * (high - low)) / ((1 + 2 * alpha) * (high - low))
    usable = high - low > 1e-3
    assert place[usable].min() > -1e-3
    assert place[usable].max() < 1 + 1e-3
    quarters = np.histogram(place[usable], bins=4, range=(-0.01, 1.01))[0] / usable.sum()
    np.testing.assert_allclose(quarters, 0.25, atol=0.06)


@pytest.mark.parametrize("part", [Crossover(), Crossover("k-point", 3), Crossover("blend")])
def test_what_parents_share_is_kept_bit_for_bit(part: Crossover) -> None:
    first, second = normal(1, "a", 50, 8), normal(1, "b", 50, 8)
    for same in (-0.0, 0.1, 3e38):
        first[:, 2] = second[:, 2] = same
        child = part.cross(first, second, uniform(1, 50, part.draws(8)))
        assert child[:, 2].tobytes() == first[:, 2].tobytes()
        assert child.dtype == np.float32
