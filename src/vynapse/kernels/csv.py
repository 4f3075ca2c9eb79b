# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows of CSV text as a matrix of float64, block by block.

A cell that is a decimal number is that number. Any other cell is a not-a-number whose lower 32 bits
say what it is: 0 for an empty cell, else the place, from 1, in a dictionary of the different texts
of all columns. The same text in two columns has two places.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.kernels import native
from vynapse.kernels.reference import csv as reference

U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]
Anything = npt.NDArray[Any]

MORE, FULL, GROW, RAGGED, QUOTE, LONG = range(6)
"""How a call ends: text is used up, no space for rows, dictionary is full; the rest are faults."""
LEFT_OUT, NUMBERS, TEXTS = range(3)
"""What is read of a column: nothing, numbers and other texts, texts alone."""
_CELLS: Final = 1 << 16
_SAVED: Final = ("modes", "empty", "first_empty", "slots", "hashes", "owners", "starts", "counts",
                 "firsts", "arena", "breaks")  # fmt: skip
_COUNTED: Final = ("entries", "break_count", "row", "line", "shift")
_ARRAYS: Final = ("text", "modes", "places", "powers", "values", "coded", "empty", "first_empty",
                  "slots", "hashes", "owners", "starts", "counts", "firsts", "arena", "scratch",
                  "breaks")  # fmt: skip
_SIZES: Final = ("size", "capacity", "slot_mask", "entries_capacity", "arena_capacity",
                 "breaks_capacity", "longest", "entries", "break_count", "row", "line", "shift",
                 "consumed", "rows", "first_line", "last_line", "cells")  # fmt: skip
_SMALL: Final = ("columns", "kept", "separator", "quote", "decimal", "final")


class _State(ctypes.Structure):
    """`CsvState` in csv.h."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _ARRAYS),
        *((name, ctypes.c_int64) for name in _SIZES),
        *((name, ctypes.c_int32) for name in _SMALL),
    )


@dataclass(slots=True)
class Work:
    """All that a call reads and writes, as in csv.h."""

    arrays: dict[str, Anything]
    numbers: dict[str, int]
    lookup: dict[tuple[int, bytes], int]
    """The dictionary as NumPy's side has it."""


