# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows in memory: tables as in a file, pictures in any layout or from files, texts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vynapse.data.csv import read_table
from vynapse.data.preprocessing import Preprocessing
from vynapse.errors import DataError
from vynapse.tasks.csv_reader import CsvReader
from vynapse.tasks.picture_files import raw_pictures
from vynapse.tasks.registry import make_task
from vynapse.tasks.text import TextReader

CSV = "size,colour,kind\n" + "".join(
    f"{i / 3},{'red' if i % 3 else 'blue'},{'ab'[i % 2]}\n" for i in range(60)
)


class Frame:
    """What pandas and polars have in common."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name: str) -> list[Any]:
        return self._columns[name]


@pytest.fixture
def encoding(tmp_path: Path) -> Any:
    (tmp_path / "d.csv").write_text(CSV)
    task = make_task("csv", {"path": str(tmp_path / "d.csv"), "target": "kind"})
    return task.preprocessing


def test_all_forms_of_rows_are_read_as_the_file_is(encoding, tmp_path: Path) -> None:
    sizes, colours = [i / 3 for i in range(60)], ["red" if i % 3 else "blue" for i in range(60)]
    preprocessing = Preprocessing.from_json(encoding)
    wanted = preprocessing.inputs(read_table(tmp_path / "d.csv", preprocessing.texts()))
    forms = [
        tmp_path / "d.csv",
        {"size": sizes, "colour": colours},
        Frame({"colour": colours, "size": np.array(sizes)}),  # type: ignore[dict-item]
        [{"size": size, "colour": colour} for size, colour in zip(sizes, colours, strict=True)],
        list(zip(sizes, colours, strict=True)),
        np.array(list(zip(sizes, colours, strict=True)), dtype=object),
    ]
    for form in forms:
        assert np.array_equal(CsvReader(encoding).inputs(form), wanted)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([[1.0, "green"]], "category 'green' did not occur"),
        ([[None, "red"]], "column 'size' misses 1 of 1 values"),
        ([[float("nan"), "red"]], "column 'size' misses"),
        ([["big", "red"]], "a number was wanted, got 'big'"),
        ([[1.0]], "row 0 .counted from 0.: 2 values were wanted"),
        ({"size": [1.0]}, "there is no column 'colour'"),
        ({"size": [1.0], "colour": []}, "columns of one length"),
        ([], "a frame, columns by name, or a list of rows"),
        (7, "a frame, columns by name, or a list of rows"),
        (["a,b"], "a frame, columns by name, or a list of rows"),
    ],
)
def test_rows_that_are_none_are_refused_in_a_sentence(encoding, rows, sentence) -> None:
    with pytest.raises(DataError, match=sentence):
        CsvReader(encoding).inputs(rows)


def test_pictures_in_any_layout_are_the_same() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 3, 5, 6)).astype(np.uint8)
    shape = (3, 5, 6)
    assert raw_pictures(pictures, shape, 255) is pictures
    assert np.array_equal(raw_pictures(pictures.transpose(0, 2, 3, 1), shape, 255), pictures)
    assert np.array_equal(raw_pictures(pictures.reshape(4, -1), shape, 255), pictures)
    grey = pictures[:, :1]
    assert np.array_equal(raw_pictures(grey[:, 0], (1, 5, 6), 255), grey)


def test_pictures_from_files(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels).convert("RGB").resize((40, 40)).save(tmp_path / "b.png")
    found = raw_pictures([tmp_path / "a.png", str(tmp_path / "b.png")], (1, 8, 8), 16)
    assert found.shape == (2, 1, 8, 8)
    assert found.dtype == np.uint8
    assert np.array_equal(found[0, 0], np.round(pixels / 255 * 16))
    assert raw_pictures([tmp_path / "a.png"], (3, 4, 4), 255).shape == (1, 3, 4, 4)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (np.zeros((2, 3)), "pictures of shape"),
        (np.full((1, 8, 8), 17), "pixels from 0 to 16 were wanted, got 17 to 17"),
        (np.full((1, 8, 8), 0.5), "multiply them by 16"),
        ("a.png", r"write \['a.png'\]"),
        (["nowhere.png"], "nowhere.png: cannot be read"),
        (np.full((1, 8, 8), np.nan), "finite numbers"),
    ],
)
def test_what_is_no_picture_is_refused(rows, sentence) -> None:
    with pytest.raises(DataError, match=sentence):
        raw_pictures(rows, (1, 8, 8), 16)


def test_a_text_is_read_by_its_last_characters() -> None:
    reader = TextReader({"vocabulary": " abc", "length": 3})
    assert reader.inputs("cab").tolist() == [[3.0, 1.0, 2.0]]
    assert reader.inputs(["ccc abc", "a a"]).tolist() == [[1.0, 2.0, 3.0], [1.0, 0.0, 1.0]]
    for rows, sentence in (
        ("ab", "3 or more"),
        ("abx", "'x' is nowhere"),
        ([], "one or more"),
        ([1], "3 or"),
    ):
        with pytest.raises(DataError, match=sentence):
            reader.inputs(rows)
