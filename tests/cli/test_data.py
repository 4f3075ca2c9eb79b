# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse data`: what data hold, splits as files, hashes, and what changed since a run."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli.main import main
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.tasks.registry import make_task

COUNT = 100
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A name with a line end in quotes, a blank line, a leak and a number of the row."""
    path = tmp_path / "plants.csv"
    lines = ["id,name,height,leak,kind"]
    for i in range(COUNT):
        kind = i % 3 == 0
        leak = 5 * kind + math.sin(i) + (7 if i == 50 else 0)
        name = f'"plant\n{i % 4}"' if i % 10 == 0 else f"plant {i % 4}"
        lines.append(f"{i},{name},{math.cos(i):.4f},{leak:.4f},{'fern' if kind else 'moss'}")
    path.write_text("\n".join([*lines[:20], "", *lines[20:]]) + "\n")
    return path


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["data", *map(str, words)])
        found = capsys.readouterr()
        return code, found.out, found.err

    return run


def as_json(said: tuple[int, str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said[1].splitlines()[0])
    return found


def test_info_tells_columns_target_splits_and_leaks(file: Path, say: Say) -> None:
    found = as_json(say("info", file, "--target", "kind", "--json"))
    columns = {column.pop("column"): column for column in found["columns"]}
    assert [columns[name]["type"] for name in columns] == [
        "numeric", "categorical", "numeric", "numeric", "categorical",
    ]  # fmt: skip
    assert (columns["kind"]["role"], columns["name"]["different"]) == ("target", 6)
    assert columns["id"]["max"] == COUNT - 1
    assert found["rows"] == COUNT
    assert found["preview"][0] == {
        "id": "0", "name": "plant\n0", "height": "1.0000", "leak": "5.0000", "kind": "fern",
    }  # fmt: skip
    assert found["target"] == {
        "kind": "classification", "classes": 2, "counts": {"moss": 66, "fern": 34},
    }  # fmt: skip
    assert found["splits"] == {"train": 60, "validation": 20, "test": 20}
    warnings = " ".join(found["warnings"])
    assert "column 'id' counts the rows" in warnings
    assert "column 'leak' alone tells" in warnings
    assert "height" not in warnings
    code, out, _ = say("info", file, "--target", "kind")
    assert code == 0
    assert "fern     34   34 %" in out


def test_info_without_a_target_and_of_a_task(file: Path, say: Say) -> None:
    found = as_json(say("info", file, "--json"))
    assert "target" not in found
    assert {column["role"] for column in found["columns"]} == {"input"}
    xor = as_json(say("info", "xor", "--json"))
    assert (xor["splits"], xor["target"]["counts"]) == ({"train": 4}, {"0": 2, "1": 2})


def test_what_a_run_would_be_refused_with_is_told(file: Path, say: Say) -> None:
    file.write_text(file.read_text().replace(",1.0000,", ",,"))
    found = as_json(say("info", file, "--target", "kind", "--json"))
    assert "column 'height' misses 1 of 100 values" in found["refused"]
    assert {c["column"]: c["missing"] for c in found["columns"]}["height"] == 1


def test_splits_are_those_of_a_run_and_rows_stand_as_they_did(
    file: Path, say: Say, tmp_path: Path
) -> None:
    words = ("--target", "kind", "--set", "data_seed=3", "--set", "test=0.1")
    code, out, _ = say("split", file, *words, "--out", tmp_path / "parts")
    assert code == 0
    assert out.splitlines()[0].endswith("train.csv: 70 rows")
    text = "".join((tmp_path / "parts" / f"{n}.csv").read_text() for n in ("train", "validation"))
    assert text.startswith("id,name,height,leak,kind\n")
    assert '"plant\n2"' in text
    options = {"path": str(file), "target": "kind", "data_seed": 3, "test": 0.1}
    task = make_task("csv", {**options, "columns": ["id"]})
    for name, size in (("train", 70), ("validation", 20)):
        with (tmp_path / "parts" / f"{name}.csv").open(newline="") as content:
            rows = list(csv.DictReader(content))
        assert len(rows) == size
        split = task.split(name)  # type: ignore[arg-type]
        assert task.preprocessing is not None
        column = task.preprocessing["columns"][0]
        ids = split.take(slice(None)).inputs[:, 0] * column["scale"] + column["mean"]
        assert [int(row["id"]) for row in rows] == ids.round().astype(int).tolist()
    code, _, error = say("split", file, *words, "--out", tmp_path / "parts")
    assert code == 1
    assert "holds something already" in error


def test_the_hash_changes_with_every_byte_and_option(file: Path, say: Say) -> None:
    first = as_json(say("hash", file, "--target", "kind", "--json"))
    assert first == as_json(say("hash", file, "--target", "kind", "--json"))
    assert (
        first["examples"] == make_task("csv", {"path": str(file), "target": "kind"}).fingerprint()
    )
    other = as_json(say("hash", file, "--target", "kind", "--set", "data_seed=1", "--json"))
    assert other["files"] == first["files"]
    assert other["sha256"] != first["sha256"]
    file.write_text(file.read_text() + " ")
    assert as_json(say("hash", file, "--target", "kind", "--json"))["sha256"] != first["sha256"]


@pytest.fixture
def run(file: Path, tmp_path: Path) -> Path:
    keys = [("task.path", str(file)), ("task.target", "kind"), ("task.columns", ["height", "leak"])]
    recipe = load_recipe("csv", "sgd", overrides=[*keys, "budget.steps=1"])
    Session.create(recipe, tmp_path / "run").run()
    return tmp_path / "run"


def test_data_that_are_still_those_of_a_run(file: Path, run: Path, say: Say) -> None:
    code, out, _ = say("verify", run)
    assert (code, out.splitlines()[-1]) == (0, f"{run}: the data are those it was made of")
    file.write_text(file.read_text().replace("plant 1", "plant 7"))  # a column that is not used
    code, out, _ = say("verify", run)
    assert code == 0
    assert "plants.csv: it differs between byte" in out
    assert "but the examples are the same" in out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("moss", "fern", 1), r"byte 0 and byte 3,\d+, on lines 1 to \d+"),
        (lambda text: text + "1,plant 2,0.1,0.2,moss\n", r"it has 3,\d+ bytes and had 3,\d+"),
    ],
)
def test_what_changed_is_named(
    change: Callable[[str], str], sentence: str, file: Path, run: Path, say: Say
) -> None:
    file.write_text(change(file.read_text()))
    code, _, error = say("verify", run)
    assert code == 1
    assert "plants.csv" in error
    import re

    assert re.search(sentence, error), error
    code, out, _ = say("verify", run, "--json")
    assert json.loads(out.splitlines()[0])["same"] is False


def test_a_file_that_is_gone_is_named_once(file: Path, run: Path, say: Say) -> None:
    file.unlink()
    code, _, error = say("verify", run)
    assert code == 1
    assert error.count("plants.csv") == 1
    assert "it is not there any more" in error


def test_data_are_compared_to_a_hash(file: Path, say: Say, tmp_path: Path) -> None:
    known = say("hash", file, "--json")[1]
    (tmp_path / "known.json").write_text(known)
    for against in (tmp_path / "known.json", json.loads(known)["sha256"]):
        assert say("verify", file, "--against", against)[0] == 0
    file.write_text(file.read_text().replace("plant 1", "plant 2", 1))
    assert say("verify", file, "--against", json.loads(known)["sha256"])[0] == 1
    code, _, error = say("verify", file, "--against", tmp_path / "known.json")
    assert code == 1
    assert "its bytes are others" in error


def test_a_run_of_a_built_in_task_is_known_by_its_examples(tmp_path: Path, say: Say) -> None:
    Session.create(load_recipe("xor", "deap", overrides=["budget.steps=1"]), tmp_path / "r").run()
    found = as_json(say("verify", tmp_path / "r", "--json"))
    assert (found["same"], found["files"], found["examples"]) == (True, [], "same")


WRONG: list[tuple[list[str], str]] = [
    (["info", "nowhere.csv"], "nowhere.csv does not exist: a file, a run or the name of a task"),
    (["info", "."], ".: a CSV file, a run or the name of a task was wanted"),
    (["info", "cartpole"], "task 'cartpole' has episodes and no data"),
    (["info", "FILE", "--target", "knd"], "there is no column 'knd': did you mean 'kind'?"),
    (["info", "FILE", "--set", "target"], "--set 'target': KEY=VALUE was wanted"),
    (["info", "FILE", "--target", "kind", "--set", "windows=3"], "did you mean 'window'"),
    (["split", "FILE", "--out", "x"], "a target was wanted, to split its classes alike"),
    (["split", "xor", "--out", "x"], "only CSV files are split into files"),
    (["verify", "FILE"], "a run was wanted, or --against HASH with data"),
    (
        ["verify", "FILE", "--against", "abc"],
        "a SHA-256 or a file was wanted, got 'abc'",
    ),
    (["verify", "FILE", "--against", "FILE"], "the output of vynapse data hash --json was wanted"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
def test_what_is_wrong_is_said_in_one_sentence(
    words: list[str], sentence: str, file: Path, say: Say
) -> None:
    code, _, error = say(*(str(file) if word == "FILE" else word for word in words))
    assert code == 2
    assert sentence in error
    assert error.count("\n") == 1


def test_a_word_that_several_commands_begin_with_lists_them(capsys) -> None:
    assert main(["data"]) == 0
    shown = capsys.readouterr().out
    assert [f"data {name}" in shown for name in ("info", "split", "hash", "verify", "cache")] == [
        True
    ] * 5
    assert "  run " not in shown


def test_other_formats_are_described_and_split_as_they_are_written(tmp_path, capsys) -> None:
    path = tmp_path / "d.csv.gz"
    rows = [f"{n},5;{n % 7};{'ja' if n % 2 else 'nö'}" for n in range(60)]
    with gzip.open(path, "wt", encoding="cp1252") as file:
        file.write("\n".join(["a;b;y", *rows]))
    form = ["--set", "separator=;", "--set", "decimal=,", "--set", "encoding=cp1252"]
    assert main(["data", "info", str(path), "--target", "y", *form, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["preview"][0] == {"a": "0,5", "b": "0", "y": "nö"}
    out = tmp_path / "splits"
    assert main(["data", "split", str(path), "--target", "y", *form, "--out", str(out)]) == 0
    written = [
        line
        for name in ("train", "validation", "test")
        for line in (out / f"{name}.csv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    assert sorted(written) == sorted(rows)