class CsvRows:
    """Reads one text.

    Args:
        modes: `LEFT_OUT`, `NUMBERS` or `TEXTS` for each column.
        separator, decimal: bytes.
        quote: a byte, -1 for none.
        longest: the most characters of a cell.
        library: compiled kernels to use; by default those in use, else Python.
    """

    def __init__(
        self,
        modes: npt.NDArray[np.int8],
        *,
        separator: int = ord(","),
        quote: int = ord('"'),
        decimal: int = ord("."),
        longest: int = 131_072,
        library: native.Library | None = None,
    ) -> None:
        self._library = library or native.status().library
        kept = int((modes > 0).sum())
        places = np.cumsum(modes > 0, dtype=np.int32) - np.int32(1)
        capacity = max(16, _CELLS // max(1, kept))
        arrays: dict[str, Anything] = {
            "text": np.empty(0, np.uint8),
            "modes": modes.astype(np.int8),
            "places": places.astype(np.int32),
            "powers": powers_of_five(),
            "values": np.empty((capacity, kept), np.float64),
            "coded": np.empty(2 * kept, np.int32),
            "empty": np.zeros(kept, np.int64),
            "first_empty": np.full(kept, -1, np.int64),
            "slots": np.zeros(4096, np.int32),
            "hashes": np.zeros(2048, np.uint64),
            "owners": np.zeros(2048, np.int32),
            "starts": np.zeros(2049, np.int64),
            "counts": np.zeros(2048, np.int64),
            "firsts": np.zeros(2048, np.int64),
            "arena": np.empty(1 << 16, np.uint8),
            "scratch": np.empty(4 * longest + 8, np.uint8),
            "breaks": np.zeros((1024, 2), np.int64),
        }
        numbers = dict.fromkeys((*_SIZES, *_SMALL), 0)
        numbers |= {"columns": len(modes), "kept": kept, "longest": longest}
        numbers |= {"separator": separator, "quote": quote, "decimal": decimal}
        self._work = Work(arrays, numbers, {})
        numbers["shift"] = np.iinfo(np.int64).min

    def read(self, text: U8, *, final: bool) -> tuple[int, F64, int]:
        """Whole rows from the begin of `text`, as many as there is space for.

        Args:
            text: UTF-8, from the begin of a row.
            final: whether nothing follows, so that what is left is a row.

        Returns:
            How the call ended, the rows (n, kept), valid until the next call, and the number of
            bytes that were read.
        """
        work = self._work
        work.arrays["text"] = text
        work.numbers["final"] = int(final)
        status, rows, begin = self._call(0)
        while status == GROW and not rows and not begin:
            self._grow()
            status, rows, begin = self._call(0)
        work.numbers["row"] += rows
        if work.numbers["break_count"] == len(work.arrays["breaks"]):
            work.arrays["breaks"] = _doubled(work.arrays["breaks"])
        return status, work.arrays["values"][:rows], begin

    @property
    def fault(self) -> tuple[int, int, int]:
        """First and last line of the row at fault, and its number of cells."""
        numbers = self._work.numbers
        return numbers["first_line"], numbers["last_line"], numbers["cells"]

    @property
    def row(self) -> int:
        """Rows read so far."""
        return self._work.numbers["row"]

    @property
    def line(self) -> int:
        """Lines read so far; a new file begins at 0."""
        return self._work.numbers["line"]

    @line.setter
    def line(self, value: int) -> None:
        self._work.numbers["line"] = value

    @property
    def modes(self) -> npt.NDArray[np.int8]:
        """What is read of each column; may be changed between two calls, but from or to 0."""
        return self._work.arrays["modes"]

    @property
    def entries(self) -> int:
        """Number of different texts so far."""
        return self._work.numbers["entries"]

    def texts(self, begin: int = 0) -> list[bytes]:
        """The different texts from place `begin` on."""
        starts = self._work.arrays["starts"][begin : self.entries + 1].tolist()
        arena = self._work.arrays["arena"]
        return [arena[a:b].tobytes() for a, b in itertools.pairwise(starts)]

    def found(self) -> dict[str, Anything]:
        """`owners`, `counts`, `firsts` of each text; `empty`, `first_empty` of each kept column;
        `breaks`: rows from which on line - row has another value, and that value.
        """
        arrays, entries = self._work.arrays, self.entries
        result = {name: arrays[name][:entries] for name in ("owners", "counts", "firsts")}
        result |= {name: arrays[name] for name in ("empty", "first_empty")}
        result["breaks"] = arrays["breaks"][: self._work.numbers["break_count"]]
        return result

    def state(self) -> dict[str, Anything]:
        """What another object needs to go on from here."""
        numbers = np.array([self._work.numbers[name] for name in _COUNTED], np.int64)
        return {"numbers": numbers, **{name: self._work.arrays[name] for name in _SAVED}}

    def restore(self, state: Mapping[str, Anything]) -> None:
        """Go on from where `state` was taken."""
        for name, value in zip(_COUNTED, state["numbers"].tolist(), strict=True):
            self._work.numbers[name] = value
        for name in _SAVED:
            self._work.arrays[name] = np.array(state[name], order="C")
        self._work.lookup.clear()

    def _call(self, begin: int) -> tuple[int, int, int]:
        """One call of the kernel: how it ended, rows written, bytes read."""
        work = self._work
        arrays, numbers = work.arrays, work.numbers
        numbers["size"] = len(arrays["text"])
        numbers["capacity"] = len(arrays["values"])
        numbers["slot_mask"] = len(arrays["slots"]) - 1
        numbers["entries_capacity"] = len(arrays["hashes"])
        numbers["arena_capacity"] = len(arrays["arena"])
        numbers["breaks_capacity"] = len(arrays["breaks"])
        if self._library is None:
            status = reference.csv_rows(arrays, numbers, work.lookup)
        else:
            state = _State(**{name: native.pointer(arrays[name]) for name in _ARRAYS}, **numbers)
            kernel = self._library.function("csv_rows", ctypes.c_int32, ctypes.c_void_p)
            status = kernel(ctypes.addressof(state))
            for name in ("entries", "break_count", "line", "shift", "consumed", "rows",
                         "first_line", "last_line", "cells"):  # fmt: skip
                numbers[name] = getattr(state, name)
        return status, numbers["rows"], numbers["consumed"]

    def _grow(self) -> None:
        """Twice the space for the dictionary."""
        arrays = self._work.arrays
        for name in ("hashes", "owners", "counts", "firsts", "arena"):
            arrays[name] = _doubled(arrays[name])
        longest = 4 * self._work.numbers["longest"]
        if len(arrays["arena"]) < 2 * longest:
            arrays["arena"] = np.resize(arrays["arena"], 2 * longest)
        arrays["starts"] = _doubled(arrays["starts"])
        size = 2 * len(arrays["slots"])
        slots = np.zeros(size, np.int32)
        for entry, place in enumerate((arrays["hashes"][: self.entries] % size).tolist()):
            slot = int(place)
            while slots[slot]:
                slot = (slot + 1) % size
            slots[slot] = entry + 1
        arrays["slots"] = slots


def _doubled(array: Anything) -> Anything:
    return np.concatenate([array, np.zeros_like(array)])


@functools.cache
def powers_of_five() -> npt.NDArray[np.uint64]:
    """(2 * 651,) the upper and lower half of 128 bits of 5^q, q from -342 to 308, upper bit set.

    Rounded down for q >= 0 and up for q < 0, as the paper named in csv_number.h has it.
    """
    words: list[int] = []
    for q in range(-342, 309):
        power = 5 ** abs(q)
        if q >= 0:
            value = power << 128 >> power.bit_length()
        else:
            size = (power - 1).bit_length()
            value = 2 ** (size + 127 if q >= -27 else 2 * size + 128) // power + 1
            value >>= max(0, value.bit_length() - 128)
        words += [value >> 64, value & (2**64 - 1)]
    return np.array(words, np.uint64)
