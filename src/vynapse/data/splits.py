# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which rows train, which validate and which test: deterministic and stratified."""

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
