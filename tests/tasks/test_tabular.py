# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV files as tasks: rules for columns and targets, missing values, refusals in one sentence."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.core import Array, Stateless
from vynapse.data.csv import read_table
from vynapse.data.preprocessing import Preprocessing
from vynapse.errors import ConfigError, DataError, VynapseError
from vynapse.tasks.arrays import ArrayTask
from vynapse.tasks.registry import make_task

COLOURS = ("red", "green", "blue")


def rows(count: int = 60) -> list[str]:
    return [
        f"{i},{COLOURS[i % 3]},{i % 5},{'yes' if i % 2 else 'no'},{i * 1.5 + 3}"
        for i in range(count)
    ]


HEADER = "size,colour,grade,answer,price"


class Maker:
    """Writes a file and makes a task of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "data.csv"

    def __call__(self, lines: list[str], target: str = "answer", **options: Any) -> ArrayTask:
        self.path.write_text("\n".join([HEADER, *lines]) + "\n")
        task = make_task("csv", {"path": str(self.path), "target": target} | options)
        assert isinstance(task, ArrayTask)
        return task


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def preprocessing_of(task: ArrayTask) -> Preprocessing:
    assert task.preprocessing is not None
    return Preprocessing.from_json(task.preprocessing)


def kinds(task: ArrayTask) -> dict[str, str]:
    return {column.name: column.kind for column in preprocessing_of(task).columns}


def test_a_classification_by_the_rules(make: Maker) -> None:
    task = make(rows())
    assert (task.loss.name, task.output_activation) == ("cross_entropy", "identity")
    assert task.classes == ("no", "yes")
    assert kinds(task) == {
        "size": "numeric", "colour": "categorical", "grade": "numeric", "price": "numeric",
    }  # fmt: skip
    assert task.input_shape == (6,)
    assert [len(task.split(name)) for name in ("train", "validation")] == [36, 12]
    assert np.bincount(task.split("validation").take(slice(None)).targets).tolist() == [6, 6]
    assert "classification of 'answer' from 4 columns" in task.description


def test_a_regression_is_learnt_in_standard_units_and_measured_in_those_of_the_file(
    make: Maker,
) -> None:
    task = make(rows(), "price")
    assert (task.loss.name, task.classes, task.output_size) == ("mse", None, 1)
    train = task.split("train").take(slice(None))
    np.testing.assert_allclose([train.targets.mean(), train.targets.std()], [0, 1], atol=1e-5)
    target = preprocessing_of(task).target
    assert target.kind == "regression"

    def one_unit_too_high(inputs: Array) -> Array:
        # price is 1.5 size + 3, so the standardised columns are the same
        return np.asarray(inputs[:, :1] + np.float32(1 / target.scale))

    evaluation = task.evaluate(one_unit_too_high, "validation")
    assert evaluation.metrics["mae"] == pytest.approx(1, rel=1e-4)
    assert evaluation.loss == pytest.approx(1 / target.scale**2, rel=1e-3)
    assert evaluation.metrics["r2"] > 0.99


@pytest.mark.parametrize(
    ("target", "kind", "classes"),
    [
        ("grade", None, ("0", "1", "2", "3", "4")),
        ("grade", "regression", None),
        ("size", None, None),
        ("price", None, None),
    ],
)
def test_whole_numbers_of_few_values_are_classes_unless_told_otherwise(
    make: Maker, target: str, kind: str | None, classes: tuple[str, ...] | None
) -> None:
    assert make(rows(), target, kind=kind).classes == classes


def test_classes_that_are_numbers_stand_in_their_order(make: Maker) -> None:
    lines = [f"{i},red,{(2, 10, 1.0)[i % 3]},no,1" for i in range(30)]
    assert make(lines, "grade").classes == ("1", "2", "10")


def test_columns_can_be_chosen_and_read_as_categories(make: Maker) -> None:
    task = make(rows(), columns=["grade", "size"], categorical=["grade"])
    assert kinds(task) == {"grade": "categorical", "size": "numeric"}
    assert task.input_shape == (6,)


def test_statistics_come_from_the_training_rows_alone(make: Maker) -> None:
    task = make(rows())
    train = task.split("train").take(slice(None)).inputs
    np.testing.assert_allclose(train[:, 0].mean(), 0, atol=1e-5)
    np.testing.assert_allclose(train[:, 0].std(), 1, atol=1e-5)
    assert abs(task.split("validation").take(slice(None)).inputs[:, 0].mean()) > 1e-3


def test_splits_are_a_function_of_the_seed(make: Maker) -> None:
    prints = [make(rows(), data_seed=seed).fingerprint() for seed in (0, 0, 1)]
    assert prints[0] == prints[1] != prints[2]
    task = make(rows(), test=0.0, validation=0.5)
    assert [len(task.split(name)) for name in ("train", "validation")] == [30, 30]
    assert task.final_test(Stateless(lambda inputs: inputs[:, :2])) is None


def test_rows_are_fed_to_a_saved_network_from_json_alone(make: Maker, tmp_path: Path) -> None:
    task = make(rows())
    preprocessing = preprocessing_of(task)
    make.path.unlink()
    other = tmp_path / "other.csv"
    other.write_text("colour,price,grade,size,extra\nred,3.0,1,7,?\nblue,4,2,8,?\n")
    inputs = preprocessing.inputs(read_table(other))
    assert inputs.shape == (2, *task.input_shape)
    assert preprocessing.decode(np.array([[0, 1], [1, 0]], np.float32)) == ["yes", "no"]


MISSING = ["7,,1,yes,5", ",red,2,no,6"]


def test_missing_values_are_refused_by_default(make: Maker) -> None:
    sentence = "column 'size' misses 1 of 62 values, the first on line 63: set missing to drop"
    with pytest.raises(DataError, match=sentence):
        make(rows() + MISSING)
    assert make(rows() + MISSING, columns=["grade", "price"]).input_shape == (2,)


def test_missing_values_can_be_dropped_or_filled_in(make: Maker) -> None:
    def count(task: ArrayTask) -> int:
        seen = [len(task.split("train")), len(task.split("validation"))]

        def predict(inputs: Array) -> Array:
            seen.append(len(inputs))
            return inputs[:, :2]

        task.final_test(Stateless(predict))
        return sum(seen)

    assert count(make(rows() + MISSING, missing="drop")) == 60
    for missing in ("mean", "median", "most_frequent"):
        assert count(make(rows() + MISSING, missing=missing)) == 62


def test_a_target_is_never_filled_in(make: Maker) -> None:
    lines = [*rows(), "7,red,1,,5"]
    with pytest.raises(DataError, match="column 'answer' misses 1 of 61 .* a target is never"):
        make(lines, missing="mean")
    make(lines, missing="drop")


@pytest.mark.parametrize(
    ("lines", "options", "sentence"),
    [
        (rows(), {"target": "anwser"}, "there is no column 'anwser': did you mean 'answer'"),
        (rows(), {"columns": ["sise"]}, "there is no column 'sise': did you mean 'size'"),
        (rows(), {"columns": ["size", "size"]}, r"task\.columns: one or more different columns"),
        (rows(), {"columns": ["answer"]}, r"task\.columns: 'answer' is the target"),
        (rows(), {"categorical": ["colur"]}, "'colur' is no input: did you mean 'colour'"),
        (rows(), {"validation": 0.6, "test": 0.4}, r"task\.validation: validation \+ test below 1"),
        (rows(), {"missing": "ignore"}, r"task\.missing: 'refuse', 'mean'"),
        (rows(2), {"target": "price"}, "2 rows are too few for the fractions"),
        (["1,red,1,yes,2"] * 9, {}, "the target 'answer' holds only one class, 'yes'"),
        ([*rows(), "big,red,1,yes,2"], {}, "line 62: column 'size' holds 'big' among 60 numbers"),
        ([*rows(), "1,red,1,yes,?"], {"target": "price"}, "line 62: the target 'price' holds '?'"),
        (
            [*rows(), "1,red,1,yes,?"],
            {"target": "price", "kind": "regression"},
            "line 62: column 'price': a number was wanted, got '?'",
        ),
        ([f"{i},c{i},1,{i % 2},3" for i in range(20)], {}, "is so rare that no training row"),
        ([",,,yes,", ",,,no,"] * 3, {"missing": "drop"}, "every row misses a value"),
        ([",red,1,yes,2", ",red,1,no,2"] * 9, {"missing": "mean"}, "'size' has no value in the"),
        ([",red,1,yes,2"] * 9, {}, "column 'size' has no value in any row"),
        ([",red,1,yes,2"] * 9, {"missing": "drop"}, "none is left: column 'size' has none at all"),
        (["1,red,1,,2"] * 9, {"missing": "mean"}, "column 'answer' has no value in any row"),
        (
            [f"{i}%,red,1,{i % 2},3" for i in range(20)],
            {},
            "holds '[0-9]+%'; it has a percent sign",
        ),
        ([f"1,{i}.3.2024,1,{i % 2},3" for i in range(1, 30)], {}, "holds '.*2024'; it is a date"),
        (
            [f'"{i},5",red,1,{i % 2},3' for i in range(20)],
            {},
            "holds '.*,5'; it has a comma within",
        ),
        ([*rows(), '"1,5",red,1,no,2'], {}, "holds '1,5' among 60 numbers; it has a comma within"),
        (
            [*rows(), "inf,red,1,no,2"],
            {},
            "line 62: column 'size' holds 'inf' among 60 numbers; it",
        ),
        (
            [f"1e999,red,1,{i % 2},3" for i in range(20)],
            {},
            "line 2: .* it is too large for a number",
        ),
        (
            [f"1,red,1,{i}%,3" for i in range(30)],
            {},
            "target 'answer' holds '0%'; it has a percent",
        ),
        ([f"1,red,1,-inf,{i}" for i in range(30)], {}, "line 2: the target 'answer' holds '-inf'"),
        ([f"1,red,1,n{i},{i}" for i in range(30)], {}, "holds 30 classes in 30 rows, at most 1"),
        ([*rows(), "1e308,red,1,no,2"], {}, "line 62: column 'size': 1e\\+308 is beyond the range"),
        (["1,red,1,no,2e200"] * 9, {"target": "price", "kind": "regression"}, "beyond the range"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    make: Maker, lines: list[str], options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(VynapseError, match=sentence) as caught:
        make(lines, **options)
    assert isinstance(caught.value, ConfigError | DataError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "features", "classes"),
    [
        ("iris.csv", {"target": "species"}, 4, 3),
        ("penguins.csv", {"target": "species", "missing": "drop"}, 9, 3),
        ("penguins.csv", {"target": "body_mass_g", "missing": "drop"}, 11, None),
        (
            "titanic.csv",
            {
                "target": "survived",
                "columns": ["pclass", "sex", "age", "fare", "embarked"],
                "categorical": ["pclass"],
                "missing": "median",
            },
            10,
            2,
        ),
    ],
)
def test_real_tables(
    real_data: Path, name: str, options: dict[str, Any], features: int, classes: int | None
) -> None:
    path = real_data / "small" / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    task = make_task("csv", {"path": str(path)} | options)
    assert task.input_shape == (features,)
    assert (len(task.classes) if task.classes else None) == classes
    assert np.isfinite(task.split("train").take(slice(None)).inputs).all()


def test_a_class_that_goes_with_its_rows_is_refused_with_its_count(make: Maker) -> None:
    lines = [f"{'' if i % 3 == 2 else i},red,1,{'abc'[i % 3]},2" for i in range(60)]
    sentence = "missing: drop leaves no row of class 'c' of 'answer', which has 20 of 60"
    with pytest.raises(DataError, match=sentence):
        make(lines, missing="drop")


def test_a_class_that_reads_as_missing_is_refused_with_its_count(make: Maker) -> None:
    lines = [f"{i},red,1,{('NA', 'EU', 'AF')[i % 3]},2" for i in range(60)]
    sentence = "the target 'answer' reads 'NA' in 20 of 60 rows, which missing: drop leaves out"
    with pytest.raises(DataError, match=sentence):
        make(lines, missing="drop")
    with pytest.raises(DataError, match="set missing to drop, .* or write 'NA' in another way"):
        make(lines)
    few = [*rows(), "7,red,1,NA,5"]
    told = make(few, missing="drop").warnings
    assert any("1 of 61 rows miss a value and are left out" in sentence for sentence in told)
    assert any("'answer' reads 'NA' in 1 of 61 rows" in sentence for sentence in told)


def test_rows_that_are_left_out_are_counted(make: Maker) -> None:
    told = make(rows() + MISSING, missing="drop", columns=["size", "grade", "colour"]).warnings
    assert [sentence.partition(": ")[2] for sentence in told] == [
        "2 of 62 rows miss a value and are left out"
    ]
    assert make(rows() + MISSING, missing="mean", columns=["size", "colour"]).warnings == ()


def test_odd_categories_and_constant_columns_are_told(make: Maker) -> None:
    lines = [f"{i % 3}0%,red,14.62,{'yes' if i % 2 else 'no'},{i * 7 % 60}" for i in range(60)]
    told = " ".join(make(lines).warnings)
    assert "column 'size' is read as categories, but '00%' has a percent sign" in told
    assert "each of the columns 'colour', 'grade' has the same value in all training rows" in told
    assert "'size'" not in " ".join(make(lines, categorical=["size"]).warnings)


def test_a_constant_target_is_told(make: Maker) -> None:
    lines = [f"{i},red,{i % 4},no,{('14.62', '14.620000000000001')[i % 2]}" for i in range(60)]
    task = make(lines, "price")
    target = preprocessing_of(task).target
    assert target.kind == "regression"
    assert target.scale == 1
    assert any("'price' is 14.62 in all training rows, but for" in told for told in task.warnings)


def test_a_file_with_the_target_alone(make: Maker, tmp_path: Path) -> None:
    path = tmp_path / "alone.csv"
    path.write_text("y\n" + "1\n2\n" * 20)
    with pytest.raises(DataError, match="the target 'y' is the only column"):
        make_task("csv", {"path": str(path), "target": "y"})


@pytest.mark.parametrize("path", ["~no-such-user-anywhere/a.csv", "a\0b.csv"])
@pytest.mark.parametrize(("task", "key"), [("csv", "path"), ("text", "file")])
def test_paths_that_cannot_be(task: str, key: str, path: str) -> None:
    options = {key: path} | ({"target": "y"} if task == "csv" else {})
    with pytest.raises(ConfigError, match=rf"task\.{key}: a path .* was wanted, got"):
        make_task(task, options)


def test_the_home_folder_is_found(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(rows())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert make_task("csv", {"path": "~/data.csv", "target": "answer"}).input_shape == (6,)


def test_a_file_is_read_once_for_a_task(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []

    def counted(path: Path, *more: Any) -> Any:
        reads.append(path)
        return read_table(path, *more)

    monkeypatch.setattr("vynapse.tasks.tabular.read_table", counted)
    task = make(rows())
    for copy in (task, task.for_run(), task.with_loss(task.loss)):
        copy.split("train")
        copy.fingerprint()
        copy.final_test(Stateless(lambda inputs: np.zeros((len(inputs), 2), np.float32)))
    assert len(reads) == 1
    again = pickle.loads(pickle.dumps(task))
    assert again.fingerprint() == task.fingerprint()
    assert len(reads) == 2, "another process reads it itself"
