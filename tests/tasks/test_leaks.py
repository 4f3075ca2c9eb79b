# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What one column tells alone, against what is built in; and columns that number the rows."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.tasks.leaks import names_rows, numbers_rows, tells_nearly_all, told_alone


@pytest.mark.parametrize("seed", range(8))
def test_a_leak_with_a_little_noise_is_seen_and_an_honest_column_is_not(seed: int) -> None:
    random = np.random.default_rng(seed)
    classes = random.integers(0, 3, 600)
    leak = classes + random.uniform(-0.4, 0.4, 600)
    honest = classes + random.normal(0, 1.0, 600)
    for column, seen in ((leak, True), (honest, False)):
        share = told_alone(column[:400], classes[:400], column[400:], classes[400:])
        assert tells_nearly_all(share) is seen
    category = classes.copy()
    assert told_alone(category[:400], classes[:400], category[400:], classes[400:]) == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_numbers_are_told_by_r2(seed: int) -> None:
    random = np.random.default_rng(seed)
    target = random.normal(size=600)
    leak, honest = np.exp(target), target + random.normal(size=600)
    shares = [
        told_alone(column[:400], target[:400], column[400:], target[400:])
        for column in (leak, honest)
    ]
    assert tells_nearly_all(shares[0])
    assert shares[1] is not None
    assert shares[1] < 0.7


def test_nothing_is_said_of_few_rows_or_of_one_class() -> None:
    few = np.arange(19.0)
    assert told_alone(few, few.astype(np.int64), few, few.astype(np.int64)) is None
    many, same = np.arange(40.0), np.zeros(40, np.int64)
    assert told_alone(many, same, many, same) is None
    assert not tells_nearly_all(None)


def test_identifiers() -> None:
    assert numbers_rows(np.arange(7.0, 80.0))
    assert not numbers_rows(np.arange(49.0))
    assert not numbers_rows(np.arange(0, 160, 2.0))
    assert names_rows(np.arange(20))
    assert not names_rows(np.r_[np.arange(20), 0])
