# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files as tables of text: RFC 4180 with a header line, in UTF-8.

A cell is stripped of surrounding blanks. It is missing when it is then empty or reads NA, N/A, NaN
or null in any case. Lines without any text are skipped.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from vynapse.errors import DataError, suggestion

MISSING = frozenset({"", "na", "n/a", "nan", "null"})


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length.

    Attributes:
        path: the file, for the sentences of errors.
        columns: cells by column name, in the order of the file; None where a value is missing.
        lines: the line of the file, from 1, that each row ends on.
    """

    path: Path
    columns: dict[str, list[str | None]]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> list[str | None]:
        """The cells of a column.

        Raises:
            DataError: there is no such column; the nearest name is suggested.
        """
        if name not in self.columns:
            raise DataError(
                f"{self.path}: there is no column {name!r}{suggestion(name, self.columns)}"
            )
        return self.columns[name]

    def rows(self, keep: list[int]) -> Table:
        """The table of the rows at these positions."""
        return Table(
            self.path,
            {name: [cells[row] for row in keep] for name, cells in self.columns.items()},
            [self.lines[row] for row in keep],
        )


def read_table(path: Path) -> Table:
    """The table that a CSV file holds.

    Raises:
        DataError: the file is absent, no UTF-8 text, empty or malformed; with the line where
            there is one.
    """
    header: list[str] | None = None
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            try:
                for cells in reader:
                    if not any(cell.strip() for cell in cells) and len(cells) < 2:
                        continue
                    if header is None:
                        header = _header(cells, path)
                        continue
                    if len(cells) != len(header):
                        raise DataError(
                            f"{path}: line {reader.line_num} has {len(cells)} cells, the header "
                            f"has {len(header)}"
                        )
                    rows.append(cells)
                    lines.append(reader.line_num)
            except csv.Error as error:
                raise DataError(
                    f"{path}: line {reader.line_num} is not valid CSV: {error}"
                ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: UTF-8 text was wanted, got byte 0x{error.object[error.start]:02x}: "
            "save the file in UTF-8"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if header is None:
        raise DataError(f"{path}: a header line was wanted, the file is empty")
    if not rows:
        raise DataError(f"{path}: the header is followed by no row")
    cells_by_column = zip(*rows, strict=True)
    columns = {
        name: [_cell(text) for text in cells]
        for name, cells in zip(header, cells_by_column, strict=True)
    }
    return Table(path, columns, lines)


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
    return text if value is None or not value.is_integer() else str(int(value))


def _header(cells: list[str], path: Path) -> list[str]:
    names = [cell.strip() for cell in cells]
    for position, name in enumerate(names):
        if not name:
            raise DataError(f"{path}: column {position + 1} of the header has no name")
        if name in names[:position]:
            raise DataError(f"{path}: the header names column {name!r} twice")
    return names


def _cell(text: str) -> str | None:
    stripped = text.strip()
    return None if stripped.lower() in MISSING else stripped
