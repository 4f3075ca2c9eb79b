# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Losses before selection."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.errors import TrainingError
from vynapse.evolution.fitness import fitness, usable

FINITE = st.floats(allow_nan=False, allow_infinity=False)
LOSSES = st.lists(FINITE | st.just(np.inf), min_size=1, max_size=30).filter(
    lambda losses: np.isfinite(losses).any()
)


@given(losses=LOSSES)
def test_fitness_keeps_the_order_of_any_losses(losses: list[float]) -> None:
    values = np.array(losses)
    result = fitness(values)
    assert ((result >= 0) & (result <= 1)).all()
    assert result[values.argmin()] == 1
    assert (result[np.isinf(values)] == 0).all()
    assert (np.diff(result[np.argsort(values)]) <= 0).all()


@given(
    losses=st.lists(st.integers(-1000, 1000), min_size=2, max_size=30),
    shift=st.integers(-1000, 1000),
    scale=st.sampled_from([0.25, 2.0, 1024.0]),
)
def test_fitness_ignores_offset_and_scale(losses: list[int], shift: int, scale: float) -> None:
    values = np.array(losses, dtype=np.float64)
    np.testing.assert_array_equal(fitness(values * scale + shift), fitness(values))


def test_one_terrible_loss_does_not_flatten_the_others() -> None:
    mild = fitness(np.array([1.0, 2.0, 3.0, 4.0]))
    wild = fitness(np.array([1.0, 2.0, 3.0, 1e30]))
    np.testing.assert_array_equal(mild[:3], wild[:3])
    assert wild[3] < 1e-20
    assert mild.tolist() == [1, 2 / 3, 1 / 2, 2 / 5]


def test_equal_losses_have_equal_fitness() -> None:
    assert fitness(np.array([3.0, 3.0, np.inf])).tolist() == [1, 1, 0]


def test_losses_that_are_not_finite_become_the_worst_and_are_counted() -> None:
    losses = np.array([1.0, np.nan, -np.inf, np.inf, -2.0], dtype=np.float32)
    result, invalid = usable(losses)
    assert result.tolist() == [1, np.inf, np.inf, np.inf, -2]
    assert invalid == 3
    assert np.isnan(losses[1]), "the caller's array is not written to"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_generation_without_a_finite_loss_is_an_error(value: float) -> None:
    with pytest.raises(TrainingError, match="no loss of the 3 networks"):
        usable(np.full(3, value))
