# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The built-in losses in NumPy, against torch; losses by name; a user's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vynapse.core import Array, KernelLoss, Loss
from vynapse.errors import ConfigError
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.losses.registry import LOSSES, make_loss
from vynapse.testing import check_loss

KINDS: list[KernelLoss] = ["mse", "cross_entropy"]


def example(
    kind: KernelLoss, lead: tuple[int, ...], batch: int, out: int, seed: int
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
    kind: KernelLoss, lead: tuple[int, ...], batch: int, out: int, seed: int
) -> None:
    output, target = example(kind, lead, batch, out, seed)
    ours = make_loss(kind).array(output, target)
    theirs = make_loss(kind).tensor(torch.from_numpy(output), torch.from_numpy(target))
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
    kind: KernelLoss, population: int, batch: int, out: int, seed: int
) -> None:
    output, target = example(kind, (population,), batch, out, seed)
    loss = make_loss(kind)
    together = loss.array(output, target)
    alone = np.array([loss.array(one, target) for one in output])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_the_loss(kind: KernelLoss) -> None:
    output, target = example(kind, (2,), 5, 3, 0)
    wide = torch.from_numpy(output).double().requires_grad_()
    tensor = torch.from_numpy(target)
    tensor = tensor.double() if kind == "mse" else tensor
    assert torch.autograd.gradcheck(lambda x: make_loss(kind).tensor(x, tensor), (wide,))


def test_large_logits_give_a_finite_cross_entropy() -> None:
    logits = np.array([[1e4, 0.0], [0.0, 1e4]], np.float32)
    assert float(CrossEntropy().array(logits, np.array([0, 1]))) == 0
    assert float(CrossEntropy().array(logits, np.array([1, 0]))) == 1e4


def test_losses_of_networks_that_diverged_are_infinite_or_no_number_without_a_warning() -> None:
    huge = np.full((1, 1), 1e38, np.float32)
    assert float(MeanSquaredError().array(huge, -huge)) == math.inf
    broken = np.array([[np.inf, np.nan]], np.float32)
    assert math.isnan(float(CrossEntropy().array(broken, np.array([0]))))
    assert math.isnan(float(CrossEntropy().array(broken[:, :1], np.array([0]))))


CLASSES = np.array([0, 2, 1, 1, 0, 2, 2])
VALUES = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32)


def test_the_built_in_losses_keep_the_promises_of_a_loss() -> None:
    assert LOSSES.names() == ["mse", "cross_entropy", "binary_cross_entropy", "function"]
    check_loss(make_loss("mse"), VALUES, 3)
    check_loss(make_loss("cross_entropy"), CLASSES, 3)
    for name in KINDS:
        loss = make_loss({"kind": name})
        assert (loss.name, loss.kernel, loss.in_numpy) == (name, name, True)


class Absolute(Loss):
    """Mean absolute error."""

    name, unit = "absolute", "absolute error"

    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (output - target).abs().flatten(-2).mean(-1)


class Summed(Absolute):
    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (output - target).abs().flatten(-2).sum(-1)


class Flat(Absolute):
    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return (output - target).abs().mean()


class Apart(Absolute):
    def array(self, output: Array, target: Array) -> Array:
        return np.asarray(np.square(output - target).mean((-2, -1)))


class Constant(Absolute):
    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return super().tensor(output.detach(), target)


class Crooked(Absolute):
    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        half = (output / 2).detach() + output / 2
        return super().tensor(half, target)


class Mutating(Absolute):
    def array(self, output: Array, target: Array) -> Array:
        output -= target
        return np.asarray(np.abs(output).mean((-2, -1)))


class Item(Absolute):
    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        loss = super().tensor(output, target)
        return loss if loss.dim() or loss.item() < 1e9 else loss * 2


class Claims(Absolute):
    kernel = "mse"


class Hopeful(Absolute):
    def chance(self, targets: Array) -> float:
        return 100.0


class Strange(Absolute):
    def probabilities(self, output: Array) -> Array:
        return output


class Nameless(Absolute):
    unit = ""


class Picky(Absolute):
    def misfit(self, targets: Array, outputs: int) -> str:
        return "never"


def test_a_loss_of_the_users_is_one_method() -> None:
    loss = Absolute()
    check_loss(loss, VALUES, 3)
    assert (loss.kernel, loss.in_numpy, loss.chance(VALUES)) == (None, False, None)
    both = np.stack((VALUES + 1, VALUES - 2))
    np.testing.assert_allclose(loss.array(both, VALUES), [1, 2], rtol=1e-6)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (Summed, "no mean over examples"),
        (Flat, r"tensor\(\) must keep leading population dimensions"),
        (Apart, r"tensor\(\) and array\(\) differ"),
        (Constant, "not differentiable"),
        (Crooked, "the gradient of tensor"),
        (Mutating, "changes its arguments"),
        (Item, "torch.vmap cannot take"),
        (Claims, "it is not what the kernels call mse"),
        (Hopeful, "a constant output scores below 100"),
        (Strange, "add up to 1"),
        (Nameless, "name or unit is empty"),
        (Picky, "misfit.. refuses the targets: never"),
    ],
)
def test_the_checker_catches_a_broken_loss(broken: type[Loss], sentence: str) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_loss(broken(), VALUES, 3)


def test_a_subclass_is_another_loss_for_the_kernels() -> None:
    class Twice(MeanSquaredError):  # type: ignore[misc]
        def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            return 2 * super().tensor(output, target)

    assert (MeanSquaredError.kernel, Twice.kernel) == ("mse", None)


def test_what_is_wrong_with_a_loss_is_said() -> None:
    with pytest.raises(ConfigError, match="unknown loss 'mze': did you mean 'mse'"):
        make_loss("mze")
    with pytest.raises(ConfigError, match="collections:OrderedDict"):
        make_loss("collections:OrderedDict")
    with pytest.raises(ConfigError, match="must give a vynapse.core.Loss, it gave Fraction"):
        make_loss("fractions:Fraction")
    with pytest.raises(ConfigError, match=r"task\.loss\.rate: unknown key"):
        make_loss({"kind": "mse", "rate": 1}, "task.loss")


@pytest.mark.parametrize(
    ("loss", "targets", "sentence"),
    [
        (MeanSquaredError(), VALUES.astype(np.float64), "float32 and shape .7, 3. were wanted"),
        (MeanSquaredError(), VALUES[:, :2], "got float32 and shape .7, 2."),
        (CrossEntropy(), VALUES, "int64 and shape .7,. were wanted"),
        (CrossEntropy(), CLASSES + 1, "classes from 0 to 2 were wanted, got 1 to 3"),
    ],
)
def test_targets_that_do_not_fit_are_told(loss: Loss, targets: Array, sentence: str) -> None:
    import re

    assert re.search(sentence, loss.misfit(targets, 3) or "")


def test_probabilities_are_those_of_the_outputs() -> None:
    one = MeanSquaredError().probabilities(np.array([[0.25], [1.5]], np.float32))
    np.testing.assert_array_equal(one, [[0.75, 0.25], [0, 1]])
    logits = np.array([[1000.0, 1000.0], [0.0, -1000.0]], np.float32)
    assert CrossEntropy().probabilities(logits).tolist() == [[0.5, 0.5], [1.0, 0.0]]
    two = CrossEntropy().probabilities(np.array([[0, math.log(3)]], np.float32))
    np.testing.assert_allclose(two, [[0.25, 0.75]], rtol=1e-6)
