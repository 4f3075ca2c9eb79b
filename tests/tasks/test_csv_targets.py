# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV tasks of several targets, labels, weighted classes and series; refusals in one sentence."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.data.csv import read_table
from vynapse.data.preprocessing import Preprocessing
from vynapse.errors import ConfigError, VynapseError
from vynapse.tasks.arrays import ArrayTask
from vynapse.tasks.csv_reader import CsvReader
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.registry import make_task

HEADER = "x,word,a,b,la,lb,kind,series,three"
COUNT = 60


def rows(count: int = COUNT) -> list[str]:
    return [
        f"{math.sin(i):.4f},{'uvw'[i % 3]},{i * 2 + 100},{math.cos(i):.4f},{i % 2},"
        f"{int(i % 3 == 0)},{'rare' if i % 6 == 0 else 'often'},{'st'[i % 2]},{i % 4}"
        for i in range(count)
    ]


def make(folder: Path, lines: list[str] | None = None, **options: Any) -> ArrayTask:
    path = folder / "data.csv"
    path.write_text("\n".join([HEADER, *(rows() if lines is None else lines)]) + "\n")
    task = make_task("csv", {"path": str(path), "columns": ["x", "word"]} | options)
    assert isinstance(task, ArrayTask)
    return task


def kept(task: ArrayTask) -> Preprocessing:
    assert task.preprocessing is not None
    return Preprocessing.from_json(task.preprocessing)


def test_several_numbers_are_predicted_together_in_the_units_of_each(tmp_path: Path) -> None:
    task = make(tmp_path, target=["a", "b"])
    assert (task.loss.name, task.output_size, task.output_names) == ("mse", 2, ("a", "b"))
    train = task.split("train").take(slice(None))
    np.testing.assert_allclose(train.targets.std(axis=0), [1, 1], atol=1e-5)
    reader = CsvReader(task.preprocessing or {})
    again = reader.values(train.targets)
    table = read_table(tmp_path / "data.csv", {})
    assert set(np.round(again[:, 0])) <= set(table.column("a").numbers)
    exact = task.evaluate(lambda _: train.targets, "train")
    assert exact.metrics == {"r2": 1.0}
    assert task.target_scale == kept(task).target.scales  # type: ignore[union-attr]
    assert "multi-output of 'a', 'b' from 2 columns" in task.description


def test_columns_of_0_and_1_are_labels_and_one_name_in_a_list_is_one_target(tmp_path: Path) -> None:
    task = make(tmp_path, target=["la", "lb"])
    assert (task.loss.name, task.classes) == ("binary_cross_entropy", None)
    assert task.output_names == ("la", "lb")
    truth = task.split("validation").take(slice(None)).targets
    assert set(truth.ravel().tolist()) == {0.0, 1.0}
    perfect = task.evaluate(lambda _: 9 * (2 * truth - 1), "validation")
    assert perfect.metrics == {"exact_match": 1.0, "label_accuracy": 1.0}
    alone = make(tmp_path, target=["la"])
    assert alone.classes == ("0", "1")
    assert make(tmp_path, target="la", kind="multi-label").output_names == ("la",)
    numbers = make(tmp_path, target=["la", "lb"], kind="regression")
    assert numbers.loss.name == "mse"


def test_balanced_weights_count_every_class_alike_in_the_loss(tmp_path: Path) -> None:
    task, plain = (
        make(tmp_path, target="kind", class_weights=weights) for weights in ("balanced", None)
    )
    train = plain.split("train").take(slice(None))
    share = np.bincount(train.targets) / len(train)
    assert kept(task).target.weights == pytest.approx(tuple(0.5 / share))  # type: ignore[union-attr]
    outputs = np.random.default_rng(0).normal(size=(len(train), 2)).astype(np.float32)
    each = [
        float(CrossEntropy().array(outputs[train.targets == n], train.targets[train.targets == n]))
        for n in range(2)
    ]
    found = task.evaluate(lambda _: outputs, "train")
    assert found.loss == pytest.approx(np.mean(each), rel=1e-5)
    assert found.metrics == plain.evaluate(lambda _: outputs, "train").metrics
    named = make(tmp_path, target="kind", class_weights={"rare": 4})
    assert kept(named).target.weights == (1.0, 4.0)  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match="class weights of the task belong to its own loss"):
        task.with_loss(CrossEntropy())


def test_what_is_not_used_is_not_written_down(tmp_path: Path) -> None:
    held = make(tmp_path, target="kind").preprocessing or {}
    assert "window" not in held
    assert held["target"].keys() == {"kind", "name", "classes"}


