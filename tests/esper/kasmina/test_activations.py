# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What counts as an activation, whoever wrote its class."""

import math
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vynapse.esper.kasmina.activations import is_activation
from vynapse.esper.kasmina.attach import attach, suggested_slots


class OwnGELU(nn.Module):
    """As transformers and timm have theirs."""

    def __init__(self, *, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x.pow(3))
        output = 0.5 * x * (1 + torch.tanh(inner))
        return x.copy_(output) if self.inplace else output


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * x + 1


class Normalised(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.layer_norm(x, x.shape[-1:])


class Attended(nn.Module):
    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        return query @ key


YES: dict[str, nn.Module] = {
    type(part).__name__ + str(number): part
    for number, part in enumerate((
        nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6(), nn.LeakyReLU(), nn.ELU(), nn.SELU(),
        nn.CELU(), nn.GELU(), nn.SiLU(), nn.Mish(), nn.Softplus(), nn.Softsign(), nn.Tanh(),
        nn.Sigmoid(), nn.Hardtanh(), nn.Hardsigmoid(), nn.Hardswish(), nn.LogSigmoid(),
        nn.RReLU(), OwnGELU(), OwnGELU(inplace=True),
    ))
}  # fmt: skip
NO: dict[str, nn.Module] = {
    type(part).__name__ + str(number): part
    for number, part in enumerate((
        nn.Identity(), nn.Dropout(), nn.Dropout2d(), nn.Flatten(), nn.Softmax(-1),
        nn.LogSoftmax(-1), nn.Softmax2d(), nn.GLU(), nn.MaxPool1d(3, 1, 1), nn.MaxPool2d(2),
        nn.AvgPool1d(3, 1, 1), nn.LayerNorm(4), nn.LayerNorm(17, elementwise_affine=False),
        nn.Linear(17, 17), nn.PixelShuffle(2), nn.CrossEntropyLoss(), nn.Sequential(nn.ReLU()),
        nn.LSTM(1, 1), Doubled(), Normalised(), Attended(), nn.BatchNorm1d(17, affine=False),
    ))
}  # fmt: skip


@pytest.mark.parametrize("name", YES)
@pytest.mark.parametrize("training", [True, False])
def test_what_bends_each_number_by_itself_is_one(name: str, *, training: bool) -> None:
    part = YES[name].train(training)
    generator = torch.random.get_rng_state()
    assert is_activation(part)
    assert part.training == training
    assert torch.equal(torch.random.get_rng_state(), generator)


@pytest.mark.parametrize("name", NO)
def test_all_else_is_none(name: str) -> None:
    before = pickle.dumps(NO[name].state_dict())
    assert not is_activation(NO[name])
    assert pickle.dumps(NO[name].state_dict()) == before


@pytest.mark.parametrize("name", YES)
def test_a_network_grows_behind_any_of_them(name: str) -> None:
    network = nn.Sequential(nn.Linear(4, 6), YES[name], nn.Linear(6, 2), nn.Softmax(-1))
    assert suggested_slots(network, (4,)) == ("1",)
    assert attach(network, ["1"], (4,)).slot("1").shape == (6,)


def test_an_activation_that_no_slot_can_follow_is_passed_over() -> None:
    head: list[Any] = [nn.Flatten(), nn.Linear(2 * 27, 5), nn.Mish(), nn.Linear(5, 2)]
    network = nn.Sequential(nn.Conv3d(1, 2, 2), nn.Mish(), *head)
    assert suggested_slots(network, (1, 4, 4, 4)) == ("4",)
