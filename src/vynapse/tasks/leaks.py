# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Columns that tell a target nearly by themselves, and columns that only number the rows.

A column is tried alone: a number by its value in 32 parts that hold equally many training rows, a
category by itself. Each part says its most frequent class, or its mean; what counts is how that
does on rows that were held out. `lone_predictors` says the same where it is exact.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vynapse.core import Array
from vynapse.data.cells import F64
from vynapse.seeding import I64

_PARTS: Final = 32
_FEWEST: Final = 20
_NEAR: Final = 0.95
"""The share of what could be told that a column has to tell alone, to be named."""
_ROWS: Final = 50
"""Fewer rows than these may well be numbered by chance."""


def told_alone(train: Array, train_target: Array, held: Array, held_target: Array) -> float | None:
    """The share of a target that one column tells on rows that were held out, from 0 to 1.

    Of classes it is (accuracy - that of the most frequent class) / (1 - the same), of numbers R².

    Args:
        train: (n,) values of the column, float64, or int64 of categories.
        train_target: (n,) int64 of classes, or float64.
        held, held_target: the same of m other rows.

    Returns:
        None where there are too few rows, or nothing is to be told.
    """
    if len(train) < _FEWEST or len(held) < _FEWEST:
        return None
    edges = np.unique(np.quantile(train, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    numeric = train.dtype.kind == "f"
    part = np.searchsorted(edges, train) if numeric else train
    own = np.searchsorted(edges, held) if numeric else held
    count = int(max(part.max(), own.max())) + 1
    if train_target.dtype.kind == "f":
        sizes = np.bincount(part, minlength=count)
        sums = np.bincount(part, weights=train_target, minlength=count)
        means = np.where(sizes > 0, sums / np.maximum(sizes, 1), train_target.mean())
        rest = float(np.square(held_target - means[own]).sum())
        whole = float(np.square(held_target - held_target.mean()).sum())
        return None if whole <= 0 else max(0.0, 1 - rest / whole)
    classes = int(max(train_target.max(), held_target.max())) + 1
    table = np.zeros((count, classes), np.int64)
    np.add.at(table, (part, train_target), 1)
    usual = int(np.bincount(train_target).argmax())
    said = np.where(table.any(axis=1), table.argmax(axis=1), usual)
    right = float((said[own] == held_target).mean())
    base = float((held_target == usual).mean())
    return None if base >= 1 else max(0.0, (right - base) / (1 - base))


def tells_nearly_all(share: float | None) -> bool:
    """Whether a share of `told_alone` is worth a warning."""
    return share is not None and share >= _NEAR


def numbers_rows(values: F64) -> bool:
    """Whether a column counts the rows one by one, as an identifier does.

    Args:
        values: (n,) in the order of the file.
    """
    return len(values) >= _ROWS and bool((np.diff(values) == 1).all())


def names_rows(codes: I64) -> bool:
    """Whether each of the rows has a category of its own.

    Args:
        codes: (n,) category of each row.
    """
    return len(codes) >= _FEWEST and len(np.unique(codes)) == len(codes)
