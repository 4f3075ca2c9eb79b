# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What csv.h computes, in Python: the specification, and what works where nothing is compiled."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import MutableMapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_BLANKS: Final = bytes([32, *range(9, 14), *range(28, 32)])
_NAN: Final = 0x7FF8000000000000
_MORE, _FULL, _GROW, _RAGGED, _QUOTE, _LONG = range(6)


class _Stop(Exception):
    """A call ends within a row."""

    def __init__(self, status: int, line: int = 0) -> None:
        super().__init__()
        self.status, self.line = status, line


@functools.cache
def _number(decimal: int) -> re.Pattern[bytes]:
    point = re.escape(bytes([decimal]))
    return re.compile(rb"[+-]?(?:\d+(?:%s\d*)?|%s\d+)(?:[eE][+-]?\d+)?" % (point, point))


@functools.cache
def _patterns(separator: int, quote: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A cell without quotes with what ends it, and one with quotes."""
    end = re.escape(bytes([separator]))
    mark = re.escape(bytes([quote])) if quote >= 0 else b""
    plain = re.compile(rb"([^%s\r\n]*)(%s|\r\n|\n|\r|\Z)" % (end, end))
    return plain, re.compile(rb"%s((?:[^%s]|%s%s)*)(%s|\Z)" % (mark, mark, mark, mark, mark), re.S)


def csv_rows(
    arrays: MutableMapping[str, npt.NDArray[Any]],
    numbers: MutableMapping[str, int],
    lookup: dict[tuple[int, bytes], int],
) -> int:
    """Read whole rows of a text, as `csv_rows` of csv.h does.

    Args:
        arrays, numbers: the fields of `CsvState`.
        lookup: (kept column, text) -> place in the dictionary; made anew where it is empty.

    Returns:
        How the call ended.
    """
    text: bytes = arrays["text"].tobytes()
    if not lookup:
        starts, owners = arrays["starts"].tolist(), arrays["owners"].tolist()
        arena = arrays["arena"].tobytes()
        for entry in range(numbers["entries"]):
            lookup[owners[entry], arena[starts[entry] : starts[entry + 1]]] = entry + 1
    numbers["consumed"] = numbers["rows"] = 0
    begin = 0
    while begin < len(text):
        if numbers["rows"] == numbers["capacity"]:
            return _FULL
        if numbers["break_count"] == numbers["breaks_capacity"]:
            return _FULL
        try:
            cells, end, line = _row(text, begin, numbers)
            coded = _take_in(cells, arrays, numbers, lookup)
        except _Stop as stop:
            numbers["first_line"], numbers["last_line"] = numbers["line"] + 1, stop.line
            return stop.status
        if len(cells) == 1 and not cells[0].decode("utf-8", "replace").strip():
            numbers["line"], numbers["consumed"], begin = line, end, end
            continue
        if len(cells) != numbers["columns"]:
            numbers["first_line"], numbers["last_line"] = numbers["line"] + 1, line
            numbers["cells"] = len(cells)
            return _RAGGED
        _count(coded, line, arrays, numbers)
        numbers["line"], numbers["consumed"], begin = line, end, end
        numbers["rows"] += 1
    return _MORE


def _row(
    text: bytes, begin: int, numbers: MutableMapping[str, int]
) -> tuple[list[bytes], int, int]:
    """The cells of a row, where it ends, and the lines up to there."""
    plain, quoted = _patterns(numbers["separator"], numbers["quote"])
    quote, at, line = numbers["quote"], begin, numbers["line"]
    separator = bytes([numbers["separator"]])
    cells: list[bytes] = []
    while True:
        if at < len(text) and text[at] == quote:
            found = quoted.match(text, at)
            cell, mark = (b"", b"") if found is None else found.groups()
            at = len(text) if found is None else found.end()
            cut = at == len(text) and not numbers["final"]
            own = cell[:-1] if cut and cell.endswith(b"\r") else cell
            line += len(re.findall(rb"\r\n|\n|\r", own))
            sign = bytes([quote])
            cell = cell.replace(sign + sign, sign)
            _refuse_long(cell, line, numbers)
            if cut:
                raise _Stop(_MORE)
            if not mark:
                last = line + (not text.endswith((b"\n", b"\r")))
                raise _Stop(_QUOTE, last)
            if at < len(text) and text[at : at + 1] not in (separator, b"\n", b"\r"):
                raise _Stop(_QUOTE, line + 1)
            rest = plain.match(text, at)
            end = b"" if rest is None else rest.group(2)
        else:
            rest = plain.match(text, at)
            cell, end = (b"", b"") if rest is None else rest.groups()
            _refuse_long(cell, line, numbers)
        at = at if rest is None else rest.end()
        if not numbers["final"] and at == len(text) and end in (b"", b"\r"):
            raise _Stop(_MORE)
        cells.append(cell)
        if end != separator:
            return cells, at, line + 1


def _refuse_long(cell: bytes, line: int, numbers: MutableMapping[str, int]) -> None:
    longest = numbers["longest"]
    if len(cell) > longest and len(cell.decode("utf-8", "replace")) > longest:
        raise _Stop(_LONG, line + 1)


def _take_in(
    cells: list[bytes],
    arrays: MutableMapping[str, npt.NDArray[Any]],
    numbers: MutableMapping[str, int],
    lookup: dict[tuple[int, bytes], int],
) -> list[tuple[int, int]]:
    """Write the cells of a row; (kept column, place in the dictionary) of those that need one."""
    values = arrays["values"][numbers["rows"]]
    pattern, point = _number(numbers["decimal"]), bytes([numbers["decimal"]])
    coded = []
    for cell, mode, place in zip(
        cells, arrays["modes"].tolist(), arrays["places"].tolist(), strict=False
    ):
        if not mode:
            continue
        text = cell.strip(_BLANKS)
        if mode == 1 and pattern.fullmatch(text):
            value = float(text.replace(point, b"."))
            if math.isfinite(value):
                values[place] = value
                continue
        code = 0 if not text else _code(place, text, arrays, numbers, lookup)
        values[place : place + 1].view(np.uint64)[0] = _NAN | code
        coded.append((place, code))
    return coded


def _code(
    place: int,
    text: bytes,
    arrays: MutableMapping[str, npt.NDArray[Any]],
    numbers: MutableMapping[str, int],
    lookup: dict[tuple[int, bytes], int],
) -> int:
    found = lookup.get((place, text))
    if found is not None:
        return found
    entry = numbers["entries"]
    start = int(arrays["starts"][entry])
    end = start + len(text)
    if (
        entry >= numbers["entries_capacity"]
        or 2 * entry > numbers["slot_mask"]
        or end > numbers["arena_capacity"]
    ):
        raise _Stop(_GROW)
    arrays["arena"][start:end] = np.frombuffer(text, np.uint8)
    arrays["owners"][entry], arrays["starts"][entry + 1] = place, end
    arrays["counts"][entry], arrays["firsts"][entry] = 0, -1
    numbers["entries"] = lookup[place, text] = entry + 1
    return entry + 1


def _count(
    coded: list[tuple[int, int]],
    line: int,
    arrays: MutableMapping[str, npt.NDArray[Any]],
    numbers: MutableMapping[str, int],
) -> None:
    """Count the texts and empty cells of a row that is whole."""
    number = numbers["row"] + numbers["rows"]
    for place, code in coded:
        counts, firsts, position = (
            (arrays["counts"], arrays["firsts"], code - 1)
            if code
            else (arrays["empty"], arrays["first_empty"], place)
        )
        if not counts[position]:
            firsts[position] = number
        counts[position] += 1
    if line - number != numbers["shift"]:
        numbers["shift"] = line - number
        arrays["breaks"][numbers["break_count"]] = number, line - number
        numbers["break_count"] += 1
