# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV text as numbers: C, Python and the standard library agree, cell by cell and bit for bit."""

from __future__ import annotations

import csv
import io
import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import many
from vynapse.kernels import native
from vynapse.kernels.csv import F64, MORE, CsvRows
from vynapse.kernels.reference import csv as reference

LIBRARIES = (None, *native.libraries())


def reader(columns: int, library: native.Library | None, mode: int = 1, quote: int = 34) -> CsvRows:
    rows = CsvRows(np.full(columns, mode, np.int8), quote=quote, library=library)
    rows._library = library
    return rows


def read(rows: CsvRows, text: bytes, cuts: tuple[int, ...] = ()) -> tuple[int, F64]:
    """How reading ends, and all rows, of a text that comes in pieces."""
    found: list[F64] = []
    ends, at, status = [*cuts, len(text)], 0, MORE
    for end in ends:
        if end < at:
            continue
        while True:
            piece = np.frombuffer(text, np.uint8)[at:end]
            status, values, count = rows.read(piece, final=end == len(text))
            found.append(values.copy())
            at += count
            if status >= 3:
                return status, np.concatenate(found)
            if not count:
                break
    return status, np.concatenate(found)


def resolved(rows: CsvRows, values: F64) -> list[list[str | int]]:
    """Cells as the bits of a number, or text."""
    texts = rows.texts()
    return [
        [
            (texts[(int(bits) & 0xFFFFFFFF) - 1].decode() if int(bits) & 0xFFFFFFFF else "")
            if value != value
            else int(bits)
            for value, bits in zip(row.tolist(), row.view(np.uint64).tolist(), strict=True)
        ]
        for row in values
    ]


def numbers_of(seed: int, count: int) -> list[str]:
    draw = random.Random(seed)
    kinds = (
        lambda: repr(struct.unpack("d", struct.pack("Q", draw.getrandbits(64)))[0]),
        lambda: repr(draw.gauss(0, 1)),
        lambda: f"{draw.getrandbits(64)}e{draw.randrange(-345, 300)}",
        lambda: f"{draw.getrandbits(90)}.{draw.getrandbits(40)}",
        lambda: f"{draw.getrandbits(53) * 2 + 1}e{draw.randrange(-25, 25)}",
        lambda: repr(draw.random() * 1e-310),
        lambda: f"{draw.randrange(10**6) / 100:+.2f}",
    )
    return [draw.choice(kinds)() for _ in range(count)]


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_numbers_are_those_of_python(library: native.Library | None) -> None:
    texts = numbers_of(0, many(sample=4000, evidence=400_000))
    # halfway between two floats, the largest, the smallest, and what lies beyond
    texts += ["9007199254740993", "1.7976931348623157e308", "5e-324", "2.4703282292062327e-324"]
    texts += ["1e400", "-0.0", "00.10", "1.", ".5", "9007199254740992.99999999999999999999"]
    rows = reader(1, library)
    _, values = read(rows, "\n".join(texts).encode())
    for text, cell, value in zip(texts, resolved(rows, values), values[:, 0], strict=True):
        if isinstance(cell[0], str):
            assert cell[0] == text
        else:
            assert struct.pack("d", value) == struct.pack("d", float(text)), text


CELLS = st.sampled_from(
    ["1", " 2.5 ", "-3e4", "", " ", "NA", "x", '"q"', '"a\nb"', '"1,5"', "inf", "1_0", '"a""b"',
     '""', 'a"b', '"', '"x"y', "é", "\u00a0", "1e400", "0.1234567890123456789", '"3"', "+.5e-2"]
)  # fmt: skip
TEXTS = st.tuples(
    st.integers(1, 3),
    st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)


@settings(max_examples=many(sample=150, evidence=3000), derandomize=True, deadline=None)
@given(content=TEXTS, cut=st.integers(0, 40), mode=st.sampled_from([1, 2]))
def test_c_and_python_agree_with_the_csv_module(
    content: tuple[int, list[list[str]], str, bool], cut: int, mode: int
) -> None:
    columns, cells, end, closed = content
    text = (end.join(",".join(row) for row in cells) + end * closed).encode()
    seen = []
    for library in LIBRARIES:
        for cuts in ((), (min(cut, len(text)),)):
            rows = reader(columns, library, mode)
            status, values = read(rows, text, cuts)
            breaks = rows.found()["breaks"].tolist()
            fault = rows.fault if status >= 3 else None
            counts = {name: rows.found()[name].tolist() for name in ("counts", "firsts", "empty")}
            seen.append(
                (status, resolved(rows, values), breaks, fault, counts if fault is None else 0)
            )
    assert all(one == seen[0] for one in seen[1:])
    wanted, good = by_the_module(text.decode(), columns)
    assert (seen[0][0] == MORE) == good
    if mode == 2:
        texts = [list(row) for row in seen[0][1]]
        assert texts == wanted


def by_the_module(text: str, columns: int) -> tuple[list[list[str]], bool]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            if len(row) > 1 or any(cell.strip() for cell in row):
                if len(row) != columns:
                    return rows, False
                blanks = reference._BLANKS.decode()
                rows.append([cell.strip(blanks) for cell in row])
    except csv.Error:
        return rows, False
    return rows, True


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_dictionaries_grow_and_travel(library: native.Library | None) -> None:
    texts = [f"name {number % 7000}" for number in range(9000)]
    text = "\n".join(f"{name},{number}" for number, name in enumerate(texts)).encode()
    whole = reader(2, library)
    _, wanted = read(whole, text)
    half = text.index(b"\n", len(text) // 2) + 1
    first, second = reader(2, library), reader(2, library)
    status, before = read(first, text[:half])
    assert status == MORE
    second.restore(first.state())
    _, after = read(second, text[half:])
    assert np.concatenate([before, after]).tobytes() == wanted.tobytes()
    assert second.texts() == whole.texts()
    assert whole.entries == 7000
    assert second.found()["counts"].tolist() == whole.found()["counts"].tolist()


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_columns_are_left_out_and_long_cells_refused(library: native.Library | None) -> None:
    rows = CsvRows(np.array([0, 1, 0, 2], np.int8), separator=ord(";"), decimal=ord(","))
    rows._library = library
    status, values = read(rows, b"x;1,5;y;7\nz;2.5;y;7\n")
    assert status == MORE
    assert values.shape == (2, 2)
    assert values[0, 0] == 1.5
    assert rows.texts() == [b"7", b"2.5"]
    short = CsvRows(np.array([1], np.int8), longest=4)
    short._library = library
    assert read(short, b"1234\n12345\n")[0] == 5
    assert short.fault[:2] == (2, 2)


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_lines_are_right_where_the_dictionary_grows_after_blank_ones(
    library: native.Library | None,
) -> None:
    rows = reader(1, library)
    text = "".join(f"\n\nname {number}\n" for number in range(3000)).encode()
    status, values = read(rows, text)
    assert (status, len(values), rows.line) == (MORE, 3000, 9000)
    assert rows.found()["breaks"][-1].tolist() == [2999, 9000 - 2999]


@pytest.mark.parametrize("library", LIBRARIES, ids=str)
def test_bytes_that_are_no_utf8_stay_within_bounds(library: native.Library | None) -> None:
    rows = CsvRows(np.array([1], np.int8), longest=16, library=library)
    rows._library = library
    text = b'"' + b"\x80" * 40 + b'""' + b"\x80" * 400 + b'"\n'
    assert read(rows, text)[0] in (MORE, 5)
