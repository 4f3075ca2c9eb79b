# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Statistics of the training rows of a cached table, in one pass over its blocks.

Means and deviations of blocks are combined, so that they agree with those of a table in memory but
for rounding. The rule is in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm
for computing sample variances", 1979. Medians and most frequent values are exact: a column is
sorted in a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np

from vynapse.data.cells import F64
from vynapse.data.csv_table import CachedTable
from vynapse.data.encoded import CategoricalColumn, Missing, NumericColumn
from vynapse.data.preprocessing import spread
from vynapse.errors import DataError
from vynapse.seeding import I64
from vynapse.tasks.streamed.columns import labels_of

_LARGEST: Final = float(np.finfo(np.float32).max)
_ROUNDING: Final = 1e-12
_TINY: Final = 1e-140


@dataclass
class Moments:
    """Moments of several columns at once, each (columns,)."""

    count: F64
    mean: F64
    squares: F64
    lowest: F64
    highest: F64
    all_lowest: F64 = field(default_factory=lambda: np.empty(0))
    all_highest: F64 = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(cls, columns: int) -> Moments:
        """The moments of no row."""
        zero, far = np.zeros(columns), np.full(columns, np.inf)
        return cls(zero, zero.copy(), zero.copy(), far, -far, far.copy(), -far)

    def add(self, values: F64, train: I64) -> None:
        """Take in a block: (n, columns), and the positions of its training rows."""
        if not len(values) or not len(self.count):
            return
        self.all_lowest = np.fmin(self.all_lowest, np.fmin.reduce(values, axis=0))
        self.all_highest = np.fmax(self.all_highest, np.fmax.reduce(values, axis=0))
        if not len(train):
            return
        own = values[train]
        present = ~np.isnan(own)
        count = present.sum(axis=0).astype(np.float64)
        some = np.maximum(count, 1)
        own = np.where(present, own, 0)
        # each column on its own row, so that sums are pairwise
        columns = np.ascontiguousarray(own.T)
        mean = columns.sum(axis=1) / some
        deviations = np.where(present.T, columns - mean[:, None], 0)
        squares = np.square(deviations).sum(axis=1)
        total = np.maximum(self.count + count, 1)
        step = np.where(count > 0, mean - self.mean, 0)
        self.mean = self.mean + step * count / total
        self.squares = self.squares + squares + step**2 * self.count * count / total
        self.count = self.count + count
        self.lowest = np.fmin(self.lowest, np.where(present.T, columns, np.inf).min(axis=1))
        self.highest = np.fmax(self.highest, np.where(present.T, columns, -np.inf).max(axis=1))

    def spread(self, place: int) -> float:
        """Standard deviation of a column; 0 where all values are the same but for rounding."""
        largest = max(abs(float(self.lowest[place])), abs(float(self.highest[place])))
        deviation = float(np.sqrt(self.squares[place] / max(1.0, self.count[place])))
        return deviation if deviation > _ROUNDING * largest else 0.0

    def is_tiny(self, place: int) -> bool:
        """Whether squares of the values vanish."""
        largest = max(abs(float(self.lowest[place])), abs(float(self.highest[place])))
        return 0 < largest < _TINY


def numbers_in(table: CachedTable, values: F64, names: list[str]) -> F64:
    """(n, names) the numbers of columns in rows of the cache; not-a-number for gaps."""
    found = values[:, [table.places[name] for name in names]]
    for at, name in enumerate(names):
        if len(table.texts[name].texts):
            found[:, at] = table.texts[name].column(found[:, at]).numbers
    return found


def refuse_large(table: CachedTable, moments: Moments, names: list[str]) -> None:
    """Refuse numbers beyond the range of float32.

    Raises:
        DataError: there is one.
    """
    for at, name in enumerate(names):
        if max(-moments.all_lowest[at], moments.all_highest[at]) <= _LARGEST:
            continue
        row, value = _first(table, name, lambda numbers: np.abs(numbers) > _LARGEST)
        raise DataError(
            f"{table.path}: line {table.line(row)}: column {name!r}: {value:g} is beyond the range "
            f"of 32-bit numbers, {_LARGEST:.2g}: correct it, leave the cell empty, or use a larger "
            "unit"
        )


