# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Windows of series: which rows they hold, and that no row is on two sides of a split."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.data.splits import split_in_order
from vynapse.data.windows import Windows, WindowSource, series_of, window_ends

GROUPS = st.lists(st.integers(0, 3), min_size=1, max_size=60)


@given(groups=GROUPS, length=st.integers(1, 6), ahead=st.integers(0, 4))
def test_windows_are_all_runs_of_rows_of_one_series(
    groups: list[int], length: int, ahead: int
) -> None:
    table = np.array(groups, np.int64)
    order, ends = series_of(table), window_ends(table, length, ahead)
    found = [tuple(order[end - length + 1 : end + ahead + 1].tolist()) for end in ends]
    wanted = []
    for group in np.unique(table):
        rows = np.flatnonzero(table == group).tolist()
        span = length + ahead
        wanted += [tuple(rows[at : at + span]) for at in range(len(rows) - span + 1)]
    assert found == wanted


@given(
    groups=GROUPS,
    validation=st.floats(0.05, 0.4),
    test=st.floats(0, 0.4),
    gap=st.integers(0, 5),
)
def test_a_split_in_the_order_of_time_never_looks_ahead(
    groups: list[int], validation: float, test: float, gap: int
) -> None:
    table = np.array(groups, np.int64)
    parts = split_in_order(table, validation, test, gap)
    rows = np.concatenate(parts)
    assert len(np.unique(rows)) == len(rows)
    for group in np.unique(table):
        own = np.flatnonzero(table == group)
        place = {row: at for at, row in enumerate(own.tolist())}
        sides = [[place[row] for row in part.tolist() if row in place] for part in parts]
        for early, late in ((0, 1), (1, 2), (0, 2)):
            if sides[early] and sides[late]:
                assert min(sides[late]) - max(sides[early]) > gap


def source(length: int = 3, horizon: int = 2) -> WindowSource:
    rows = np.arange(20, dtype=np.float32).reshape(10, 2)
    ends = window_ends(np.zeros(10, np.int64), length, horizon)
    return WindowSource(
        rows, np.arange(10.0)[:, None], ends, Windows(length=length, horizon=horizon)
    )


def test_a_source_gives_windows_and_the_targets_after_them() -> None:
    found = source()
    assert len(found) == 6
    taken = found.take(np.array([5, 0]))
    assert taken.inputs[:, :, 0].tolist() == [[10, 12, 14], [0, 2, 4]]
    assert taken.targets.tolist() == [[9], [4]]
    assert found.take(slice(1, 3)).targets.tolist() == [[5], [6]]


@pytest.mark.parametrize("other", [source(2), source(3, 1)])
def test_other_windows_are_other_examples(other: WindowSource) -> None:
    def digest(one: WindowSource) -> str:
        found = hashlib.sha256()
        one.identify("train", found)
        return found.hexdigest()

    assert digest(source()) == digest(source()) != digest(other)
