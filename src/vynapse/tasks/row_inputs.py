# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Numbers that people have, as arrays that a network can take."""

from __future__ import annotations

from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.errors import DataError

_LARGEST = float(np.finfo(np.float32).max)


def as_numbers(values: Any, what: str) -> Array:
    """An array of finite real numbers (n, …).

    Args:
        values: an array, a tensor, a frame of numbers or a list of rows.
        what: they are called in sentences.

    Raises:
        DataError: they are no such numbers.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    try:
        array = np.asarray(values)
        if array.dtype.kind in "OUS":
            array = array.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise DataError(f"{what}: an array of numbers was wanted: {error}") from None
    if array.dtype.kind == "c":
        raise DataError(f"{what}: real numbers were wanted, got {array.dtype}: take the parts")
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what}: an array of numbers was wanted, got {array.dtype}")
    if array.ndim < 1 or array.shape[0] == 0:
        raise DataError(f"{what}: one or more rows were wanted, got shape {array.shape}")
    if array.dtype.kind == "f" and not (np.abs(array) <= _LARGEST).all():
        rows = array.reshape(len(array), -1)
        bad = ~(np.abs(rows) <= _LARGEST)
        row = int(np.flatnonzero(bad.any(axis=1))[0])
        raise DataError(
            f"{what}: finite numbers of 32 bits were wanted, got {rows[row][bad[row]][0]:g} in row "
            f"{row} (counted from 0)"
        )
    return array


def standardised(what: str, values: Array, mean: Array, scale: Array) -> Array:
    """(values - mean) / scale as float32, computed in float64.

    Raises:
        DataError: a value lies so far from the training rows that float32 does not hold it.
    """
    with np.errstate(over="ignore"):
        result = ((values.astype(np.float64) - mean) / scale).astype(np.float32)
    if not np.isfinite(result).all():
        raise DataError(f"{what}: a value lies too far from the training rows for 32-bit numbers")
    return result
