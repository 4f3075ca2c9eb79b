# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Examples that no network can learn from: values that are not finite, complex or no numbers."""

from __future__ import annotations

import numpy as np

from vynapse.core import Array, Split
from vynapse.errors import DataError

_LARGEST = float(np.finfo(np.float32).max)


def refuse_unusable(where: str, part: Split, *, as_they_are: bool) -> None:
    """Refuse raw examples with values that would spoil every loss.

    Args:
        where: the split, for the sentence.
        part: raw examples.
        as_they_are: whether the inputs reach the network as they are, as float32.

    Raises:
        DataError: there are such values; with the first example that has one.
    """
    _refuse(f"{where}: inputs", part.inputs, float32=as_they_are)
    _refuse(f"{where}: targets", part.targets, float32=False)


def _refuse(what: str, values: Array, *, float32: bool) -> None:
    if values.dtype.kind == "c":
        raise DataError(f"{what}: real numbers were wanted, got {values.dtype}: take the parts")
    if float32 and values.dtype.kind not in "biuf":
        raise DataError(f"{what}: numbers were wanted, got an array of type {values.dtype}")
    if values.dtype.kind != "f" or not values.size:
        return
    lowest, highest = float(values.min()), float(values.max())
    limit = _LARGEST if float32 else float(np.finfo(values.dtype).max)
    if -limit <= lowest and highest <= limit:
        return
    rows = values.reshape(len(values), -1)
    bad = ~(np.abs(rows) <= limit)
    first = int(np.flatnonzero(bad.any(axis=1))[0])
    value = rows[first][bad[first]][0]
    raise DataError(
        f"{what}: finite numbers of 32 bits were wanted, got {value:g} in example {first} (counted "
        f"from 0): {int(bad.any(axis=1).sum())} of {len(values)} examples have such values"
    )
