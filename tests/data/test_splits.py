# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Splits: disjoint, complete, stratified, the same for the same seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vynapse.data.splits import split_rows

FRACTIONS = st.floats(0, 0.45)


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=200),
    validation=FRACTIONS,
    test=FRACTIONS,
    seed=st.integers(0, 2**32),
)
def test_splits_are_a_partition_that_keeps_the_share_of_each_label(
    labels: list[int], validation: float, test: float, seed: int
) -> None:
    of_row = np.array(labels)
    parts = split_rows(of_row, validation, test, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(labels)))
    for part in parts:
        assert np.all(np.diff(part) > 0)
    for label in set(labels):
        size = labels.count(label)
        train, validating, testing = (int((of_row[part] == label).sum()) for part in parts)
        assert train >= 1
        assert abs(validating - size * validation) <= 1
        assert abs(testing - size * test) <= 1


def test_the_same_seed_is_the_same_split_and_another_seed_is_another() -> None:
    labels = np.zeros(100, dtype=np.int64)
    first, again, other = (split_rows(labels, 0.2, 0.2, seed) for seed in (4, 4, 5))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[2], other[2])
    assert [len(part) for part in first] == [60, 20, 20]
