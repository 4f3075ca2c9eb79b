# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""evaluate and predict: splits of a task, and CSV files with the preprocessing of the run."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from vynapse.cli.main import main

COLOURS = ("blue", "red")


def rows(count: int, seed: int) -> list[dict[str, object]]:
    """Flowers whose kind depends on size and colour, and whose price depends on size."""
    generator = np.random.default_rng(seed)
    made: list[dict[str, object]] = []
    for size, colour in zip(
        generator.uniform(0, 10, count), generator.integers(2, size=count), strict=True
    ):
        kind = ["aster", "rose", "tulip"][int(size > 5) + int(size > 5 and colour)]
        price = 100 + 20 * size
        made.append({"size": size, "colour": COLOURS[colour], "kind": kind, "price": price})
    return made


def write(path: Path, content: list[dict[str, object]], columns: list[str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(content)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs on XOR, on classes and on a price; the CSV file they learnt from is gone."""
    root = tmp_path_factory.mktemp("runs")
    training = write(root / "train.csv", rows(300, 1), ["size", "colour", "kind", "price"])
    common = ["--mode", "sgd", "--set", "learning_rate=0.03", "--budget", "epochs=40"]
    csv_task = ["run", "csv", *common, "--set", f"task.path={training}"]
    for target in ("kind", "price"):
        words = ["--set", f"task.target={target}", "--set", "task.columns=[size, colour]"]
        assert main([*csv_task, *words, "--out", str(root / target)]) == 0
    training.unlink()
    words = ["run", "xor", "--mode", "deap", "--steps", "200", "--out", str(root / "xor")]
    assert main(words) == 0
    return root


def predicted(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    assert main(["predict", *words]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def evaluated(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["evaluate", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_classes_of_new_rows(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = rows(100, 2)
    data = write(tmp_path / "new.csv", new, ["colour", "size"])
    said = predicted([str(folder / "kind"), str(data)], capsys)
    assert list(said[0]) == ["class", "p_aster", "p_rose", "p_tulip"]
    right = [row["class"] == truth["kind"] for row, truth in zip(said, new, strict=True)]
    assert np.mean(right) > 0.85
    for row in said:
        chances = {name[2:]: float(value) for name, value in row.items() if name != "class"}
        assert sum(chances.values()) == pytest.approx(1, abs=1e-6)
        assert max(chances, key=chances.__getitem__) == row["class"]


def test_values_are_in_the_units_of_the_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = rows(50, 3)
    data = write(tmp_path / "new.csv", new, ["size", "colour", "price"])
    said = [float(row["value"]) for row in predicted([str(folder / "price"), str(data)], capsys)]
    truth = np.array([row["price"] for row in new], dtype=float)
    assert np.abs(np.array(said) - truth).mean() < 10
    found = evaluated([str(folder / "price"), str(data)], capsys)
    assert found["metrics"]["mae"] == pytest.approx(np.abs(np.array(said) - truth).mean(), rel=1e-4)
    assert found["per_class"] == {}


def test_evaluation_of_a_file_agrees_with_the_predictions(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = rows(80, 4)
    data = write(tmp_path / "new.csv", new, ["size", "kind", "colour"])
    said = predicted([str(folder / "kind"), str(data)], capsys)
    right = [row["class"] == truth["kind"] for row, truth in zip(said, new, strict=True)]
    found = evaluated([str(folder / "kind"), str(data)], capsys)
    assert found["examples"] == 80
    assert found["metrics"]["accuracy"] == pytest.approx(np.mean(right))
    assert sum(figures["support"] for figures in found["per_class"].values()) == 80
    assert main(["evaluate", str(folder / "kind"), str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("80 examples: loss ")
    assert [line.split()[0] for line in lines[1:]] == ["class", "aster", "rose", "tulip"]


def test_a_split_of_the_task_gives_the_figures_of_the_summary(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = json.loads((folder / "xor" / "summary.json").read_text())
    found = evaluated([str(folder / "xor"), "validation"], capsys)
    assert (found["loss"], found["metrics"]) == (summary["loss"], summary["metrics"])
    said = predicted([str(folder / "xor"), "train"], capsys)
    assert [row["class"] for row in said] == ["0", "1", "1", "0"]


def test_predictions_go_into_a_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    assert main(["predict", str(folder / "xor"), "train", "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert out.read_text().startswith("class,p_0,p_1\n0,")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("size,colour\n1,blue\n2\n", "line 3 has 1 cells"),
        ("size\n1\n", "no column 'colour'"),
        ("size,colour\nbig,blue\n", "big"),
        ("size,colour\n1,green\n", "green"),
        ("size,colour\n,blue\n", "column 'size' misses 1 of 1 values"),
        ("", "the file is empty"),
    ],
)
def test_a_bad_file_is_one_sentence(
    folder: Path, tmp_path: Path, content: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "bad.csv"
    data.write_text(content)
    assert main(["predict", str(folder / "kind"), str(data)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert sentence in line
    assert "bad.csv" in line


def test_data_that_a_run_cannot_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for data, sentence in (
        ("test", "read once, at the end of a run"),
        ("new.csv", "only runs of the tasks csv and images read files"),
    ):
        assert main(["evaluate", str(folder / "xor"), data]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["evaluate", str(folder / "kind"), "none.csv"]) == 2
    assert "none.csv" in capsys.readouterr().err


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a price, whose CSV file is still there."""
    root = tmp_path_factory.mktemp("priced")
    data = write(root / "train.csv", rows(120, 5), ["size", "colour", "price"])
    words = ["run", "csv", "--mode", "sgd", "--budget", "epochs=60", "--set", "task.target=price"]
    words += ["--set", f"task.path={data}", "--set", "learning_rate=0.03"]
    assert main([*words, "--out", str(root / "run")]) == 0
    return root


@pytest.mark.parametrize("split", ["train", "validation"])
def test_values_of_a_split_are_in_the_units_of_the_file(
    split: Literal["train", "validation"],
    priced: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where the rows of the split stand in a file of their own."""
    from vynapse.data.csv import read_table
    from vynapse.data.preprocessing import Preprocessing
    from vynapse.tasks.registry import make_task

    run = priced / "run"
    said = [float(row["value"]) for row in predicted([str(run), split], capsys)]
    task = make_task("csv", {"path": str(priced / "train.csv"), "target": "price"})
    known = Preprocessing.from_json(json.loads((run / "preprocessing.json").read_text()))
    targets = task.split(split).take(slice(None)).targets
    truth = np.array(known.decode(targets))
    assert truth.min() >= 100
    assert np.abs(np.array(said) - truth).mean() < 15

    whole = read_table(priced / "train.csv", {})
    assert len(whole) == 120
    found = evaluated([str(run), split], capsys)
    assert found["metrics"]["mae"] == pytest.approx(np.abs(np.array(said) - truth).mean(), rel=1e-4)
    everywhere = [
        float(row["value"]) for row in predicted([str(run), str(priced / "train.csv")], capsys)
    ]
    every = np.array(everywhere)
    assert all(np.abs(every - value).min() < 1e-3 for value in said)


@pytest.mark.parametrize("command", ["evaluate", "predict"])
@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("change", ["appended", "edited", "reordered"])
def test_a_split_of_changed_data_is_refused(
    command: str, split: str, change: str, priced: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = priced / "train.csv"
    before = file.read_text()
    first, *others = before.splitlines(keepends=True)
    after = {
        "appended": before + others[0],
        "edited": before.replace("red", "blue", 1),
        "reordered": "".join([first, *reversed(others)]),
    }[change]
    try:
        file.write_text(after)
        assert main([command, str(priced / "run"), split]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        (line,) = captured.err.splitlines()
        assert "are not those the run began with" in line
        assert main([command, str(priced / "run"), str(file)]) == 0, "a file is just a file"
    finally:
        file.write_text(before)


def test_a_prediction_depends_on_the_rows_beside_it_in_its_last_digits_alone(
    priced: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What docs/runs.md says."""
    new = rows(40, 6)
    columns = ["size", "colour"]
    together = predicted(
        [str(priced / "run"), str(write(tmp_path / "a.csv", new, columns))], capsys
    )
    for number in (0, 17, 39):
        file = write(tmp_path / "b.csv", new[number : number + 1], columns)
        (alone,) = predicted([str(priced / "run"), str(file)], capsys)
        assert float(alone["value"]) == pytest.approx(float(together[number]["value"]), rel=1e-6)


def test_a_run_is_measured_by_the_loss_that_it_minimised(
    priced: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    (tmp_path / "their_loss.py").write_text(
        "from vynapse.tasks.losses.mse import MeanSquaredError\n"
        "class Tripled(MeanSquaredError):\n"
        "    def tensor(self, output, target): return 3 * super().tensor(output, target)\n"
        "    def array(self, output, target): return 3 * super().array(output, target)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    words = ["run", "csv", "--mode", "sgd", "--set", "task.target=price", "--steps", "9"]
    words += ["--set", f"task.path={priced / 'train.csv'}", "--set", "loss=their_loss:Tripled"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 0
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "run"), "validation", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"] == pytest.approx(summary["loss"], rel=1e-6)
    assert main(["evaluate", str(tmp_path / "run"), str(priced / "train.csv"), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["loss"] > 2 * (1 - measured["metrics"]["r2"]), "three times the squared error"
