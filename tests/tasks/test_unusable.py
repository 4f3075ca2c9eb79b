# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Examples with values that no loss survives are refused with their place."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.core import Array, Split
from vynapse.errors import DataError
from vynapse.tasks.arrays import ArrayTask, Splits


def task(inputs: Array, targets: Array) -> ArrayTask:
    return ArrayTask(
        "own", Splits(Split(inputs, targets)), input_shape=(2,), output_size=1, loss="mse"
    )


FINE = np.zeros((5, 2), np.float32)
TARGETS = np.zeros((5, 1), np.float32)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_values_that_are_not_finite(value: float, kind: str) -> None:
    bad: Array = FINE.astype(kind)
    bad[3, 1] = value
    with pytest.raises(DataError, match=r"task 'own': train split: inputs: finite .* example 3 "):
        task(bad, TARGETS).split("train").take(slice(None))
    targets = TARGETS.copy()
    targets[1] = value
    with pytest.raises(DataError, match=r"targets: finite numbers .* example 1 .*: 1 of 5"):
        task(FINE, targets).split("train").take(slice(None))


def test_values_that_float32_does_not_hold_and_complex_ones() -> None:
    with pytest.raises(DataError, match=r"got 1e\+300 in example 0"):
        task(FINE.astype(np.float64) + 1e300, TARGETS).split("train").take(slice(None))
    with pytest.raises(DataError, match="real numbers were wanted, got complex64"):
        task(FINE + np.complex64(1j), TARGETS).split("train").take(slice(None))
    with pytest.raises(DataError, match="numbers were wanted, got an array of type <U1"):
        task(np.full((5, 2), "1"), TARGETS).split("train").take(slice(None))
    assert task(FINE.astype(np.int64), TARGETS).warnings == ()
