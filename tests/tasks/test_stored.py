# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arrays as a task: what targets mean, splits, standardisation, the file and its hash."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.data.held import Held
from vynapse.errors import ConfigError, DataError
from vynapse.tasks.registry import TASKS, make_task
from vynapse.tasks.stored import ArraysReader

ROWS = np.random.default_rng(0).normal(5, 3, (60, 2))


def task_of(folder: Path, held: Held, **options: Any) -> Any:
    path = folder / "d.safetensors"
    path.write_bytes(held.to_bytes())
    return make_task("arrays", {"file": str(path), **options})


def test_whole_numbers_are_classes_and_others_a_regression(tmp_path: Path) -> None:
    whole = task_of(tmp_path, Held({"inputs": ROWS, "targets": np.arange(60) % 3 * 10}))
    assert (whole.classes, whole.output_size, whole.loss.name) == (
        ("0", "10", "20"), 3, "cross_entropy",
    )  # fmt: skip
    numbers = Held({"inputs": ROWS, "targets": ROWS @ [1.0, 2.0] + 100})
    found = task_of(tmp_path, numbers)
    assert (found.classes, found.output_size, found.loss.name) == (None, 1, "mse")
    assert (
        task_of(
            tmp_path, Held({"inputs": ROWS, "targets": np.arange(60)}), kind="regression"
        ).classes
        is None
    )


@pytest.mark.parametrize("seed", range(3))
def test_inputs_are_standardised_by_the_training_rows_alone(tmp_path: Path, seed: int) -> None:
    held = Held({"inputs": ROWS, "targets": np.arange(60) % 2})
    task = task_of(tmp_path, held, data_seed=seed, test=0.1)
    train = task.split("train").take(slice(None)).inputs
    assert np.allclose(train.mean(axis=0), 0, atol=1e-6)
    assert np.allclose(train.std(axis=0), 1, atol=1e-6)
    validation = task.split("validation").take(slice(None)).inputs
    assert (len(train), len(validation)) == (42, 12)
    assert not np.allclose(validation.mean(axis=0), 0, atol=1e-3)
    raw = task_of(tmp_path, held, standardize=False).split("train").take(slice(None)).inputs
    assert {tuple(row) for row in raw} <= {tuple(row) for row in ROWS.astype(np.float32)}


def test_values_come_back_in_the_units_of_the_targets(tmp_path: Path) -> None:
    targets = np.stack((ROWS[:, 0] * 7 + 40, ROWS[:, 1] - 3), axis=1)
    task = task_of(tmp_path, Held({"inputs": ROWS, "targets": targets}), validation=0.0)
    reader = ArraysReader(task.preprocessing)
    learnt = task.split("train").take(slice(None)).targets
    assert np.allclose(reader.values(learnt), targets, atol=1e-4)
    assert np.array_equal(reader.inputs(ROWS), task.split("train").take(slice(None)).inputs)


def test_chosen_splits_are_taken_as_they_are(tmp_path: Path) -> None:
    parts = {"inputs": ROWS, "targets": np.arange(60) % 2}
    parts |= {"validation_inputs": ROWS[:7], "validation_targets": np.arange(7) % 2}
    task = task_of(tmp_path, Held(parts))
    assert (len(task.split("train")), len(task.split("validation"))) == (60, 7)
    assert task_of(
        tmp_path, Held({k: parts[k] for k in ("inputs", "targets")}), validation=0
    ).validation_is_train


@pytest.mark.parametrize(
    ("tensors", "options", "sentence"),
    [
        ({"inputs": ROWS}, {}, "an array 'targets' was wanted"),
        ({"inputs": ROWS[:, 0], "targets": np.arange(60)}, {}, "inputs .n, .*. and a target"),
        ({"inputs": ROWS, "targets": np.zeros(60, int)}, {}, "two or more classes"),
        ({"inputs": ROWS, "targets": np.arange(59) % 2}, {}, "a target of each"),
        ({"inputs": ROWS[:4], "targets": np.arange(4) % 2}, {"test": 0.05}, "too few for the fr"),
        ({"inputs": ROWS, "targets": np.arange(60) % 2}, {"sha256": "0"}, "not hold the arrays"),
    ],
)
def test_what_is_no_data_is_refused_in_a_sentence(tmp_path, tensors, options, sentence) -> None:
    with pytest.raises(DataError, match=sentence):
        task_of(tmp_path, Held(tensors), **options).split("train")


def test_fractions_leave_something_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"validation \+ test below 1"):
        task_of(
            tmp_path, Held({"inputs": ROWS, "targets": np.arange(60) % 2}), validation=0.6, test=0.5
        )


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "d.safetensors").write_bytes(b"no")
    with pytest.raises(DataError, match=r"d\.safetensors: a safetensors file"):
        make_task("arrays", {"file": str(tmp_path / "d.safetensors")})


def test_the_place_of_the_file_is_no_part_of_a_recipe_and_its_hash_is() -> None:
    assert TASKS.get("arrays").how == ("file",)
    one, two = (Held({"inputs": ROWS, "targets": np.arange(60) % n}) for n in (2, 3))
    assert one.sha256() != two.sha256()
    assert one.sha256() == Held(dict(reversed(list(one.tensors.items())))).sha256()


def test_labels_of_0_and_1_are_learnt_together_where_that_is_said(tmp_path: Path) -> None:
    labels = (ROWS > 5).astype(np.int64)
    task = task_of(tmp_path, Held({"inputs": ROWS, "targets": labels}), kind="multi-label")
    assert (task.loss.name, task.output_size, task.classes) == ("binary_cross_entropy", 2, None)
    truth = task.split("validation").take(slice(None)).targets
    assert set(truth.ravel().tolist()) == {0.0, 1.0}
    assert ArraysReader(task.preprocessing).scoring.labels
    with pytest.raises(DataError, match="labels of 0 and 1 were wanted, got 2"):
        task_of(tmp_path, Held({"inputs": ROWS, "targets": labels + 1}), kind="multi-label")
