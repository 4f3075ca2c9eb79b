# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Operators in a box, law by law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.evolution.bounded import polynomial, simulated_binary
from vynapse.seeding import Streams

SEEDS = st.integers(0, 1000)
DTYPES = st.sampled_from([np.dtype(np.float32), np.dtype(np.float64)])
ETAS = st.sampled_from([0.0, 1.0, 15.0, 20.0, 200.0])
BOXES = st.sampled_from([(0.0, 1.0), (-5.0, 5.0), (-1e-3, 1e6), (2.0, 2.0)])
LAST = np.nextafter(np.float32(1), np.float32(0))


def draws(seed: int, name: str, rows: int = 40, width: int = 25) -> np.ndarray:
    """Uniform numbers, the least and the greatest of the grid among them."""
    uniform = Streams(seed).stream(name).uniform(width, 0, np.arange(rows))
    uniform[0, :4] = (2.0**-24, LAST, 0.5, np.nextafter(np.float32(0.5), np.float32(0)))
    return uniform


def inside(seed: int, name: str, dtype: Any, low: float, high: float) -> np.ndarray:
    """Genomes of the box, some of them on its bounds."""
    share: Any = Streams(seed).stream(name).uniform(25, 0, np.arange(40)).astype(dtype)
    share[:, 0], share[:, 1] = 0, 1
    low, high = dtype.type(low), dtype.type(high)
    return np.asarray(np.clip(low + share * (high - low), low, high))


@given(seed=SEEDS, dtype=DTYPES, eta=ETAS, box=BOXES)
def test_polynomial_mutation_stays_in_the_box_and_keeps_the_dtype(
    seed: int, dtype: Any, eta: float, box: tuple[float, float]
) -> None:
    genomes = inside(seed, "genomes", dtype, *box)
    uniform = draws(seed, "uniform")
    mutated = polynomial(genomes, uniform, eta, *box)
    assert mutated.dtype == dtype
    low, high = np.array(box, dtype)
    assert ((low <= mutated) & (mutated <= high)).all()
    rises = uniform >= 0.5
    assert (mutated[rises] >= genomes[rises]).all()
    assert (mutated[~rises] <= genomes[~rises]).all()


def test_a_wide_box_gives_the_published_distribution() -> None:
    """In the middle, P(|step| <= d) is 1 - (1 - d)^(eta + 1) but for a tail of 2^-eta."""
    uniform = Streams(2).stream("u").uniform(20000).reshape(1, -1)
    genomes = np.full(uniform.shape, 0.5)
    step = np.abs(polynomial(genomes, uniform, 20.0, 0.0, 1.0) - genomes)
    for distance in (0.01, 0.03, 0.1):
        expected = 1 - (1 - distance) ** 21
        assert np.mean(step <= distance) == pytest.approx(expected, abs=0.012)


def test_mutation_near_a_bound_is_not_piled_up_on_it() -> None:
    uniform = Streams(3).stream("u").uniform(20000).reshape(1, -1)
    mutated = polynomial(np.full(uniform.shape, 0.01), uniform, 20.0, 0.0, 1.0)
    assert np.mean(mutated == 0) < 0.001
    assert np.mean(mutated < 0.01) == pytest.approx(0.5, abs=0.01)


def test_mutation_spares_what_is_not_chosen_and_takes_a_bound_for_each_parameter() -> None:
    genomes = np.tile(np.array([-0.0, 0.5, 20.0], np.float32), (6, 1))
    low, high = np.array([-1, 0, 10], np.float32), np.array([1, 1, 30], np.float32)
    uniform = draws(1, "u", 7, 4)[1:, :3]
    everything = polynomial(genomes, uniform, 5.0, low, high)
    assert ((low <= everything) & (everything <= high)).all()
    assert (everything != genomes).all()
    chosen = np.array([False, True, False])
    spared = polynomial(genomes, uniform, 5.0, low, high, chosen)
    assert np.signbit(spared[:, 0]).all(), "bits are kept, the sign of zero included"
    np.testing.assert_array_equal(spared[:, 1], everything[:, 1])


@given(seed=SEEDS, dtype=DTYPES, eta=ETAS, box=BOXES)
def test_crossed_children_are_in_the_box_and_symmetric_about_the_mean_of_their_parents(
    seed: int, dtype: Any, eta: float, box: tuple[float, float]
) -> None:
    first, second = (inside(seed, name, dtype, *box) for name in ("first", "second"))
    second[1] = first[1]
    near, far = simulated_binary(first, second, draws(seed, "uniform"), eta, *box)
    low, high = np.array(box, dtype)
    for child in (near, far):
        assert child.dtype == dtype
        assert ((low <= child) & (child <= high)).all()
    scale = float(np.finfo(dtype).eps) * 8 * max(map(abs, box))
    np.testing.assert_allclose(near + far, first + second, rtol=0, atol=scale)
    np.testing.assert_array_equal(near[1], first[1], "equal parents have equal children")
    sides = (near - far) * (first - second)
    assert (sides >= 0).all(), "each child is on the side of its parent"


def test_the_spread_of_children_is_the_published_one() -> None:
    """Far from bounds, P(spread <= b) is b^(eta + 1) / 2 below 1, 1 - b^-(eta + 1) / 2 above."""
    uniform = Streams(5).stream("u").uniform(20000).reshape(1, -1)
    first, second = np.full(uniform.shape, 1.0), np.full(uniform.shape, -1.0)
    near, _ = simulated_binary(first, second, uniform, 2.0, -1e6, 1e6)
    for b in (0.5, 0.9, 1.0, 1.5, 3.0):
        expected = b**3 / 2 if b <= 1 else 1 - b**-3 / 2
        assert np.mean(near <= b) == pytest.approx(expected, abs=0.012)


def test_the_parent_nearest_to_a_bound_limits_the_spread() -> None:
    uniform = Streams(6).stream("u").uniform(20000).reshape(1, -1)
    first, second = np.full(uniform.shape, 0.1), np.full(uniform.shape, 0.5)
    near, far = simulated_binary(first, second, uniform, 2.0, 0.0, 1.0)
    assert far.max() <= 0.6 + 1e-12, "as far from the mean as the bound is on the other side"
    assert far.max() > 0.599
    assert np.mean(near == 0) < 0.001, "and nothing is piled up on the bound"
