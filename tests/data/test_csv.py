# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files as text: what is read, what is missing, and what is refused with its line."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.data.csv import Table, read_table
from vynapse.errors import DataError


def texts(table: Table) -> dict[str, list[str | None]]:
    """The cells of each column, None where one is missing."""
    found = {}
    for name in table.columns:
        column = table.column(name)
        found[name] = [None if gap else column.text(row) for row, gap in enumerate(column.missing)]
    return found


Write = Callable[[str | bytes], Path]


@pytest.fixture
def file(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_cells_are_stripped_and_missing_ones_are_none(file: Write) -> None:
    table = read_table(file("a, b,c\r\n 1,x y ,NA\r\n,n/a,null\r\n\r\n2,NaN,3\r\n"))
    assert texts(table) == {
        "a": ["1", None, "2"],
        "b": ["x y", None, None],
        "c": [None, None, "3"],
    }
    assert table.lines.tolist() == [2, 3, 5]
    assert len(table) == 3


def test_quotes_byte_order_marks_and_lines_within_cells(file: Write) -> None:
    table = read_table(file('\ufeffa,b\n"one, two","three\nfour"\n5,6\n'))
    assert texts(table) == {"a": ["one, two", "5"], "b": ["three\nfour", "6"]}
    assert table.lines.tolist() == [3, 4]


def test_an_empty_row_of_several_cells_is_a_row(file: Write) -> None:
    assert len(read_table(file("a,b\n,\n1,2\n"))) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "a header line was wanted, the file is empty"),
        ("\n\n", "a header line was wanted, the file is empty"),
        ("a,b\n", "the header is followed by no row"),
        ("a,b\n1,2\n3\n", "line 3 has 1 cells, the header has 2"),
        ("a,b\n1,2,3\n", "line 2 has 3 cells, the header has 2"),
        ("a,b,a\n1,2,3\n", "the header names column 'a' twice"),
        ("a,,c\n1,2,3\n", "column 2 of the header has no name"),
        ('a,b\n1,"2\n', "line 2 is not valid CSV"),
        (b"a,b\n1,\xe9\n", "UTF-8 text was wanted, got byte 0xe9"),
    ],
)
def test_what_is_malformed_is_said_in_one_sentence(
    file: Write, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(DataError, match=rf"data\.csv: {sentence}") as caught:
        read_table(file(content))
    assert "\n" not in str(caught.value)


def test_absent_files_and_columns_are_named(file: Write, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.csv: cannot be read: No such file"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="there is no column 'specis': did you mean 'species'"):
        read_table(file("species,b\n1,2\n")).column("specis")


def faulty(file: Write, content: str | bytes) -> str:
    with pytest.raises(DataError) as caught:
        read_table(file(content))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("separator", "name"),
    [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"), (" ", "spaces")],
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_other_separators_are_named(file: Write, separator: str, name: str, quote: str) -> None:
    lines = [[f"{quote}{cell}{quote}" for cell in row] for row in (("a", "b"), ("1", "2"))]
    content = "\n".join(separator.join(row) for row in lines)
    assert f"the cells are separated by {name}, commas were wanted" in faulty(file, content)


def test_decimal_commas_do_not_hide_semicolons(file: Write) -> None:
    for content in ("a;b\n1,5;2,5\n", "a;b\n1;2\n", '"a, cm";b\n"1,5";2\n'):
        assert "separated by semicolons" in faulty(file, content)
    assert "the header is followed by no row" in faulty(file, "a;b\n")
    assert texts(read_table(file("a;b\n3\n"))) == {"a;b": ["3"]}
    assert texts(read_table(file("first name\nJohn Smith\n"))) == {"first name": ["John Smith"]}
    assert texts(read_table(file("a;b,c\n1;2,3\n"))) == {"a;b": ["1;2"], "c": ["3"]}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "is in UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "is in UTF-16 or no text"),
        ("a,b\n1,2\n".encode("utf-16-be"), "is in UTF-16 or no text"),
        (b"PK\x03\x04" + bytes(60), "is a workbook or a zip archive"),
        (b"\x1f\x8b\x08" + bytes(range(256)), "is compressed"),
        (b"a,b\n" + b"1,2\n" * 9999 + b"1,\xe9\n", "got byte 0xe9 on line 10001"),
        (b"a,b\n1,\xc3", "got byte 0xc3 on line 2"),
        (b"a,b\n1,2\n1,2\0\n", "line 3: column 'b' holds a NUL character"),
        (b"a,b\0\n1,2\n", "the header holds a NUL character: take it out"),
        ("sep=,\na,b\n1,2\n", "line 1 is a mark for spreadsheets"),
    ],
)
def test_other_formats_and_encodings_are_named(
    file: Write, content: str | bytes, what: str
) -> None:
    assert what in faulty(file, content)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('a,b\n1,"2\n3,4\n5,6\n', 2),
        ('a,b\n1,2\n3,"4\n5,"6"\n7,8\n', 3),
        ('a,b\n"x\ny","z\n5,6\n', 3),
        ('a,b\r1,2\r3,"4\r5,6\r', 3),
        ('a,b\n\n1,"2"x\n', 3),
        ('a,b\n1,2\n3,"4', 3),
        ('a,b\n"' + "1,2\n" * 99_999, 2),
        ("a,b\n1,2\n3," + "4" * 200_000 + "\n5,6\n", 3),
    ],
)
def test_a_quote_that_is_not_closed_names_its_own_line(
    file: Write, content: str, line: int
) -> None:
    sentence = faulty(file, content)
    assert f"data.csv: line {line}" in sentence
    assert "quote" in sentence


