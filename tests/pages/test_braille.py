# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Curves in text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.pages.braille import curve


def test_a_line_goes_from_corner_to_corner() -> None:
    assert curve([(0, 0), (1, 1)], 6, 2) == ["1   ⡠⠊", "0 ⡠⠊"]
    assert curve([(0, 1), (1, 0)], 6, 2) == ["1 ⠑⢄", "0   ⠑⢄"]


def test_a_constant_is_a_level_line() -> None:
    lines = curve([(0, 5.0), (9, 5.0)], 8, 3)
    assert [bool(line.strip("5 ")) for line in lines] == [False, True, False]


def test_values_over_many_magnitudes_are_logarithmic() -> None:
    lines = curve([(x, 10.0**-x) for x in range(10)], 30, 4)
    assert lines[0].startswith("    1 ")
    assert lines[-1].startswith("1e-09 ")
    # a straight line: each row has its share of the columns
    assert all(4 <= len(line[6:].strip()) <= 9 for line in lines)


@pytest.mark.parametrize("size", [(0, 0), (5, 0), (1, 3), (3, 1)])
def test_without_room_there_is_nothing(size: tuple[int, int]) -> None:
    assert curve([(0, 1.25), (1, 2.5)], *size) == []
    assert curve([], 40, 5) == []


@given(
    st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=60),
    st.integers(12, 80),
    st.integers(1, 12),
)
def test_a_curve_keeps_to_its_room(values: list[float], width: int, height: int) -> None:
    lines = curve([(x, y) for x, y in enumerate(values)], width, height)
    assert len(lines) == height or width < 14
    assert all(len(line) <= width for line in lines)
