# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Metrics and outputs, against hand-made figures."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.core import Array, Split
from vynapse.errors import TrainingError
from vynapse.tasks.examples import as_float32
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.scoring import CHUNK, Scoring, outputs, outputs_and_targets, targets_of


def test_accuracy_of_one_sigmoid_output_is_read_at_one_half() -> None:
    scoring = Scoring(MeanSquaredError(), ("0", "1"))
    output = np.array([[0.49], [0.51], [0.5], [0.9]], np.float32)
    target = np.array([[0], [1], [1], [1]], np.float32)
    assert scoring.metrics(output, target) == {"accuracy": 0.75}


def test_a_regression_is_measured_in_the_units_of_the_data() -> None:
    scoring = Scoring(MeanSquaredError(), None, target_scale=10.0)
    target = np.array([[0], [1], [2]], np.float32)
    metrics = scoring.metrics(target + np.float32(0.5), target)
    assert metrics == pytest.approx({"mae": 5.0, "r2": 1 - 0.75 / 2})
    assert scoring.evaluate(target, target).loss == 0


def test_r2_is_absent_where_all_targets_agree() -> None:
    metrics = Scoring(MeanSquaredError(), None).metrics(
        np.zeros((3, 1), np.float32), np.ones((3, 1))
    )
    assert metrics == {"mae": 1.0}


def test_figures_by_class_are_null_where_they_have_no_case() -> None:
    scoring = Scoring(CrossEntropy(), ("a", "b", "never said", "never there"))
    output = np.eye(4, dtype=np.float32)[[0, 1, 1, 3, 0]]
    found = scoring.per_class(output, np.array([0, 1, 0, 2, 0]))
    assert {
        name: {key: own[key] for key in own if key != "auc"} for name, own in found.items()
    } == {
        "a": {"support": 3, "recall": pytest.approx(2 / 3), "precision": 1, "f1": 0.8},
        "b": {"support": 1, "recall": 1, "precision": 0.5, "f1": pytest.approx(2 / 3)},
        "never said": {"support": 1, "recall": 0, "precision": None, "f1": 0},
        "never there": {"support": 0, "recall": None, "precision": 0, "f1": 0},
    }
    one = output[:, :1]
    assert Scoring(MeanSquaredError(), None).per_class(one, one) == {}


def test_outputs_are_computed_in_chunks_of_a_fixed_size() -> None:
    sizes: list[int] = []

    def predict(inputs: Array) -> Array:
        sizes.append(len(inputs))
        return inputs[:, :1] * 2

    inputs = np.arange(2 * (2 * CHUNK + 1)).reshape(-1, 2)
    result = outputs(predict, inputs, as_float32, 1)
    assert sizes == [CHUNK, CHUNK, 1]
    np.testing.assert_array_equal(result[:, 0], inputs[:, 0] * 2)


def test_outputs_of_another_shape_are_refused() -> None:
    with pytest.raises(TrainingError, match=r"shape \(4, 3\) were wanted .* got \(4, 2\)"):
        outputs(lambda inputs: inputs, np.zeros((4, 2)), as_float32, 3)


def test_a_source_is_read_in_chunks_and_gives_the_outputs_of_its_inputs() -> None:
    inputs = np.arange(2 * (CHUNK + 3), dtype=np.float32).reshape(-1, 2)
    split = Split(inputs, np.arange(len(inputs)))
    found, targets = outputs_and_targets(lambda x: x[:, :1] * 2, split, as_float32, 1)
    np.testing.assert_array_equal(found, outputs(lambda x: x[:, :1] * 2, inputs, as_float32, 1))
    np.testing.assert_array_equal(targets, split.targets)
    np.testing.assert_array_equal(targets_of(split), split.targets)
