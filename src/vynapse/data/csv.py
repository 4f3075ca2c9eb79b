# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files as tables in memory: RFC 4180 with a header line. Lines without any text are skipped.

A file is read block by block. Numbers are kept as numbers, so that a table of numbers takes about
as much memory as its file; what a cell means is decided in `vynapse.data.cells`.
"""

from __future__ import annotations

import io
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vynapse.data.cells import Column
from vynapse.data.csv_format import PLAIN, CsvFormat, files_of
from vynapse.data.csv_rows import Modes, RowStream
from vynapse.data.csv_texts import lines_at, resolved
from vynapse.errors import DataError, suggestion
from vynapse.kernels.csv import NUMBERS, TEXTS
from vynapse.seeding import I64


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length.

    Attributes:
        path: the file, for the sentences of errors.
        columns: columns by name, in the order of the file, with all rows of the file.
        lines: (rows of the file,) the line of the file, from 1, that each row ends on.
        keep: positions of the rows that the table has; None for all.
        files: first row and name of each file of a folder; empty for one file.
    """

    path: Path
    columns: Mapping[str, Column]
    lines: I64
    keep: I64 | None = None
    files: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return len(self.lines) if self.keep is None else len(self.keep)

    def column(self, name: str) -> Column:
        """The cells of a column.

        Raises:
            DataError: there is no such column; the nearest name is suggested.
        """
        if name not in self.columns:
            raise DataError(
                f"{self.path}: there is no column {name!r}{suggestion(name, self.columns)}"
            )
        column = self.columns[name]
        return column if self.keep is None else column.rows(self.keep)

    def line(self, row: int) -> int | str:
        """The line of the file, from 1, that a row of this table ends on; `7 of b.csv`."""
        place = row if self.keep is None else int(self.keep[row])
        line = int(self.lines[place])
        names = [name for begin, name in self.files if begin <= place]
        return f"{line} of {names[-1]}" if names else line

    def rows(self, keep: I64) -> Table:
        """The table of the rows at these positions. The columns are shared, not copied."""
        places = keep if self.keep is None else self.keep[keep]
        return Table(self.path, self.columns, self.lines, places, self.files)


def read_table(
    path: Path, texts: Mapping[str, float] | None = None, form: CsvFormat = PLAIN
) -> Table:
    """The table that a CSV file holds, or those of a folder together, in memory.

    Args:
        path: the file.
        texts: columns in which the texts of numbers are needed, as for categories, each with the
            number of different numbers up to which they are. None stands for all columns and any
            number, which is slower and takes more memory.
        form: how the file is written.

    Raises:
        DataError: the file is absent, no text in its encoding, empty or malformed; with the
            line where there is one.
    """
    if path.is_fifo():
        return text_table(path, path.read_text("utf-8-sig"), texts)
    return _table(RowStream(files_of(path), form, *_modes(texts)), path, form)


def text_table(path: Path, content: str, texts: Mapping[str, float] | None = None) -> Table:
    """The table that a text holds, as `read_table` has it of a file.

    Args:
        path: what it is called in sentences.
        content: the text, a header line first.
        texts: the argument of `read_table`.

    Raises:
        DataError: it is malformed.
    """
    source = io.BytesIO(content.encode("utf-8", "surrogatepass"))
    return _table(RowStream([path], PLAIN, *_modes(texts), source=source), path, PLAIN)


def _modes(texts: Mapping[str, float] | None) -> tuple[Modes, dict[str, float]]:
    """What is read of each column, and those whose texts are kept while they are few."""

    def modes(names: Sequence[str]) -> npt.NDArray[np.int8]:
        kept = [texts is None or texts.get(name, 0) > 0 for name in names]
        return np.where(kept, TEXTS, NUMBERS).astype(np.int8)

    return modes, {name: n for name, n in (texts or {}).items() if 0 < n < math.inf}


def _table(stream: RowStream, path: Path, form: CsvFormat) -> Table:
    """All rows, column by column."""
    parts = [array("d") for _ in stream.names]
    for block in stream.blocks():
        for part, values in zip(parts, np.ascontiguousarray(block.T), strict=True):
            part.frombytes(values.tobytes())
    columns = {
        name: texts.column(np.frombuffer(part, np.float64))
        for name, texts, part in zip(
            stream.names, resolved(stream.rows, stream.names, form, path), parts, strict=True
        )
    }
    lines = lines_at(stream.rows.found()["breaks"], np.arange(stream.rows.row))
    names = [name for name in stream.file_names if len(stream.file_names) > 1]
    return Table(path, columns, lines, files=tuple(zip(stream.begins, names, strict=False)))
