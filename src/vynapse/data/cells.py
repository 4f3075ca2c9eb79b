# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Columns of a table: numbers as an array, other cells as positions in a list of different texts.

A cell is stripped of surrounding blanks. It is missing when it is then empty or reads NA, N/A, NaN
or null in any case. It is a number when it is finite and in decimal notation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vynapse.seeding import I64

F64 = npt.NDArray[np.float64]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

MISSING = frozenset({"", "na", "n/a", "nan", "null"})
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
