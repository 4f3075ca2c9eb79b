# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which rows train, which validate and which test: drawn and stratified, or in order of time."""

from __future__ import annotations

import math

import numpy as np

from vynapse.seeding import I64, Streams


def split_rows(labels: I64, validation: float, test: float, seed: int) -> tuple[I64, I64, I64]:
    """Rows of the training, validation and test splits, each in ascending order.

    Within each label a random order decides; a split takes its fraction of every label, rounded
    to the nearest row, and what remains trains. Each label keeps at least one training row.

    Args:
        labels: (n,) the class of each row, or zeros where there are no classes.
        validation: fraction of the rows to validate with, in [0, 1).
        test: fraction of the rows to test with, in [0, 1); both together stay below 1.
        seed: root seed of the order.
    """
    stream = Streams(seed).stream("data.split")
    shares: tuple[list[I64], list[I64], list[I64]] = ([], [], [])
    for number, label in enumerate(np.unique(labels)):
        members = np.flatnonzero(labels == label)
        members = members[stream.permutation(len(members), generation=number)]
        spare = len(members) - 1
        test_end = min(math.floor(len(members) * test + 0.5), spare)
        end = test_end + min(math.floor(len(members) * validation + 0.5), spare - test_end)
        for share, part in zip(
            shares, (members[end:], members[test_end:end], members[:test_end]), strict=True
        ):
            share.append(part)
    train_rows, validation_rows, test_rows = (
        np.sort(np.concatenate(share)).astype(np.int64) for share in shares
    )
    return train_rows, validation_rows, test_rows


def split_in_order(groups: I64, validation: float, test: float, gap: int) -> tuple[I64, I64, I64]:
    """Rows of the three splits in the order of time: the first train, the last test.

    Each series is split by itself. The fractions are of its rows, rounded to the nearest; what
    remains trains, less the gaps.

    Args:
        groups: (n,) which series each row is of; its rows stand in the order of time.
        validation: fraction of the rows to validate with, in [0, 1).
        test: fraction of the rows to test with, in [0, 1).
        gap: rows that are left out before the validation rows, and before the test rows.
    """
    shares: tuple[list[I64], list[I64], list[I64]] = ([], [], [])
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group).astype(np.int64)
        test_begin = len(rows) - math.floor(len(rows) * test + 0.5)
        end = test_begin - gap if test_begin < len(rows) else len(rows)
        begin = end - math.floor(len(rows) * validation + 0.5)
        parts = rows[: max(begin - gap, 0)], rows[max(begin, 0) : max(end, 0)], rows[test_begin:]
        for share, part in zip(shares, parts, strict=True):
            share.append(part)
    train_rows, validation_rows, test_rows = (np.sort(np.concatenate(share)) for share in shares)
    return train_rows, validation_rows, test_rows
