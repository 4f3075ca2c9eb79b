# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A loss that is a function, and class weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import vynapse
from vynapse.core import Loss, loss_of_arrays, loss_of_tensors
from vynapse.errors import ConfigError
from vynapse.tasks.losses.registry import make_loss
from vynapse.tasks.losses.weighted import WeightedCrossEntropy
from vynapse.testing import check_loss


def mean_absolute(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (output - target).abs().mean()


def each_example(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (output - target).abs().mean(-1)


def test_a_function_is_a_loss_of_each_network_of_a_population() -> None:
    loss = make_loss({"kind": "function", "function": f"{__name__}:mean_absolute"})
    output, target = torch.randn(2, 3, 5, 4), torch.randn(5, 4)
    found = loss.tensor(output, target)
    assert found.shape == (2, 3)
    assert torch.allclose(found, (output - target).abs().mean((-1, -2)))
    assert np.allclose(loss.array(output.numpy(), target.numpy()), found)


def test_a_function_that_gives_no_number_is_refused() -> None:
    loss = make_loss({"kind": "function", "function": f"{__name__}:each_example"})
    with pytest.raises(
        ConfigError, match=r"one real number, the mean .*, it returned shape \(5,\)"
    ):
        loss.tensor(torch.zeros(5, 4), torch.zeros(5, 4))


def complex_mean(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (output - target).abs().mean() * (1 + 1j)


def counted(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return (output > target).sum()


def of_numpy(output: torch.Tensor, target: torch.Tensor) -> Any:
    return np.float32(1)


@pytest.mark.parametrize(
    ("name", "got"),
    [
        ("complex_mean", "a number of type complex64"),
        ("counted", "a number of type int64"),
        ("of_numpy", "float32"),
    ],
)
def test_a_function_has_to_give_a_real_number(name: str, got: str) -> None:
    loss = make_loss({"kind": "function", "function": f"{__name__}:{name}"})
    with pytest.raises(ConfigError, match=f"{name} must return .* real number, .* returned {got}$"):
        loss.tensor(torch.zeros(5, 4), torch.zeros(5, 4))


class ComplexLoss(Loss):
    """One of a user's own."""

    name = "spiral"
    unit = ""

    def tensor(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """A complex number."""
        return (output - target).square().mean((-1, -2)) * (1 + 1j)


@pytest.mark.parametrize("mode", ["sgd", "deap", "neat", "grow", "prune", "static"])
@pytest.mark.parametrize(
    "loss",
    [f"{__name__}:ComplexLoss", {"kind": "function", "function": f"{__name__}:complex_mean"}],
)
def test_a_complex_loss_is_refused_in_every_mode(mode: str, loss: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"real number.*(gave|of type) complex64") as caught:
        vynapse.run("xor", mode=mode, loss=loss, out=tmp_path / "run", budget={"steps": 2})
    assert len(caught.value.problems) == 1


def test_arrays_and_tensors_of_a_loss_are_real() -> None:
    zeros = np.zeros((5, 4), np.float32)
    with pytest.raises(ConfigError, match="^loss spiral: real numbers were wanted, .* complex64:"):
        loss_of_arrays(ComplexLoss(), zeros, zeros)
    with pytest.raises(ConfigError, match="^loss spiral: real numbers were wanted, .* complex64:"):
        loss_of_tensors(ComplexLoss(), torch.zeros(5, 4), torch.zeros(5, 4))
    assert loss_of_arrays(make_loss("mse"), zeros, zeros) == 0


@pytest.mark.parametrize("seed", range(5))
def test_class_weights_are_those_of_torch_but_for_their_mean(seed: int) -> None:
    generator = np.random.default_rng(seed)
    weights = generator.uniform(0.1, 5, 3)
    output = generator.normal(size=(2, 20, 3)).astype(np.float32)
    target = generator.integers(0, 3, 20)
    loss = make_loss({"kind": "cross_entropy", "class_weights": weights.tolist()})
    wanted = [
        functional.cross_entropy(
            torch.tensor(one), torch.tensor(target), weight=torch.tensor(weights).float()
        ).item()
        * weights[target].mean()
        for one in output
    ]
    assert np.allclose(loss.array(output, target), wanted, rtol=1e-5)
    assert np.allclose(loss.tensor(torch.tensor(output), torch.tensor(target)), wanted, rtol=1e-5)
    assert loss.kernel is None


def test_a_weighted_loss_keeps_the_promises_of_a_loss() -> None:
    check_loss(WeightedCrossEntropy((1.0, 2.0, 0.5)), np.arange(30) % 3, 3)
    assert make_loss("cross_entropy").kernel == "cross_entropy"
    assert "of 2 classes were wanted, got 3" in str(
        WeightedCrossEntropy((1.0, 2.0, 3.0)).misfit(np.zeros(3, np.int64), 2)
    )
    with pytest.raises(ConfigError, match="greater than 0"):
        make_loss({"kind": "cross_entropy", "class_weights": [1.0, 0.0]})
