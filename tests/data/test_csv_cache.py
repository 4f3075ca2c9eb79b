# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The cache of a CSV file: the same bytes after a kill, made anew after a change or damage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.evidence import many
from vynapse.data import csv_cache
from vynapse.data.csv import read_table
from vynapse.data.csv_bytes import content_of
from vynapse.data.csv_cache import Wanted, cached_table, changed, verify_table
from vynapse.data.csv_format import PLAIN, CsvFormat
from vynapse.data.csv_table import CachedTable
from vynapse.errors import DataError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vynapse" / "csv"


def written(path: Path, rows: int = 3000, seed: int = 0) -> Path:
    draw = np.random.default_rng(seed)
    lines = [
        f'{a:.4f},{["red", "blue"][int(b > 0)]},"n, {int(10 * c)}",{int(c * 3)}'
        for a, b, c in draw.normal(size=(rows, 3)).tolist()
    ]
    path.write_text("\n".join(["a,colour,note,kind", *lines]) + "\n")
    return path


def made(path: Path, wanted: Wanted | None = None) -> tuple[CachedTable, list[str]]:
    said: list[str] = []
    table = cached_table(path, wanted or Wanted(PLAIN), progress=lambda *_: None, say=said.append)
    return table, said


def test_a_cache_holds_what_the_table_in_memory_holds(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv")
    table, _ = made(path, Wanted(PLAIN, None, (("kind", 20),)))
    memory = read_table(path, {"kind": 20})
    values = np.concatenate([block for _, block in table.blocks()])
    for name, place in table.places.items():
        one, other = table.texts[name].column(values[:, place]), memory.column(name)
        np.testing.assert_array_equal(one.numbers, other.numbers)
        assert one.texts == other.texts
        np.testing.assert_array_equal(one.missing, other.missing)
    assert [table.line(row) for row in (0, 9, 2999)] == [2, 11, 3001]


def test_columns_that_are_not_wanted_are_left_out(tmp_path: Path) -> None:
    table, _ = made(written(tmp_path / "data.csv"), Wanted(PLAIN, ("a", "kind")))
    assert list(table.places) == ["a", "kind"]
    assert table.header == ("a", "colour", "note", "kind")
    with pytest.raises(DataError, match="no column 'kin': did you mean 'kind'"):
        table.column("kin")


def test_a_second_start_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "data.csv")
    first, _ = made(path)
    monkeypatch.setattr(csv_cache, "RowStream", None)
    monkeypatch.setattr(csv_cache, "content_of", None)
    second, said = made(path)
    assert (second.sha256, second.folder, said) == (first.sha256, first.folder, [])