def test_windows_see_the_past_of_the_target_and_no_row_twice(tmp_path: Path) -> None:
    task = make(tmp_path, target="a", columns=["a"], window=4, horizon=3, validation=0.25)
    column = kept(task).columns[0]
    assert task.input_shape == (4, 1)
    seen: list[set[int]] = []
    for name in ("train", "validation"):
        part = task.split(name).take(slice(None))
        scale, mean = column.scale, column.mean  # type: ignore[union-attr]
        inputs = np.round(part.inputs[:, :, 0] * scale + mean).astype(int)
        targets = np.round(CsvReader(task.preprocessing or {}).values(part.targets)).astype(int)
        assert (np.diff(inputs, axis=1) == 2).all()
        assert (targets - inputs[:, -1] == 6).all()
        seen.append({*inputs.ravel().tolist(), *targets.tolist()})
    assert min(seen[1]) - max(seen[0]) == 2 * (3 + 1)  # the gap is the horizon


def test_series_stay_apart(tmp_path: Path) -> None:
    task = make(tmp_path, target="a", columns=["a"], window=2, group="series", gap=0)
    column = kept(task).columns[0]
    part = task.split("train").take(slice(None))
    inputs = np.round(part.inputs[:, :, 0] * column.scale + column.mean)  # type: ignore[union-attr]
    assert (np.diff(inputs, axis=1) == 4).all()  # every other row is of the same series
    inputs = kept(task).inputs(read_table(tmp_path / "data.csv", kept(task).texts()))
    assert len(inputs) == COUNT - 2


def test_the_last_rows_validate_and_test_where_it_is_wanted(tmp_path: Path) -> None:
    task = make(tmp_path, target="a", split="chronological", columns=["x"])
    values = CsvReader(task.preprocessing or {}).values
    parts = [values(task.split(n).take(slice(None)).targets) for n in ("train", "validation")]
    assert parts[0].max() < parts[1].min() < parts[1].max() < 100 + 2 * 48


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"target": ["a", "nob"]}, "there is no column 'nob'"),
    ({"target": ["a", "bb"]}, "there is no column 'bb': did you mean 'b'?"),
    ({"target": []}, "task.target: one or more columns were wanted, got none"),
    ({"target": ["a", "a"]}, "task.target: different columns were wanted, got 'a' twice"),
    ({"target": ["a", "kind"]}, "line 2: the target 'kind' holds 'rare': several targets have"),
    ({"target": ["a", "b"], "kind": "classification"}, "the classes of one column were wanted"),
    ({"target": ["la", "three"], "kind": "multi-label"}, "line 4: the label 'three' holds 2: 0 or"),
    ({"target": ["la", "kind"], "kind": "multi-label"}, "'kind': a number was wanted, got 'rare'"),
    ({"target": ["a", "b"], "columns": ["x", "b"]}, "'b' is the target and cannot be an input"),
    (
        {"target": "kind", "class_weights": {"rar": 2}},
        "no class 'rar': the classes are often, rare: did you mean 'rare'?",
    ),
    (
        {"target": "kind", "class_weights": {"rare": 0}},
        "a number above 0 was wanted for class 'rare', got 0",
    ),
    (
        {"target": "kind", "class_weights": {"rare": -1}},
        "a number above 0 was wanted for class 'rare', got -1",
    ),
    (
        {"target": "kind", "class_weights": "even"},
        "task.class_weights: balanced, or a weight for each class",
    ),
    ({"target": "a", "class_weights": "balanced"}, "they belong to classes, and the target has"),
    ({"target": ["la", "lb"], "class_weights": "balanced"}, "they belong to classes"),
    ({"target": "a", "window": 0}, "task.window"),
    ({"target": "a", "window": 3, "horizon": 0}, "task.horizon"),
    ({"target": "a", "horizon": 2}, "task.horizon: it is counted from a window"),
    ({"target": "a", "window": 3, "split": "shuffled"}, "task.split: windows overlap"),
    ({"target": "a", "window": 3, "missing": "drop"}, "tear holes into windows"),
    ({"target": "a", "window": 3, "data_seed": 4}, "task.data_seed: a chronological split draws"),
    ({"target": "a", "window": 99}, "windows of 99 rows and the target 1 rows later were wanted"),
    ({"target": "a", "window": 12}, "the longest series has 12 rows"),
    ({"target": "a", "gap": 3}, "task.gap: it belongs to a chronological split"),
    ({"target": "a", "gap": -1}, "task.gap"),
    ({"target": "a", "group": "series"}, "task.group: it belongs to a chronological split"),
    ({"target": "a", "window": 2, "group": "nowhere"}, "there is no column 'nowhere'"),
    ({"target": "a", "window": 2, "group": "a"}, "task.group: 'a' is the target"),
    ({"target": "a", "window": 2, "gap": 99}, "60 rows are too few for the fractions"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_what_is_wrong_is_said_in_one_sentence(
    options: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(VynapseError) as caught:
        make(tmp_path, **options)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_target_or_group_is_named(tmp_path: Path) -> None:
    torn = rows()
    torn[7] = torn[7].replace(",114,", ",,")
    with pytest.raises(VynapseError, match="column 'a' misses 1 of 60 values, the first on line 9"):
        make(tmp_path, torn, target=["a", "b"], missing="mean")
    lost = [line.replace(",s,", ",,", 1) for line in rows()]
    with pytest.raises(VynapseError, match="column 'series' misses 30 of 60"):
        make(tmp_path, lost, target="a", window=2, group="series")
