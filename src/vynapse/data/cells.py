# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Columns of a table: numbers as an array, other cells as positions in a list of different texts.

A cell is stripped of surrounding blanks. It is missing when it is then empty or reads NA, N/A, NaN
or null in any case. It is a number when it is finite and in decimal notation.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vynapse.seeding import I64

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

MISSING = frozenset({"", "na", "n/a", "nan", "null"})
_SPELLINGS = frozenset(
    "".join(letters)
    for word in MISSING
    for letters in itertools.product(*((letter, letter.upper()) for letter in word))
)
_EXACT = 2**53
"""From here on a float64 does not hold every whole number."""


def number(text: str) -> float | None:
    """The finite number that `text` is in decimal notation, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def label(text: str) -> str:
    """The name of a category: a whole number written as 1.0 is the category 1."""
    value = number(text) if "." in text else None
    whole = value is not None and value.is_integer() and abs(value) < _EXACT
    return str(int(value)) if whole and value is not None else text


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of a column.

    Attributes:
        numbers: (rows,) the number in each cell; not-a-number where there is none.
        codes: (rows,) position among `texts`; -1 where a cell is missing, or is a number whose
            text was not kept. None stands for -1 everywhere.
        texts: the different texts, stripped.
        spelled: how often a missing cell was written as which text; empty cells are left out.
    """

    numbers: F64
    codes: I32 | None = None
    texts: tuple[str, ...] = ()
    spelled: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def missing(self) -> Bools:
        """(rows,) whether a cell is missing."""
        empty = np.isnan(self.numbers)
        return empty if self.codes is None else empty & (self.codes < 0)

    @property
    def words(self) -> Bools:
        """(rows,) whether a cell holds text that is no number."""
        if self.codes is None:
            return np.zeros(len(self), dtype=np.bool_)
        return np.isnan(self.numbers) & (self.codes >= 0)

    def rows(self, keep: I64) -> Column:
        """The column of the rows at these positions."""
        codes = None if self.codes is None else self.codes[keep]
        return Column(self.numbers[keep], codes, self.texts, self.spelled)

    def text(self, row: int) -> str:
        """The cell of a row that is not missing, as it stands in the file where that was kept."""
        code = -1 if self.codes is None else int(self.codes[row])
        return self.texts[code] if code >= 0 else repr(float(self.numbers[row]))

    def labels(self) -> tuple[I64, tuple[str, ...]]:
        """(rows,) position of each cell's label, -1 where it is missing, and the labels in use.

        Raises:
            ValueError: the texts of numbers were not kept.
        """
        codes = np.full(len(self), -1, np.int32) if self.codes is None else self.codes
        if bool(((codes < 0) & ~np.isnan(self.numbers)).any()):
            raise ValueError("the texts of a column's numbers were not kept: name it in `texts`")
        used = np.unique(codes[codes >= 0]).tolist()
        places: dict[str, int] = {}
        lookup = np.full(len(self.texts) + 1, -1, dtype=np.int64)
        for code in used:
            lookup[code] = places.setdefault(label(self.texts[code]), len(places))
        return lookup[codes], tuple(places)


class _Codes(dict[str, int]):
    """Position of each different text, given when it is first asked for."""

    def __missing__(self, text: str) -> int:
        position = self[text] = len(self)
        return position


class ColumnBuilder:
    """Collects a column block by block.

    Args:
        keep_texts: up to how many different numbers the texts of numbers are kept too.
    """

    def __init__(self, keep_texts: float = math.inf) -> None:
        self._keep_texts = keep_texts
        self._decide_at = keep_texts
        self._numbers = array("d")
        self._codes = array("i")
        self._places = _Codes()
        self._spelled: dict[str, int] = {}
        self.is_numeric = keep_texts == 0
        """Whether the next block is expected to hold numbers whose texts are not needed."""

    def add_numbers(self, values: F64) -> None:
        """A block of finite numbers whose texts are not kept."""
        self._numbers.frombytes(np.ascontiguousarray(values).tobytes())
        if self._places:
            self._codes.frombytes(np.full(len(values), -1, np.int32).tobytes())

    def add(self, cells: Sequence[str]) -> None:
        """A block of cells as they stand in the file."""
        values = self._parsed(cells) if self.is_numeric else None
        if values is not None:
            self.add_numbers(values)
            return
        if not self._places:
            self._codes.frombytes(np.full(len(self._numbers), -1, np.int32).tobytes())
        codes = np.fromiter(map(self._places.__getitem__, cells), np.int32, len(cells))
        self._codes.frombytes(codes.tobytes())
        self._numbers.frombytes(np.full(len(cells), np.nan).tobytes())
        self._decide(codes)

    def column(self) -> Column:
        """The column. Nothing can be added any more."""
        numbers = np.frombuffer(self._numbers, np.float64)
        if not self._places:
            return Column(numbers, spelled=self._spelled)
        raw = np.frombuffer(self._codes, np.int32)
        counts = np.bincount(raw[raw >= 0], minlength=len(self._places))
        places: dict[str, int] = {}
        lookup = np.full(len(self._places) + 1, -1, np.int32)
        for (cell, code), count in zip(self._places.items(), counts.tolist(), strict=True):
            text = cell.strip()
            if text.lower() not in MISSING:
                lookup[code] = places.setdefault(text, len(places))
            elif text:
                self._spelled[text] = self._spelled.get(text, 0) + count
        codes = lookup[raw]
        values = np.array([_or_nan(number(text)) for text in places], np.float64)
        coded = codes >= 0
        numbers[coded] = values[codes[coded]]
        return Column(numbers, codes, tuple(places), self._spelled)

    def _parsed(self, cells: Sequence[str]) -> F64 | None:
        """The numbers of a block, not-a-number where a cell is missing; None with other text."""
        stripped = [cell.strip() for cell in cells]
        empty = [text for text in stripped if text in _SPELLINGS]
        if empty:
            stripped = ["nan" if text in _SPELLINGS else text for text in stripped]
        try:
            values = np.fromiter(map(float, stripped), np.float64, len(stripped))
        except ValueError:
            return None
        if "_" in "".join(stripped) or int(np.isfinite(values).sum()) + len(empty) != len(values):
            return None
        for text in filter(None, empty):
            self._spelled[text] = self._spelled.get(text, 0) + 1
        return values

    def _decide(self, codes: I32) -> None:
        """Whether the texts of the numbers that follow are kept."""
        if self.is_numeric:
            texts = list(self._places)
            self.is_numeric = any(number(texts[code]) is not None for code in set(codes.tolist()))
        elif len(self._places) > self._decide_at:
            values = {number(text) for text in self._places}
            self.is_numeric = len(values - {None}) > self._keep_texts
            self._decide_at = 2 * len(self._places)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