def test_a_file_that_was_touched_alone_is_recognised(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv")
    first, _ = made(path)
    os.utime(path, ns=(1, 1))
    second, said = made(path)
    assert (second.folder, said) == (first.folder, [])


def test_one_changed_byte_is_named_and_the_cache_made_anew(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv")
    first, _ = made(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"red")] = ord("b")
    path.write_bytes(bytes(content))
    second, said = made(path)
    assert second.sha256 != first.sha256
    assert len(said) == 1
    assert f"data.csv has changed between its bytes 0 and {len(content):,} since it was" in said[0]
    assert "bed" in second.texts["colour"].texts


def test_a_byte_that_was_changed_behind_the_times_is_found_by_verify(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv")
    table, _ = made(path)
    assert verify_table(path, table) is None
    with (table.folder / "values.f64").open("r+b") as file:
        file.write(b"\1")
    assert "values.f64 in the cache" in str(verify_table(path, table))
    path.write_bytes(path.read_bytes() + b"1,red,x,2\n")
    assert "bytes in place of" in str(verify_table(path, table))


@pytest.mark.parametrize("damage", ["byte", "short", "texts", "meta", "absent", "seal"])
def test_a_damaged_cache_is_made_anew_with_one_sentence(tmp_path: Path, damage: str) -> None:
    path = written(tmp_path / "data.csv")
    table, _ = made(path)
    wanted = (table.folder / "values.f64").read_bytes()
    names = {"texts": "texts.npz", "meta": "meta.json", "seal": "seal.json"}
    file = table.folder / names.get(damage, "values.f64")
    content = file.read_bytes()
    if damage == "absent":
        file.unlink()
    elif damage == "short":
        file.write_bytes(content[:-9])
    elif damage == "meta":
        file.write_bytes(content.replace(b'"rows": 3000', b'"rows": 2999'))
    else:
        file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    again, said = made(path)
    assert (again.folder / "values.f64").read_bytes() == wanted
    assert len(again) == 3000
    if damage == "seal":
        assert said == []  # the sums of the cache agree
    else:
        assert len(said) == 1
        assert "is damaged: it is made anew" in said[0]


KILLED = """
import os, sys
from pathlib import Path
from vynapse.data import csv_cache
from vynapse.data.csv_format import PLAIN
csv_cache._EVERY = 1 << 18
print("begun", flush=True)
table = csv_cache.cached_table(Path(sys.argv[1]), csv_cache.Wanted(PLAIN, None, (("kind", 20),)))
print(table.folder, flush=True)
"""


def test_ingestion_that_is_killed_goes_on_with_the_same_bytes(tmp_path: Path, cache: Path) -> None:
    path = written(tmp_path / "data.csv", rows=many(sample=120_000, evidence=400_000))
    wanted = Wanted(PLAIN, None, (("kind", 20),))
    whole, _ = made(path, wanted)
    expected = {name: (whole.folder / name).read_bytes() for name in ("values.f64", "meta.json")}
    whole.folder.rename(tmp_path / "aside")
    for note in (cache / "paths").glob("*.json"):
        note.unlink()
    states, resumed = cache / "parts", 0
    for kill in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        seen = {file: file.stat().st_mtime_ns for file in states.glob("*/state.npz")}
        resumed += bool(seen)
        while process.poll() is None and kill < 3:
            now = {file: file.stat().st_mtime_ns for file in states.glob("*/state.npz")}
            if now and now != seen:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.0005)
        rest = process.communicate()[0]
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    else:
        pytest.fail("no run came to its end")
    assert resumed
    folder = Path(rest.split()[-1])
    assert {name: (folder / name).read_bytes() for name in expected} == expected


def test_a_file_that_grew_while_it_was_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv")

    def grow(name: str, done: int, total: int | None) -> None:
        with path.open("a") as file:
            file.write("1,red,x,2\n")

    with pytest.raises(DataError, match="it was changed while it was read"):
        cached_table(path, Wanted(PLAIN), progress=grow)
    assert len(made(path)[0]) == 3001


def test_a_folder_is_one_table_and_lines_are_those_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in (2, 1):
        written(folder / f"{number}.csv", rows=10 * number, seed=number)
    table, _ = made(folder)
    assert len(table) == 30
    assert [table.line(row) for row in (0, 9, 10)] == ["2 of 1.csv", "11 of 1.csv", "2 of 2.csv"]
    memory = read_table(folder)
    values = np.concatenate([block for _, block in table.blocks()])
    np.testing.assert_array_equal(values[:, 0], memory.column("a").numbers)
    assert memory.line(10) == "2 of 2.csv"
    written(folder / "3.csv", rows=5)
    again, said = made(folder)
    assert len(again) == 35
    assert "2 files became 3 since it was read" in said[0]


def test_what_has_changed_is_told_to_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv")
    content = content_of(path)
    assert changed([path], [content]) is None
    assert changed([path], [content, content]) == "2 files became 1"


def test_another_format_is_another_cache(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a;b\n1,5;2\n2,5;3\n")
    one, _ = made(path, Wanted(CsvFormat(separator=";", decimal=",")))
    assert one.take(slice(0, 2)).tolist() == [[1.5, 2.0], [2.5, 3.0]]
    other, _ = made(path, Wanted(CsvFormat(separator=";")))
    assert one.folder != other.folder
    assert other.texts["a"].texts == ("1,5", "2,5")
