# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Cells of columns: what is a number, what is missing, what is a label, block by block."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.data.cells import MISSING, Column, label, number
from vynapse.data.csv import text_table


def built(cells: list[str], keep_texts: float) -> Column:
    """The cells as a column of a file; beside another, as a blank line alone is no row."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["own", "other"], *([cell, "1"] for cell in cells)])
    return text_table(Path("rows"), file.getvalue(), {"own": keep_texts}).column("own")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-2.5e3", -2500.0), ("1_000", None), ("inf", None), ("1,5", None), ("x", None)],
)
def test_numbers_are_finite_and_decimal(text: str, value: float | None) -> None:
    assert number(text) == value


def test_a_whole_number_with_a_point_is_the_same_label() -> None:
    texts = ("1.0", "1", "01", "1.5", "v1.0", "1e3")
    assert [label(text) for text in texts] == ["1", "1", "01", "1.5", "v1.0", "1e3"]


def test_labels_do_not_merge_numbers_that_float64_cannot_tell_apart() -> None:
    assert label("9007199254740993.0") == "9007199254740993.0"
    assert label("9007199254740991.0") == "9007199254740991"


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "NA",
            "n/a",
            "NaN",
            "nAn",
            "null",
            "inf",
            "-nan",
            "1_0",
            "1e400",
            "x",
            "07",
            "1.0",
        ]
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3),
)


@given(st.lists(CELLS, min_size=1, max_size=25))
@pytest.mark.parametrize("keep_texts", [0, 2, math.inf])
def test_a_column_says_of_each_cell_what_the_cell_alone_says(
    keep_texts: float, raw: list[str]
) -> None:
    column = built(raw, keep_texts)
    cells = [cell.strip() for cell in raw]
    gaps = [cell.lower() in MISSING for cell in cells]
    assert column.missing.tolist() == gaps
    values = [None if gap else number(cell) for cell, gap in zip(cells, gaps, strict=True)]
    found = [None if math.isnan(value) else value for value in column.numbers.tolist()]
    assert found == values
    words = [not gap and value is None for gap, value in zip(gaps, values, strict=True)]
    assert column.words.tolist() == words
    assert sum(column.spelled.values()) == sum(
        gap and cell != "" for cell, gap in zip(cells, gaps, strict=True)
    )
    for row, cell in enumerate(cells):
        if words[row] or (keep_texts == math.inf and not gaps[row]):
            assert column.text(row) == cell
    if keep_texts == math.inf:
        positions, labels = column.labels()
        assert [labels[position] if position >= 0 else None for position in positions] == [
            None if gap else label(cell) for cell, gap in zip(cells, gaps, strict=True)
        ]


def test_texts_of_numbers_are_kept_up_to_so_many_different_ones() -> None:
    few = built(["01", "1", "2", "2.0"], keep_texts=2)
    assert few.labels()[1] == ("01", "1", "2")
    many = built([*(f"{value}.50" for value in range(9000)), "7.250"], keep_texts=20)
    assert many.text(9000) == "7.25"
    with pytest.raises(ValueError, match="the texts of a column's numbers were not kept"):
        many.labels()
    assert np.isfinite(many.numbers).all()
