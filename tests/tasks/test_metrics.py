# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures beside accuracy: as scikit-learn has them, and null with a reason where none is known."""

from __future__ import annotations

import numpy as np
import pytest

from vynapse.core import Array
from vynapse.tasks.losses.binary import BinaryCrossEntropy
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.metrics import auc, of_classes, of_labels
from vynapse.tasks.scoring import Scoring

SEEDS = range(12)


def logits(seed: int, count: int, size: int) -> Array:
    """Some are equal, so that ties are met."""
    random = np.random.default_rng(seed)
    return random.integers(-6, 7, (count, size)).astype(np.float32) / 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [2, 4])
def test_figures_of_classes_are_those_of_scikit_learn(seed: int, size: int) -> None:
    peer = pytest.importorskip("sklearn.metrics")
    output = logits(seed, 60, size)
    truth = np.random.default_rng(seed + 1000).permutation(np.arange(60) % size)
    scoring = Scoring(CrossEntropy(), tuple("abcd"[:size]))
    found = scoring.assess(output, truth)
    said, chances = output.argmax(axis=1), CrossEntropy().probabilities(output)
    wanted = {
        "accuracy": peer.accuracy_score(truth, said),
        "balanced_accuracy": peer.balanced_accuracy_score(truth, said),
        "f1": peer.f1_score(truth, said, average="macro"),
        "auc": peer.roc_auc_score(truth, chances if size > 2 else chances[:, 1], multi_class="ovr"),
    }
    assert dict(found.metrics) == pytest.approx(wanted, abs=1e-12)
    precision, recall, f1, support = peer.precision_recall_fscore_support(
        truth, said, labels=range(size), zero_division=np.nan
    )
    for place, own in enumerate(found.per_class.values()):
        assert own["support"] == support[place]
        assert (own["recall"], own["f1"]) == pytest.approx((recall[place], f1[place]))
        known = own["precision"]
        assert np.isnan(precision[place]) if known is None else known == precision[place]


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_of_labels_are_those_of_scikit_learn(seed: int) -> None:
    peer = pytest.importorskip("sklearn.metrics")
    output = logits(seed, 50, 3)
    truth = np.random.default_rng(seed + 1000).integers(0, 2, (50, 3))
    found = Scoring(BinaryCrossEntropy(), None).assess(output, truth.astype(np.float32))
    said = (output > 0).astype(int)
    each = [peer.balanced_accuracy_score(truth[:, n], said[:, n]) for n in range(3)]
    assert dict(found.metrics) == pytest.approx(
        {
            "exact_match": peer.accuracy_score(truth, said),
            "label_accuracy": 1 - peer.hamming_loss(truth, said),
            "f1": peer.f1_score(truth, said, average="macro"),
            "auc": peer.roc_auc_score(truth, output, average="macro"),
            "balanced_accuracy": np.mean(each),
        },
        abs=1e-12,
    )
    assert list(found.per_class) == ["label_0", "label_1", "label_2"]


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_of_several_numbers_are_those_of_scikit_learn_in_the_units_of_each(
    seed: int,
) -> None:
    peer = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(seed)
    target = random.normal(size=(40, 2)).astype(np.float32)
    output = target + random.normal(size=(40, 2)).astype(np.float32)
    scoring = Scoring(MeanSquaredError(), None, (2.0, 10.0), ("width", "mass"))
    found = scoring.assess(output, target)
    assert found.metrics == pytest.approx({"r2": peer.r2_score(target, output)}, abs=1e-6)
    assert found.undefined == {"mae": "each output has a unit of its own"}
    errors = peer.mean_absolute_error(target, output, multioutput="raw_values")
    assert found.per_class["mass"]["mae"] == pytest.approx(10 * errors[1])
    assert found.per_class["width"]["mae"] == pytest.approx(2 * errors[0])


def test_by_hand() -> None:
    truth, chances = np.array([True, True, False, False]), np.array([0.9, 0.5, 0.5, 0.1])
    assert auc(chances, truth) == (1 + 1 + 0.5 + 1) / 4
    assert auc(-chances, truth) == 0.125
    found = of_classes(np.array([0, 0, 1]), np.array([0, 1, 1]), ("a", "b"), None)
    assert found.per_class["a"] == {
        "support": 1, "recall": 1, "precision": 0.5, "f1": 2 / 3, "auc": None,
    }  # fmt: skip
    assert found.metrics["balanced_accuracy"] == 0.75


def test_what_is_not_defined_is_null_with_a_reason() -> None:
    output = np.eye(3, dtype=np.float32)[[0, 0, 1]]
    scoring = Scoring(CrossEntropy(), ("a", "b", "c"))
    found = scoring.details(output, np.array([0, 1, 1]))
    assert found.metrics["accuracy"] == 2 / 3
    assert [found.metrics[name] for name in ("balanced_accuracy", "f1", "auc")] == [None] * 3
    assert found.undefined["balanced_accuracy"] == "no example is 'c'"
    assert found.undefined["f1"] == "no example is 'c' and none is said to be"
    assert found.undefined["precision of 'c'"] == "no example is said to be 'c'"
    alone = scoring.details(output, np.array([0, 0, 0]))
    assert alone.undefined["auc of 'a'"] == "every example is 'a'"
    unsure = of_classes(np.array([0, 1]), np.array([0, 1]), ("a", "b"), None)
    assert unsure.undefined["auc"] == "the loss of this task gives no probabilities"


def test_a_label_that_is_always_there_and_a_constant_output() -> None:
    there = np.array([[1, 0], [1, 1]])
    found = of_labels(there, there, ("a", "b"), there.astype(np.float64))
    assert found.undefined["balanced_accuracy"] == "label 'a' is the same in all examples"
    assert (found.metrics["f1"], found.metrics["auc"]) == (1.0, None)
    scoring = Scoring(MeanSquaredError(), None)
    constant = np.array([[1, 2], [1, 3]], np.float32)
    regression = scoring.details(constant, constant)
    assert regression.metrics == {"mae": 0.0, "r2": None}
    assert regression.undefined["r2"] == "its targets are all the same"
