# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files as tables: RFC 4180 with a header line, in UTF-8. Lines without any text are skipped.

A file is read block by block. Numbers are kept as numbers, so that a table of numbers takes about
as much memory as its file; what a cell means is decided in `vynapse.data.cells`.
"""

from __future__ import annotations

import csv
import io
import math
import stat
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vynapse.data.cells import F64, Column, ColumnBuilder
from vynapse.data.csv_faults import check_header, encoding_fault, quote_fault, separator_fault
from vynapse.data.csv_format import PLAIN, CsvFormat, files_of, is_packed
from vynapse.data.csv_rows import RowStream, ragged_fault
from vynapse.data.csv_texts import lines_at, resolved
from vynapse.errors import DataError, suggestion
from vynapse.seeding import I64

_BLOCK = 1 << 17
"""Cells that are held as text at a time."""


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
    if not form.plain or path.is_dir() or (path.is_file() and is_packed(path)):
        return _streamed(path, texts, form)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if stat.S_ISCHR(mode := path.stat().st_mode) or stat.S_ISBLK(mode):
                raise DataError(f"{path}: a file was wanted, this is a device")
            return _Reader(path, file).table(texts)
    except UnicodeDecodeError as error:
        raise DataError(encoding_fault(path, error)) from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _streamed(path: Path, texts: Mapping[str, float] | None, form: CsvFormat) -> Table:
    """What the kernel reads: other formats, compressed files, folders."""
    files = files_of(path)
    few = {} if texts is None else {name: n for name, n in texts.items() if 0 < n < math.inf}

    def modes(names: Sequence[str]) -> npt.NDArray[np.int8]:
        return np.array(
            [1 if texts is not None and not texts.get(n, 0) else 2 for n in names], np.int8
        )

    stream = RowStream(files, form, modes, few)
    values = np.concatenate([block.copy() for block in stream.blocks()])
    found = resolved(stream.rows, stream.names, form, path)
    columns = {
        name: texts.column(values[:, place])
        for place, (name, texts) in enumerate(zip(stream.names, found, strict=True))
    }
    lines = lines_at(stream.rows.found()["breaks"], np.arange(len(values)))
    names = [file.name for file in files] if path.is_dir() else []
    return Table(path, columns, lines, files=tuple(zip(stream.begins, names, strict=False)))


def text_table(path: Path, content: str, texts: Mapping[str, float] | None = None) -> Table:
    """The table that a text holds, as `read_table` has it of a file.

    Args:
        path: what it is called in sentences.
        content: the text, a header line first.
        texts: the argument of `read_table`.

    Raises:
        DataError: it is malformed.
    """
    return _Reader(path, io.StringIO(content, newline=""), in_memory=True).table(texts)


class _Reader:
    """Reads one open file."""

    def __init__(self, path: Path, file: Iterator[str], *, in_memory: bool = False) -> None:
        self._path, self._in_memory = path, in_memory
        self._file = file
        self._line = 0
        """Lines read so far."""
        self._header: list[str] = []
        self._lines = array("q")

    def table(self, texts: Mapping[str, float] | None) -> Table:
        """All of the file."""
        self._read_header()
        builders = [
            ColumnBuilder(math.inf if texts is None else texts.get(name, 0))
            for name in self._header
        ]
        size = max(16, _BLOCK // len(builders))
        while lines := list(islice(self._file, size)):
            self._add(lines, builders)
        if not self._lines:
            raise DataError(f"{self._path}: the header is followed by no row")
        columns = {
            name: builder.column() for name, builder in zip(self._header, builders, strict=True)
        }
        table = Table(self._path, columns, np.frombuffer(self._lines, np.int64))
        _refuse_nul(table)
        return table

    def _read_header(self) -> None:
        for cells in self._records([]):
            self._header = [cell.strip() for cell in cells]
            if len(cells) == 1 and not self._in_memory and (fault := separator_fault(self._path)):
                raise DataError(fault)
            check_header(self._header, self._path)
            return
        raise DataError(f"{self._path}: a header line was wanted, the file is empty")

    def _add(self, lines: list[str], builders: list[ColumnBuilder]) -> None:
        """A block of lines, and those after it that its last row goes on to."""
        numeric = [place for place, builder in enumerate(builders) if builder.is_numeric]
        matrix = _matrix(lines, numeric, len(builders))
        if matrix is not None and len(numeric) == len(builders):
            self._lines.extend(range(self._line + 1, self._line + len(lines) + 1))
            self._line += len(lines)
        else:
            rows = list(self._records(lines))
            if not rows:
                return
            columns = list(zip(*rows, strict=True))
        for place, builder in enumerate(builders):
            if matrix is None or not builder.is_numeric:
                builder.add(columns[place])
        if matrix is not None:
            for place, values in zip(numeric, matrix.T, strict=True):
                builders[place].add_numbers(values)

    def _records(self, lines: list[str]) -> Iterator[list[str]]:
        """Rows of cells that begin within `lines`; before there is a header, of the whole file."""
        begin, start = self._line, self._line + 1
        reader = csv.reader(chain(lines, self._file), strict=True)
        try:
            for cells in reader:
                self._line = begin + reader.line_num
                if len(cells) > 1 or any(cell.strip() for cell in cells):
                    if self._header:
                        if len(cells) != len(self._header):
                            raise DataError(self._ragged(start, len(cells)))
                        self._lines.append(self._line)
                    yield cells
                start = self._line + 1
                if lines and reader.line_num >= len(lines):
                    return
        except csv.Error as error:
            raise DataError(
                separator_fault(self._path)
                or quote_fault(self._path, start, begin + reader.line_num, str(error))
            ) from None

    def _ragged(self, start: int, count: int) -> str:
        if fault := separator_fault(self._path):
            return fault
        return ragged_fault(self._path, start, self._line, count, len(self._header))


def _matrix(lines: list[str], places: list[int], width: int) -> F64 | None:
    """(lines, places) the numbers in these columns, or None: not every cell there is a number."""
    if not places or lines[0].isspace() or any('"' in line for line in lines):
        return None
    every = len(places) == width
    try:
        values = np.loadtxt(
            lines, delimiter=",", comments=None, ndmin=2, usecols=None if every else places
        )
    except ValueError:
        return None
    if values.shape != (len(lines), len(places)) or not bool(np.isfinite(values).all()):
        return None
    return values


def _refuse_nul(table: Table) -> None:
    """NUL characters are damage, or UTF-16 read as UTF-8."""
    for name, column in table.columns.items():
        codes = [code for code, text in enumerate(column.texts) if "\0" in text]
        if codes and column.codes is not None:
            row = int(np.flatnonzero(np.isin(column.codes, codes))[0])
            raise DataError(
                f"{table.path}: line {table.line(row)}: column {name!r} holds a NUL character: "
                "take it out, or save the file in UTF-8"
            )