def test_a_row_over_several_lines_is_suspected_of_an_open_quote(file: Write) -> None:
    sentence = faulty(file, 'a,b,c\n1,"2,3\n4,5",6,7\n')
    assert "lines 2 to 3 are one row of 4 cells, the header has 3: is a quote on line 2" in sentence


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_their_lines(file: Write, end: str) -> None:
    table = read_table(file(end.join(["a,b", "1,x", "", '2,"y"', "3,z", ""])), {})
    assert texts(table) == {"a": ["1.0", "2.0", "3.0"], "b": ["x", "y", "z"]}
    assert table.lines.tolist() == [2, 4, 5]


CELLS = st.sampled_from(
    ["1", " 2.5 ", "-3e4", "", "NA", "x", '"q"', '"a\nb"', '"1,5"', "inf", "1_0"]
)
ROWS = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))
)


@given(ROWS, st.data())
def test_numbers_and_lines_do_not_depend_on_how_a_file_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("csv") / "data.csv"
    rows = [["1"] * (len(rows[0]) if rows else 2), *rows]
    gaps = "\n" * data.draw(st.integers(1, 2))
    header = ",".join(f"k{number}" for number in range(len(rows[0])))
    path.write_bytes("\n".join([header, gaps.join(",".join(row) for row in rows), ""]).encode())
    slow, fast = read_table(path), read_table(path, {})
    assert slow.lines.tolist() == fast.lines.tolist()
    for name in slow.columns:
        one, other = slow.column(name), fast.column(name)
        np.testing.assert_array_equal(one.numbers, other.numbers)
        np.testing.assert_array_equal(one.missing, other.missing)
        assert one.spelled == other.spelled
        for row in np.flatnonzero(one.words).tolist():
            assert one.text(row) == other.text(row)


def test_a_table_of_numbers_takes_little_more_than_its_file(file: Write) -> None:
    draw = np.random.default_rng(0).normal(size=(8000, 20))
    lines = [",".join(f"{value:.4f}" for value in row) for row in draw.tolist()]
    path = file("\n".join([",".join(f"x{number}" for number in range(20)), *lines]) + "\n")
    tracemalloc.start()
    table = read_table(path, {})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # a block of text is held beside the table
    assert peak < 1.5 * path.stat().st_size + 4e6
    np.testing.assert_array_equal(table.column("x7").numbers, draw[:, 7].round(4))


def test_devices_are_refused() -> None:
    with pytest.raises(DataError, match="a file was wanted, this is a device"):
        read_table(Path("/dev/zero"))


def test_rows_are_taken_from_rows(file: Write) -> None:
    table = read_table(file("a\n" + "".join(f"{number}\n" for number in range(9))))
    part = table.rows(np.array([1, 4, 7])).rows(np.array([2, 0]))
    assert part.column("a").numbers.tolist() == [7, 1]
    assert [part.line(row) for row in range(len(part))] == [9, 3]
