# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What people see of an interval."""

from __future__ import annotations

import pytest

from vynapse.statistics import half_width, mean_of


@pytest.mark.parametrize("value", [0.1, 0.3, 1e-9, 12345.678, -7e8])
def test_the_rounding_of_equal_values_is_no_spread(value: float) -> None:
    third = value / 3
    mean = mean_of([value, third + third + third, third * 3, value])
    assert mean is not None
    assert half_width(mean) == 0


def test_a_real_spread_is_shown_as_it_is() -> None:
    mean = mean_of([1.0, 1.0 + 1e-9, 1.0])
    assert mean is not None
    assert half_width(mean) == mean.half_width
    one = mean_of([1.0])
    assert one is not None
    assert half_width(one) is None
