# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The area that points dominate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.errors import ConfigError
from vynapse.evolution.hypervolume import hypervolume

WHOLE = st.integers(-2, 12)


@given(points=st.lists(st.tuples(WHOLE, WHOLE), max_size=20))
def test_the_area_is_that_of_the_unit_squares_that_are_dominated(
    points: list[tuple[int, int]],
) -> None:
    expected = sum(
        any(x <= column and y <= row for x, y in points)
        for column in range(-2, 10)
        for row in range(-2, 10)
    )
    objectives = np.array(points, np.float64).reshape(-1, 2)
    assert hypervolume(objectives, (10.0, 10.0)) == expected


def test_points_that_are_not_finite_add_nothing() -> None:
    objectives = np.array([[1.0, 2.0], [np.inf, np.inf], [np.nan, 0.0]])
    assert hypervolume(objectives, (3.0, 3.0)) == 2.0


def test_three_objectives_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"points \(n, 2\) and a reference \(2,\) were wanted"):
        hypervolume(np.zeros((4, 3)), (1.0, 1.0))
