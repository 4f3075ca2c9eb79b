# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows of CSV files of any size, block by block, by the kernel of `vynapse.kernels.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.data.cells import F64
from vynapse.data.csv_bytes import CHUNK, Bytes, Content
from vynapse.data.csv_faults import check_header, format_fault, quote_fault, separator_fault
from vynapse.data.csv_format import CsvFormat
from vynapse.data.csv_texts import meaning
from vynapse.errors import DataError
from vynapse.kernels.csv import LONG, QUOTE, RAGGED, CsvRows

_BLOCK: Final = 1 << 18
MOST_TEXTS: Final = 1 << 20
"""Different texts that the columns in use may have together."""

Modes = Callable[[Sequence[str]], npt.NDArray[np.int8]]
"""Names of the columns -> what is read of each, as `CsvRows` has it."""


@final
class RowStream:
    """Reads files with one header, one after the other.

    Args:
        files: at least one.
        form: how they are written.
        modes: what is read of which column.
        few: columns whose texts are kept until they have more than so many different numbers.
        state: where to go on, as `state` gave it.
        source: the bytes of the one file, where they are in memory.

    Raises:
        DataError: a file is damaged or no table; by its line.
    """

    def __init__(
        self,
        files: Sequence[Path],
        form: CsvFormat,
        modes: Modes,
        few: Mapping[str, float] | None = None,
        state: Mapping[str, Any] | None = None,
        source: io.BytesIO | None = None,
    ) -> None:
        self._files, self._form, self._source = list(files), form, source
        self.file_names = [path.name for path in files]
        self._few: dict[str, float] = {}
        self.contents: list[Content] = []
        self.begins: list[int] = []
        """The first row of each file."""
        self._place = 0 if state is None else int(state["place"])
        self.header: list[str] = []
        self._offset = 0
        self._left, self._begun = b"", True
        if state is None:
            self._open(0, ())
            self.header = self._closing(self._read_header)
        else:
            self.header = [str(name) for name in state["header"]]
            self.contents = [Content(int(a), tuple(b)) for a, b in state["contents"]]
            self.begins = [int(begin) for begin in state["begins"]]
            self._offset = int(state["offset"])
            self._bytes = Bytes(files[self._place], form, self._offset, state["chunks"])
            self._left = self._bytes.read(int(state["left"])) if state["left"] else b""
        chosen = modes(self.header)
        self.names = [name for name, mode in zip(self.header, chosen, strict=True) if mode]
        self.rows = CsvRows(
            chosen,
            separator=ord(form.separator),
            quote=ord(form.quote) if form.quote else -1,
            decimal=ord(form.decimal),
            longest=csv.field_size_limit(),
        )
        self._few = {name: most for name, most in (few or {}).items() if name in self.names}
        self._pause = np.empty((0, len(self.names)))
        self._columns = {name: place for place, name in enumerate(self.header)}
        if state is None:
            self.begins.append(0)
            self.rows.line = self._header_lines
        else:
            self.rows.restore(state["rows"])

    def state(self) -> dict[str, Any]:
        """Where reading is; only when `blocks` has given no row."""
        return {
            "place": self._place,
            "header": self.header,
            "contents": [(content.size, content.chunks) for content in self.contents],
            "begins": self.begins,
            "offset": self._offset,
            "left": len(self._left),
            # the file may have been read beyond what is used so far
            "chunks": self._bytes.hashed.chunks[: self._offset // CHUNK],
            "rows": self.rows.state(),
        }

    @property
    def done(self) -> int:
        """Bytes read of all files, as they lie on the disk, about."""
        earlier = sum(content.size for content in self.contents)
        return earlier + self._bytes.hashed.content().size

    def blocks(self) -> Iterator[F64]:
        """(n, columns in use) the rows, valid until the next are asked for.

        No row at all says that `state` may be taken.
        """
        try:
            while True:
                yield from self._file_blocks()
                self.contents.append(self._bytes.content())
                if self._place + 1 == len(self._files):
                    break
                self._bytes.close()
                self._place += 1
                self._open(self._place, ())
                self._same_header()
                self.begins.append(self.rows.row)
                self.rows.line = self._header_lines
        finally:
            self._bytes.close()
        if not self.rows.row:
            raise DataError(f"{self._files[0]}: the header is followed by no row")

    def _closing(self, read: Callable[[], list[str]]) -> list[str]:
        try:
            return read()
        except BaseException:
            self._bytes.close()
            raise

    def _file_blocks(self) -> Iterator[F64]:
        final = False
        while not final:
            data = self._bytes.read(_BLOCK)
            final = not data
            text = self._left + data if self._left else data
            if b"\0" in (data if self._begun else text):
                self._refuse_nul(text)
            self._begun = True
            whole, at = np.frombuffer(text, np.uint8), 0
            while at < len(text):
                status, rows, count = self.rows.read(whole[at:], final=final)
                if status >= RAGGED:
                    raise DataError(self._fault(status))
                at += count
                self._offset += count
                if not len(rows) and not count:
                    break
                self._decide()
                yield rows
            self._left = text[at:]
            yield self._pause

    def _decide(self) -> None:
        """Columns of too many different numbers are read as numbers from now on."""
        if self.rows.entries > MOST_TEXTS:
            raise DataError(self._too_many())
        if not self._few:
            return
        owners = self.rows.found()["owners"]
        texts = self.rows.texts()
        for name, most in list(self._few.items()):
            place = self.names.index(name)
            own = [texts[code] for code in np.flatnonzero(owners == place).tolist()]
            if (
                len(own) > most
                and len({meaning(text, self._form)[1] for text in own} - {None}) > most
            ):
                self.rows.modes[self._columns[name]] = 1
                del self._few[name]

    def _too_many(self) -> str:
        owners = np.bincount(self.rows.found()["owners"])
        name = self.names[int(owners.argmax())]
        return (
            f"{self._files[self._place]}: line {self.rows.line}: column {name!r} has more than "
            f"{int(owners.max()):,} different texts up to here: leave it out by columns"
        )

    def _open(self, place: int, chunks: Sequence[str]) -> None:
        self._bytes = Bytes(self._files[place], self._form, 0, chunks, self._source)
        self._left, self._offset, self._begun = b"", 0, False

    def _read_header(self) -> list[str]:
        """The names in the header; what follows it waits in `_left`."""
        path = self._files[self._place]
        data = self._bytes.read(_BLOCK)
        lines = io.TextIOWrapper(io.BytesIO(data), "utf-8", "ignore", newline="")
        used: list[str] = []

        def taken() -> Iterator[str]:
            for line in lines:
                used.append(line)
                yield line

        reader = csv.reader(taken(), strict=True, **options_of(self._form))
        try:
            cells = next(row for row in reader if any(cell.strip() for cell in row) or len(row) > 1)
        except StopIteration:
            raise DataError(
                self._other_format(path) or f"{path}: a header line was wanted, the file is empty"
            ) from None
        except csv.Error as error:
            raise DataError(
                self._separator(path)
                or quote_fault(path, 1, max(1, reader.line_num), str(error), self._form)
            ) from None
        header = [cell.strip() for cell in cells]
        if len(cells) == 1 and (fault := self._separator(path)):
            raise DataError(fault)
        check_header(header, path, self._form)
        self._header_lines = reader.line_num
        self._offset = len("".join(used).encode())
        self._left = data[self._offset :]
        return header

    def _separator(self, path: Path) -> str | None:
        return None if self._source else separator_fault(path, self._form)

    def _other_format(self, path: Path) -> str | None:
        return None if self._source else format_fault(path, self._form)

    def _same_header(self) -> None:
        own = self._read_header()
        path = self._files[self._place]
        if own == self.header:
            return
        first = self._files[0].name
        lost = [name for name in self.header if name not in own]
        more = [name for name in own if name not in self.header]
        how = (
            f"column {lost[0]!r} is not there"
            if lost
            else f"column {more[0]!r} is not in {first}"
            if more
            else "the columns are in another order"
        )
        raise DataError(f"{path}: line 1: the header of {first} was wanted: {how}")

    def _refuse_nul(self, text: bytes) -> None:
        path = self._files[self._place]
        before = text[: text.index(b"\0")].decode("utf-8", "replace")
        line = self.rows.line + 1 + before.count("\n")
        cells = before.rpartition("\n")[2].count(self._form.separator)
        column = repr(self.header[min(cells, len(self.header) - 1)])
        raise DataError(
            f"{path}: line {line}: column {column} holds a NUL character: take it out, or set "
            "encoding to the file's own"
        )

    def _fault(self, status: int) -> str:
        path = self._files[self._place]
        first, last, cells = self.rows.fault
        if status in (QUOTE, LONG) and self._source:
            most = csv.field_size_limit()
            return f"{path}: line {first}: a cell is longer than {most:,} characters"
        if status in (QUOTE, LONG):
            long = f"field larger than field limit ({csv.field_size_limit()})"
            problem = long if status == LONG else "a quote is not closed"
            return self._separator(path) or quote_fault(path, first, last, problem, self._form)
        return self._separator(path) or ragged_fault(path, first, last, cells, len(self.header))


def ragged_fault(path: Path, first: int, last: int, cells: int, wanted: int) -> str:
    """The sentence for a row of another number of cells than the header."""
    if first == last:
        return f"{path}: line {first} has {cells} cells, the header has {wanted}"
    return (
        f"{path}: lines {first} to {last} are one row of {cells} cells, the header has {wanted}: "
        f"is a quote on line {first} not closed?"
    )


def options_of(form: CsvFormat) -> dict[str, Any]:
    """The format as the csv module has it."""
    if not form.quote:
        return {"delimiter": form.separator, "quoting": csv.QUOTE_NONE}
    return {"delimiter": form.separator, "quotechar": form.quote}
