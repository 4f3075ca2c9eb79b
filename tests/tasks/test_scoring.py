# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Losses and metrics in NumPy, against torch and against hand-made figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vynapse.core import Array, LossKind
from vynapse.errors import TrainingError
from vynapse.tasks.arrays import as_float32
from vynapse.tasks.scoring import CHUNK, Scoring, cross_entropy, mean_squared_error, outputs
from vynapse.tasks.torch_losses import mean_loss

KINDS: list[LossKind] = ["mse", "cross_entropy"]


def example(
    kind: LossKind, lead: tuple[int, ...], batch: int, out: int, seed: int
) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    output = random.normal(size=(*lead, batch, out)).astype(np.float32) * 3
    if kind == "mse":
        return output, random.normal(size=(batch, out)).astype(np.float32)
    return output, random.integers(0, out, batch)


@pytest.mark.parametrize("kind", KINDS)
@given(
    lead=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    batch=st.integers(1, 40),
    out=st.integers(1, 12),
    seed=st.integers(0, 1000),
)
def test_numpy_and_torch_agree_and_keep_the_leading_dimensions(
    kind: LossKind, lead: tuple[int, ...], batch: int, out: int, seed: int
) -> None:
    output, target = example(kind, lead, batch, out, seed)
    ours = Scoring(kind, None).loss(output, target)
    theirs = mean_loss(kind, torch.from_numpy(output), torch.from_numpy(target))
    assert ours.shape == tuple(theirs.shape) == lead
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=2e-5, atol=1e-6)
    if not lead:
        double = torch.from_numpy(output).double(), torch.from_numpy(target)
        peer = (
            torch.nn.functional.mse_loss(double[0], double[1].double())
            if kind == "mse"
            else torch.nn.functional.cross_entropy(*double)
        )
        np.testing.assert_allclose(ours, peer.numpy(), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@given(
    population=st.integers(1, 50),
    batch=st.integers(1, 40),
    out=st.integers(1, 6),
    seed=st.integers(0, 1000),
)
def test_a_network_has_the_same_loss_alone_and_in_a_population(
    kind: LossKind, population: int, batch: int, out: int, seed: int
) -> None:
    output, target = example(kind, (population,), batch, out, seed)
    scoring = Scoring(kind, None)
    together = scoring.loss(output, target)
    alone = np.array([scoring.loss(one, target) for one in output])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_the_loss(kind: LossKind) -> None:
    output, target = example(kind, (2,), 5, 3, 0)
    wide = torch.from_numpy(output).double().requires_grad_()
    tensor = torch.from_numpy(target)
    tensor = tensor.double() if kind == "mse" else tensor
    assert torch.autograd.gradcheck(lambda x: mean_loss(kind, x, tensor), (wide,))


def test_large_logits_give_a_finite_cross_entropy() -> None:
    logits = np.array([[1e4, 0.0], [0.0, 1e4]], np.float32)
    assert float(cross_entropy(logits, np.array([0, 1]))) == 0
    assert float(cross_entropy(logits, np.array([1, 0]))) == 1e4


def test_losses_of_networks_that_diverged_are_infinite_or_no_number_without_a_warning() -> None:
    huge = np.full((1, 1), 1e38, np.float32)
    assert float(mean_squared_error(huge, -huge)) == math.inf
    broken = np.array([[np.inf, np.nan]], np.float32)
    assert math.isnan(float(cross_entropy(broken, np.array([0]))))
    assert math.isnan(float(cross_entropy(broken[:, :1], np.array([0]))))


def test_accuracy_of_one_sigmoid_output_is_read_at_one_half() -> None:
    scoring = Scoring("mse", ("0", "1"))
    output = np.array([[0.49], [0.51], [0.5], [0.9]], np.float32)
    target = np.array([[0], [1], [1], [1]], np.float32)
    assert scoring.metrics(output, target) == {"accuracy": 0.75}


def test_a_regression_is_measured_in_the_units_of_the_data() -> None:
    scoring = Scoring("mse", None, target_scale=10.0)
    target = np.array([[0], [1], [2]], np.float32)
    metrics = scoring.metrics(target + np.float32(0.5), target)
    assert metrics == pytest.approx({"mae": 5.0, "r2": 1 - 0.75 / 2})
    assert scoring.evaluate(target, target).loss == 0


def test_r2_is_absent_where_all_targets_agree() -> None:
    metrics = Scoring("mse", None).metrics(np.zeros((3, 1), np.float32), np.ones((3, 1)))
    assert metrics == {"mae": 1.0}


def test_figures_by_class_leave_out_what_has_no_case() -> None:
    scoring = Scoring("cross_entropy", ("a", "b", "never said", "never there"))
    output = np.eye(4, dtype=np.float32)[[0, 1, 1, 3, 0]]
    assert scoring.per_class(output, np.array([0, 1, 0, 2, 0])) == {
        "a": {"support": 3, "recall": pytest.approx(2 / 3), "precision": 1},
        "b": {"support": 1, "recall": 1, "precision": 0.5},
        "never said": {"support": 1, "recall": 0},
        "never there": {"support": 0, "precision": 0},
    }
    assert Scoring("mse", None).per_class(output, output) == {}


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
