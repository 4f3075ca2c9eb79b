# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files as text: what is read, what is missing, and what is refused with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

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
