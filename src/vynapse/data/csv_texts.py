# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the cells say that the kernel of `vynapse.kernels.csv` kept as text: values, gaps, words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from vynapse.data.cells import F64, I32, MISSING, Column, number
from vynapse.data.csv_format import CsvFormat
from vynapse.errors import DataError
from vynapse.kernels.csv import CsvRows
from vynapse.seeding import I64

_CODED: Final = np.uint64(0x7FF80000)
_LOW: Final = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Texts:
    """What the cells of a column say that were not read as numbers at once.

    Attributes:
        codes: their places in the dictionary of all columns, from 0, rising.
        own: (codes,) place of each among `texts`; -1 for a missing value.
        texts: the different texts, stripped.
        numbers: (texts,) the number that a text is; not-a-number for words.
        counts: (texts,) rows that hold each.
        firsts: (texts,) first row that holds each.
        missing: rows without a value.
        first_missing: the first of them, -1 for none.
        spelled: how often a missing cell was written as which text; empty cells are left out.
    """

    codes: I64
    own: I32
    texts: tuple[str, ...]
    numbers: F64
    counts: I64
    firsts: I64
    missing: int
    first_missing: int
    spelled: Mapping[str, int]

    def column(self, values: F64) -> Column:
        """Cells of the column, as `CsvRows` gives them, as a `Column`."""
        numbers = np.array(values)
        if not len(self.codes):
            return Column(numbers, spelled=self.spelled)
        codes = self.places(values)
        known = codes >= 0
        numbers[known] = self.numbers[codes[known]]
        return Column(numbers, codes if len(self.texts) else None, self.texts, self.spelled)

    def places(self, values: F64) -> I32:
        """(rows,) place of each cell among `texts`, -1 for missing values and other numbers."""
        codes = np.full(len(values), -1, np.int32)
        if len(self.codes):
            bits = np.ascontiguousarray(values).view(np.uint64)
            coded = np.flatnonzero((bits >> np.uint64(32) == _CODED) & (bits & _LOW > 0))
            place = np.searchsorted(self.codes, (bits[coded] & _LOW).astype(np.int64) - 1)
            codes[coded] = self.own[place]
        return codes


@dataclass(slots=True)
class _Collected:
    """The texts of a column while they are looked at."""

    codes: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    lookup: dict[str, int] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    missing: int = 0
    first_missing: int = -1
    spelled: dict[str, int] = field(default_factory=dict)

    def gap(self, text: str, count: int, first: int) -> None:
        """Cells without a value."""
        self.own.append(-1)
        self.miss(count, first)
        if text and count:
            self.spelled[text] = self.spelled.get(text, 0) + count

    def miss(self, count: int, first: int) -> None:
        """So many cells without a value, the first of them in this row."""
        if count:
            self.missing += count
            self.first_missing = first if self.first_missing < 0 else min(first, self.first_missing)

    def add(self, text: str, value: float | None, count: int, first: int) -> None:
        """Cells with a value."""
        own = self.lookup.setdefault(text, len(self.lookup))
        self.own.append(own)
        if own == len(self.numbers):
            self.numbers.append(math.nan if value is None else value)
            self.counts.append(0)
            self.firsts.append(first)
        self.counts[own] += count
        self.firsts[own] = min(self.firsts[own], first)

    def done(self) -> Texts:
        """The column."""
        return Texts(
            np.array(self.codes, np.int64),
            np.array(self.own, np.int32),
            tuple(self.lookup),
            np.array(self.numbers, np.float64),
            np.array(self.counts, np.int64),
            np.array(self.firsts, np.int64),
            self.missing,
            self.first_missing,
            self.spelled,
        )


def resolved(rows: CsvRows, names: Sequence[str], form: CsvFormat, path: Path) -> list[Texts]:
    """What the dictionary of a text says of each column.

    Args:
        rows: what has been read.
        names: the columns in use.
        form: how the text is written.
        path: the file, for the sentences of errors.

    Raises:
        DataError: decimals are written with a comma, and a number has a point.
    """
    found = rows.found()
    columns = [_Collected() for _ in names]
    modes = rows.modes[rows.modes > 0].tolist()
    for place, column in enumerate(columns):
        column.miss(int(found["empty"][place]), int(found["first_empty"][place]))
    counted = (found[name].tolist() for name in ("owners", "counts", "firsts"))
    for code, (raw, place, count, first) in enumerate(zip(rows.texts(), *counted, strict=True)):
        text, value = meaning(raw, form)
        column = columns[place]
        column.codes.append(code)
        if not count or text.lower() in MISSING:
            column.gap(text, count, first)
        elif value is None and modes[place] == 1 and number(text) is not None:
            line = int(lines_at(found["breaks"], np.array([first]))[0])
            raise DataError(
                f"{path}: line {line}: column {names[place]!r}: a decimal comma was wanted, got "
                f"{text!r}: write a comma, or set decimal to a point"
            )
        else:
            column.add(text, value, count, first)
    return [column.done() for column in columns]


def meaning(raw: bytes, form: CsvFormat) -> tuple[str, float | None]:
    """A cell's text, stripped, and the number that it is, or None."""
    text = raw.decode("utf-8", "surrogatepass").strip()
    if form.decimal == ".":
        return text, number(text)
    value = None if "." in text else number(text.replace(",", "."))
    return (text, None) if value is None else (text.replace(",", "."), value)


def lines_at(breaks: I64, rows: I64) -> I64:
    """The line that each row ends on, from where line - row changes (see `CsvRows.found`)."""
    if not len(breaks):
        return rows + 1
    places = np.searchsorted(breaks[:, 0], rows, side="right") - 1
    lines: I64 = rows + breaks[places, 1]
    return lines
