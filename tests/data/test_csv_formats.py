# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files in other formats, and ill-formed ones: a sentence each, with file, line and column."""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.data.csv import read_table
from vynapse.data.csv_format import CsvFormat
from vynapse.errors import ConfigError, DataError
from vynapse.tasks.registry import make_task

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROWS = "a,b\n" + "".join(f"{number / 4},{'xy'[number % 2]}\n" for number in range(2000))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (ROWS.encode(), {}),
        (ROWS.encode("utf-8-sig"), {}),
        (gzip.compress(ROWS.encode()), {}),
        (gzip.compress(ROWS.encode()[:900]) + gzip.compress(ROWS.encode()[900:]), {}),
        (zstd.compress(ROWS.encode()), {}),
        (ROWS.encode("utf-16"), {"encoding": "utf-16"}),
        (ROWS.encode("utf-16-be"), {"encoding": "utf-16-be"}),
        (gzip.compress(ROWS.encode("utf-16")), {"encoding": "utf-16"}),
        (ROWS.replace(",", ";").encode(), {"separator": ";"}),
        (ROWS.replace(",", "\t").encode(), {"separator": "\t"}),
        (ROWS.replace(",", ";").replace(".", ",").encode(), {"separator": ";", "decimal": ","}),
        (ROWS.replace("x", "'x'").encode(), {"quote": "'"}),
        (ROWS.replace("\n", "\r\n").encode(), {}),
    ],
)
def test_the_same_table_in_other_formats(
    tmp_path: Path, content: bytes, form: dict[str, Any]
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    table = read_table(path, {}, CsvFormat(**form))
    assert table.column("a").numbers.tolist() == [number / 4 for number in range(2000)]
    assert [table.column("b").text(row) for row in (0, 1)] == ["x", "y"]
    assert table.line(1999) == 2001
    task = make_task("csv", {"path": str(path), "target": "b", "cache": True, **form})
    assert task.description.endswith("1200 rows train, 400 validate, 400 test")


def test_other_letters_are_read_in_their_encoding(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes("a,b\n1,é\n".encode("cp1252"))
    assert read_table(path, {}, CsvFormat(encoding="cp1252")).column("b").text(0) == "é"


def test_without_quotes_a_quote_is_a_letter(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text('a,b\n1,"x\n2,y"\n')
    assert read_table(path, {}, CsvFormat(quote="")).column("b").texts == ('"x', 'y"')


def many_rows(last: str, more: str = "") -> str:
    return "a,b\n" + "1,x\n2,y\n" * 20 + last + more


BAD: dict[str, tuple[bytes | str, dict[str, Any], str]] = {
    "empty": ("", {}, "a header line was wanted, the file is empty"),
    "blank": ("\n \n", {}, "a header line was wanted, the file is empty"),
    "header only": ("a,b\n", {}, "the header is followed by no row"),
    "ragged, short": (many_rows("3\n"), {}, "line 42 has 1 cells, the header has 2"),
    "ragged, long": (many_rows("3,x,7\n"), {}, "line 42 has 3 cells, the header has 2"),
    "name twice": ("a,a\n1,2\n", {}, "the header names column 'a' twice"),
    "no name": ("a,,b\n1,2,3\n", {}, "column 2 of the header has no name"),
    "mark": ("sep=,\na,b\n1,2\n", {}, "line 1 is a mark for spreadsheets"),
    "lone quote": (many_rows('3,"x\n', "4,y\n"), {}, "line 42 is not valid CSV: a quote opens"),
    "text after quote": (many_rows('3,"x"y\n'), {}, "line 42 is not valid CSV"),
    "long cell": (many_rows("3," + "x" * 140_000), {}, "line 42: a cell of more than 131,072"),
    "NUL": (many_rows("3,x\0\n"), {}, "line 42: column 'b' holds a NUL character"),
    "NUL in header": ("a,b\0\n1,2\n", {}, "the header holds a NUL character"),
    "latin 1": (many_rows("3,").encode() + b"\xe9\n", {}, "got byte 0xe9 on line 42"),
    "cut character": (many_rows("3,").encode() + b"\xc3", {}, "got byte 0xc3 on line 42"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), {}, "the file is in UTF-16"),
    "not UTF-16": (b"a,b\n1,2\n3", {"encoding": "utf-16"}, "text in utf-16 was wanted"),
    "bad ASCII": (
        gzip.compress(many_rows("3,é\n").encode("cp1252")), {}, "line 42: text in UTF-8 was wanted"
    ),
    "workbook": (b"PK\x03\x04" + bytes(60), {}, "is a workbook or a zip archive"),
    "Parquet": (b"PAR1" + bytes(60), {}, "is a Parquet file"),
    "broken gzip": (gzip.compress(ROWS.encode())[:-900], {}, "the file is compressed, and damaged"),
    "not gzip": (b"\x1f\x8b\x08" + bytes(range(256)), {}, "the file is compressed, and damaged"),
    "gzip sum": (
        gzip.compress(ROWS.encode())[:-8] + bytes(8), {}, "the file is compressed, and damaged"
    ),
    "cut zstd": (zstd.compress(ROWS.encode())[:-90], {}, "the file is compressed, and damaged"),
    "semicolons": ("a;b\n1;x\n2;y\n", {}, "the cells are separated by semicolons"),
    "commas": ("a,b\n1,x\n2,y\n", {"separator": ";"}, "separated by commas, semicolons were"),
    "decimal points": (
        many_rows("1.5,x\n").replace(",", ";"),
        {"separator": ";", "decimal": ","},
        "line 42: column 'a': a decimal comma was wanted, got '1.5'",
    ),
    "decimal commas": (
        many_rows("1,5;x\n").replace(",x", ";x").replace(",y", ";y").replace("a,b", "a;b"),
        {"separator": ";"},
        "line 42: column 'a' holds '1,5' among 40 numbers; it has a comma within",
    ),
    "infinite": (many_rows("inf,x\n"), {}, "line 42: column 'a' holds 'inf' among 40 numbers"),
    "too large": (many_rows("1e400,x\n"), {}, "line 42: column 'a' holds '1e400' among 40"),
    "beyond float32": (many_rows("1e39,x\n"), {}, "line 42: column 'a': 1e+39 is beyond"),
    "word": (many_rows("old,x\n"), {}, "line 42: column 'a' holds 'old' among 40 numbers"),
    "gap": (many_rows(",x\n"), {}, "column 'a' misses 1 of 41 values, the first on line 42"),
    "one class": ("a,b\n" + "1,x\n" * 9, {}, "the target 'b' holds only one class, 'x'"),
    "no target": ("a,c\n1,x\n2,y\n", {}, "there is no column 'b'"),
    "target alone": ("b\nx\ny\n", {}, "the target 'b' is the only column"),
    "too few": ("a,b\n1,x\n2,y\n", {}, "too few to validate with"),
}  # fmt: skip


@pytest.mark.parametrize("cached", [False, True], ids=["memory", "cache"])
@pytest.mark.parametrize("name", BAD)
def test_each_ill_formed_file_has_one_sentence(tmp_path: Path, name: str, cached: bool) -> None:
    content, form, sentence = BAD[name]
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        make_task("csv", {"path": str(path), "target": "b", "cache": cached, **form})
    said = str(caught.value)
    assert said.startswith(str(path))
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize("cached", [False, True], ids=["memory", "cache"])
@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ("a,c\n1,2\n", "2.csv: line 1: the header of 1.csv was wanted: column 'b' is not there"),
        ("a,b,c\n1,2,3\n", "2.csv: line 1: the header of 1.csv was wanted: column 'c' is not in"),
        ("b,a\n1,2\n", "2.csv: line 1: the header of 1.csv was wanted: the columns are in another"),
        ("a,b\n1,x\n7\n", "2.csv: line 3 has 1 cells, the header has 2"),
        ("a,b\n1,x\nold,y\n" + "1,x\n2,y\n" * 9, "line 3 of 2.csv: column 'a' holds 'old' among"),
        (None, "CSV files were wanted in this folder"),
    ],
)
def test_folders_whose_files_do_not_fit(
    tmp_path: Path, second: str | None, sentence: str, cached: bool
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "notes.md").write_text("no table")
    if second is not None:
        (folder / "1.csv").write_text("a,b\n1,x\n2,y\n")
        (folder / "2.csv").write_text(second)
    with pytest.raises(DataError, match=re.escape(sentence)) as caught:
        make_task("csv", {"path": str(folder), "target": "b", "cache": cached})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"separator": ";;"}, "one ASCII character"),
        ({"separator": "a"}, "one ASCII character"),
        ({"quote": "x"}, "a double or a single quote, or nothing"),
        ({"decimal": ";"}, "decimal"),
        ({"encoding": "utf-99"}, "the name of an encoding"),
        ({"encoding": "base64"}, "the name of an encoding"),
    ],
)
def test_formats_that_are_none_are_refused(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make_task("csv", {"path": "x.csv", "target": "b", **keys})


def test_predictions_read_the_format_of_the_run(tmp_path: Path) -> None:
    import vynapse

    path = tmp_path / "data.csv"
    path.write_text(ROWS.replace(",", ";").replace(".", ","))
    keys: dict[str, Any] = {"task.separator": ";", "task.decimal": ",", "task.path": str(path)}
    run = vynapse.run(
        "csv", mode="sgd", budget={"steps": 3}, out=tmp_path / "run", **{"task.target": "b", **keys}
    )
    (tmp_path / "new.csv").write_text("a\n1,5\n0,25\n")
    found = run.predict(str(tmp_path / "new.csv"))
    assert len(found) == 2
    np.testing.assert_array_equal(found, run.predict([{"a": 1.5}, {"a": 0.25}]))
