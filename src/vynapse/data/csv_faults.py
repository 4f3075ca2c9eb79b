# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Why a file is no CSV table: sentences that name the cause, found when reading has failed."""

from __future__ import annotations

import csv
import re
from itertools import islice
from pathlib import Path
from typing import Final

from vynapse.data.cells import number
from vynapse.data.csv_format import PLAIN, CsvFormat, open_text
from vynapse.data.notations import shown
from vynapse.errors import DataError

_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
_FORMATS: Final = {
    b"\xff\xfe": "is in UTF-16",
    b"\xfe\xff": "is in UTF-16",
    b"PK\x03\x04": "is a workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "is an old workbook",
    b"\x1f\x8b": "is compressed",
    b"PAR1": "is a Parquet file",
}
_COMMA: Final = {",": "commas", **_SEPARATORS}


def encoding_fault(path: Path, error: UnicodeDecodeError) -> str:
    """The sentence for a file that is not in UTF-8."""
    if fault := format_fault(path):
        return fault
    with path.open("rb") as file:
        for line, content in enumerate(file, start=1):
            try:
                content.decode("utf-8")
            except UnicodeDecodeError as found:
                return (
                    f"{path}: UTF-8 text was wanted, got byte 0x{content[found.start]:02x} on line "
                    f"{line}: save the file in UTF-8"
                )
    return f"{path}: UTF-8 text was wanted, the file breaks off within a character: {error.reason}"


def format_fault(path: Path, form: CsvFormat = PLAIN) -> str | None:
    """The sentence for a file of another format that its first bytes tell, or None."""
    if not form.utf8:
        return None
    with path.open("rb") as file:
        begin = file.read(4)
    what = next((what for mark, what in _FORMATS.items() if begin.startswith(mark)), None)
    if what is None and 0 in begin[:2]:
        what = "is in UTF-16 or no text"
    return what and f"{path}: CSV text in UTF-8 was wanted, the file {what}: save it as CSV"


def separator_fault(path: Path, form: CsvFormat = PLAIN) -> str | None:
    """The sentence for a file whose cells are separated by something else than they should."""
    header, row = _first_lines(path, form)
    if not row:
        return None
    own = form.separator
    commas = [_cells(line, own) for line in (header, row)]
    if commas[0] is not None and commas[1] is not None and 1 < len(commas[0]) == len(commas[1]):
        return None
    for separator, name in (_SEPARATORS if own == "," else _COMMA).items():
        if separator == own:
            continue
        names, cells = _cells(header, separator), _cells(row, separator)
        if names is None or cells is None or not 1 < len(names) == len(cells):
            continue
        if separator != " " or all(number(cell) is not None for cell in cells):
            if own != ",":
                return (
                    f"{path}: line 1: the cells are separated by {name}, {_COMMA.get(own, own)!s} "
                    "were wanted: set separator to what the file has"
                )
            return (
                f"{path}: the cells are separated by {name}, commas were wanted: save the file "
                "with commas, and with points in decimal numbers"
            )
    return None


def quote_fault(path: Path, start: int, end: int, problem: str, form: CsvFormat = PLAIN) -> str:
    """The sentence for a row, of lines `start` to `end`, that is not valid CSV.

    The cell at fault is looked for, as a quote that is not closed is noticed lines later.
    """
    with open_text(path, form) as file:
        content = "".join(islice(file, start - 1, end))
    position, pattern = 0, _cell(form.separator, form.quote)
    while position < len(content) and (cell := pattern.match(content, position)):
        if len(cell.group()) > csv.field_size_limit():
            break
        position = cell.end()
    line = start + len(re.findall(r"\r\n|\r|\n", content[:position]))
    if "larger than field limit" in problem:
        return (
            f"{path}: line {line}: a cell of more than {csv.field_size_limit():,} characters "
            "begins here: shorten it, or close its quote"
        )
    if not form.quote or not content.startswith(form.quote, position):
        return f"{path}: line {line} is not valid CSV: {problem}"
    return (
        f"{path}: line {line} is not valid CSV: a quote opens and is not closed before a comma or "
        "the end of a line: close it, or write a quote within a cell twice"
    )


def check_header(names: list[str], path: Path, form: CsvFormat = PLAIN) -> None:
    """Refuse a header with columns of no name or one name, or with marks of spreadsheets.

    Raises:
        DataError: it has one.
    """
    seen: set[str] = set()
    if names[0].lower().startswith("sep="):
        raise DataError(f"{path}: line 1 is a mark for spreadsheets, {names[0]!r}: take it out")
    for position, name in enumerate(names):
        if not name:
            raise DataError(
                f"{path}: column {position + 1} of the header has no name: name it or take it out"
            )
        if "\0" in name:
            raise DataError(
                format_fault(path, form) or f"{path}: the header holds a NUL character: take it out"
            )
        if name in seen:
            raise DataError(f"{path}: the header names column {shown(name)} twice")
        seen.add(name)


def _cell(separator: str, quote: str) -> re.Pattern[str]:
    """A cell and what ends it."""
    end, mark = re.escape(separator), re.escape(quote)
    quoted = f"{mark}(?:[^{mark}]|{mark}{mark})*{mark}|" if quote else ""
    return re.compile(rf"(?:{quoted}[^{mark}{end}\r\n][^{end}\r\n]*|)(?:{end}|\r\n|\n|\r|\Z)")


def _first_lines(path: Path, form: CsvFormat) -> tuple[str, str]:
    """The first two lines that hold any text."""
    with open_text(path, form) as file:
        lines = (line.rstrip("\r\n") for line in file)
        found = list(islice((line for line in lines if line.strip()), 2))
    return found[0] if found else "", found[1] if len(found) > 1 else ""


def _cells(line: str, separator: str) -> list[str] | None:
    """The cells of a line, or None: it is not valid with this separator."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return None