def refuse_far(
    table: CachedTable, moments: Moments, at: int, name: str, mean: float, scale: float
) -> None:
    """Refuse numbers so far from the training rows that float32 does not hold them.

    Raises:
        DataError: there is one.
    """
    ends = (np.array([moments.all_lowest[at], moments.all_highest[at]]) - mean) / scale
    if np.isfinite(ends).all() and np.abs(ends).max() <= _LARGEST:
        return
    row, value = _first(table, name, lambda numbers: np.abs((numbers - mean) / scale) > _LARGEST)
    raise DataError(
        f"{table.path}: line {table.line(row)}: column {name!r}: {value:g} lies too far from the "
        f"training rows, whose mean is {mean:g} and whose standard deviation is {scale:g}: correct "
        "it"
    )


def _first(table: CachedTable, name: str, bad: object) -> tuple[int, float]:
    """The first row whose number is bad, and the number."""
    for begin, values in table.blocks():
        numbers = numbers_in(table, values, [name])[:, 0]
        with np.errstate(invalid="ignore", over="ignore"):
            places = np.flatnonzero(bad(numbers)) if callable(bad) else np.empty(0, np.int64)
        if len(places):
            return begin + int(places[0]), float(numbers[places[0]])
    return 0, float("nan")


def numeric_column(
    table: CachedTable,
    moments: Moments,
    at: int,
    name: str,
    missing: Missing,
    train: I64,
    folder: Path,
) -> NumericColumn:
    """Statistics of a numeric column, from the moments of the training rows."""
    if not moments.count[at]:
        raise DataError(
            f"{table.path}: column {name!r} has no value in the training rows: leave it out"
        )
    mean = float(moments.mean[at])
    fill: float | None = None
    if missing == "mean":
        fill = mean
    elif missing in ("median", "most_frequent"):
        what: Literal["median", "most_frequent"] = (
            "median" if missing == "median" else "most_frequent"
        )
        fill = sorted_fill(table, name, train, folder, what)
    scale = moments.spread(at)
    if moments.is_tiny(at):
        scale = spread(_present(table, name, train))
    return NumericColumn(name=name, mean=mean, scale=scale or 1.0, fill=fill)


def _present(table: CachedTable, name: str, train: I64) -> F64:
    """The numbers of the training rows of a column, in memory."""
    parts = [
        numbers_in(table, table.take(train[at : at + 65536]), [name])[:, 0]
        for at in range(0, len(train), 65536)
    ]
    values = np.concatenate(parts)
    return values[~np.isnan(values)]


def sorted_fill(
    table: CachedTable,
    name: str,
    train: I64,
    folder: Path,
    what: Literal["median", "most_frequent"],
) -> float:
    """The median or the most frequent number of the training rows, by a sort in a file."""
    path = folder / "sorted.f64"
    try:
        with path.open("wb") as file:
            for at in range(0, len(train), 65536):
                numbers = numbers_in(table, table.take(train[at : at + 65536]), [name])[:, 0]
                file.write(numbers[~np.isnan(numbers)].tobytes())
        values = np.memmap(path, np.float64, "r+")
        values.sort()
        half = len(values) // 2
        if what == "median":
            return float(np.mean(values[half - 1 + len(values) % 2 : half + 1]))
        return _most_frequent(values)
    finally:
        path.unlink(missing_ok=True)


def _most_frequent(values: F64) -> float:
    """The most frequent of sorted numbers, the smallest among equals."""
    best, most = float(values[0]), 0
    at = 0
    piece = 1 << 20
    while at < len(values):
        part = np.array(values[at : at + piece])
        starts = np.flatnonzero(np.concatenate([[True], part[1:] != part[:-1]]))
        counts = np.diff(np.append(starts, len(part)))
        # the last number of a piece may go on in the next one
        last = float(part[-1])
        end = int(np.searchsorted(values, last, side="right"))
        counts[-1] = end - (at + int(starts[-1]))
        place = int(counts.argmax())
        if int(counts[place]) > most:
            best, most = float(part[starts[place]]), int(counts[place])
        at = max(end, at + len(part))
    return best


def categorical_column(
    table: CachedTable, name: str, missing: Missing, counts: I64
) -> CategoricalColumn:
    """Categories of the training rows.

    Args:
        counts: (texts + 1,) how many training rows hold each text of the column; gaps last.
    """
    labels, places = labels_of(table.texts[name])
    totals = np.bincount(places[:-1], counts[:-1], len(labels)) if labels else np.empty(0)
    used = {text: int(total) for text, total in zip(labels, totals.tolist(), strict=True) if total}
    if not used:
        raise DataError(
            f"{table.path}: column {name!r} has no value in the training rows: leave it out"
        )
    categories = tuple(sorted(used))
    fill = None if missing in ("refuse", "drop") else max(categories, key=used.__getitem__)
    return CategoricalColumn(name=name, categories=categories, fill=fill)
