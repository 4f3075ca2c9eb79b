# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Windows of a series: a few rows in the order of time, and the target some rows after them.

    rows      0 1 2 3 4 5 6        length 3, horizon 2
    inputs    0 1 2                the target is that of row 4
                1 2 3              … of row 5
                  2 3 4            … of row 6

Rows of several series (groups) may stand mixed in a table: each series is put together, in the
order of the table, and no window holds rows of two. The windows are taken from the rows when they
are asked for, so that they need no memory of their own.
"""

from __future__ import annotations

from typing import final

import numpy as np
from pydantic import Field

from vynapse.core import Array, Digest, Rows, Split
from vynapse.data.csv import Table
from vynapse.errors import DataError
from vynapse.seeding import I64
from vynapse.settings import Settings


class Windows(Settings):
    """What an example of a series consists of."""

    length: int = Field(ge=1, description="rows that a network sees")
    horizon: int = Field(ge=1, description="how many rows after the last of them the target is")
    group: str | None = Field(None, description="column that says which series a row is of")

    def rows_to(self, ends: I64) -> I64:
        """(m, length) positions of the rows of windows that end at `ends`."""
        return ends[:, None] + np.arange(1 - self.length, 1)


def series_of(groups: I64) -> I64:
    """Positions of rows, one series after the other, each in the order of the table.

    Args:
        groups: (n,) which series each row is of.
    """
    return np.argsort(groups, kind="stable").astype(np.int64)


def window_ends(groups: I64, length: int, ahead: int) -> I64:
    """Positions, in the order of `series_of`, of the last rows of all windows.

    Args:
        groups: (n,) which series each row of the table is of.
        length: rows of a window.
        ahead: rows that must follow each window in its series: the horizon; 0 where the target need
            not be there yet.
    """
    ordered = groups[series_of(groups)]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    place = np.arange(len(ordered))
    sizes = np.diff(np.r_[starts, len(ordered)])
    within = place - np.repeat(starts, sizes)
    after = np.repeat(sizes, sizes) - 1 - within
    return np.flatnonzero((within >= length - 1) & (after >= ahead)).astype(np.int64)


def windows_in(table: Table, windows: Windows, ahead: int) -> tuple[I64, I64]:
    """Positions of the rows by series, and of the last row of each window among these.

    Args:
        table: the rows.
        windows: what a window is.
        ahead: how many rows must follow each.

    Raises:
        DataError: no series is long enough, or a row is of none.
    """
    groups = np.zeros(len(table), np.int64)
    if windows.group is not None:
        column = table.column(windows.group)
        if column.missing.any():
            row = int(np.flatnonzero(column.missing)[0])
            raise DataError(
                f"{table.path}: line {table.line(row)}: the group {windows.group!r} has no value: "
                "say which series the row is of"
            )
        groups = column.labels()[0]
    ends = window_ends(groups, windows.length, ahead)
    if not len(ends):
        longest = int(np.bincount(groups).max())
        after = f" and the target {ahead} rows later" if ahead else ""
        raise DataError(
            f"{table.path}: windows of {windows.length} rows{after} were wanted, the longest "
            f"series has {longest} rows: lower window or horizon, or give more rows"
        )
    return series_of(groups), ends


@final
class WindowSource:
    """The windows of some rows with the targets after them, a `Source`.

    Args:
        features: (n, features) prepared rows, one series after the other.
        targets: (n, …) the target of each row.
        ends: (m,) position of the last row of each window.
        windows: their length and horizon.
    """

    def __init__(self, features: Array, targets: Array, ends: I64, windows: Windows) -> None:
        self._features, self._targets, self._ends = features, targets, ends
        self._windows = windows

    def __len__(self) -> int:
        return len(self._ends)

    def take(self, rows: Rows) -> Split:
        """Inputs (k, length, features) and the targets of the rows `horizon` later."""
        ends = self._ends[rows]
        return Split(
            self._features[self._windows.rows_to(ends)],
            self._targets[ends + self._windows.horizon],
        )

    def identify(self, name: str, digest: Digest) -> None:
        """Identify the windows by their rows, and by where they end."""
        shape = f"{self._windows.length}:{self._windows.horizon}"
        digest.update(f"{name}:windows:{shape};".encode())
        for array in (self._features, self._targets, self._ends):
            digest.update(f"{array.dtype.name}:{array.shape};".encode())
            digest.update(np.ascontiguousarray(array).data)
