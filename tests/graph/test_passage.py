# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is said of a part's channels is what a change of one channel shows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from vynapse.graph.dependencies import groups
from vynapse.graph.passage import Passage, passage
from vynapse.graph.trace import trace

NAMES = (
    "ReLU ReLU6 LeakyReLU ELU SELU CELU GELU SiLU Mish Softplus Softsign Tanh Sigmoid Hardtanh "
    "Hardsigmoid Hardswish LogSigmoid Tanhshrink Identity Dropout Dropout2d AlphaDropout"
)
MASK = torch.ones(4, 1, 1)
ALONE: dict[str, Callable[[], nn.Module]] = {name: getattr(nn, name) for name in NAMES.split()} | {
    "norm": lambda: nn.BatchNorm2d(4),
    "plain norm": lambda: nn.BatchNorm2d(4, affine=False),
    "maximum": lambda: nn.MaxPool2d(2),
    "average": lambda: nn.AvgPool2d(3, stride=1),
    "to one": lambda: nn.AdaptiveAvgPool2d(1),
    "to two": lambda: nn.AdaptiveMaxPool2d(2),
    "power": lambda: nn.LPPool2d(2, 2),
    "flat": nn.Flatten,
    "in place": lambda: nn.ReLU(inplace=True),
    "several": lambda: nn.Sequential(nn.BatchNorm2d(4), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten()),
}  # fmt: skip


class Odd(nn.Module):
    """What a user might write."""

    def __init__(self, function: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> object:
        return self.function(x)


MIXING: dict[str, Callable[[], nn.Module]] = {
    "softmax": lambda: nn.Softmax(1),
    "convolution": lambda: nn.Conv2d(4, 4, 1),
    "group norm": lambda: nn.GroupNorm(2, 4),
    "shuffle": lambda: nn.ChannelShuffle(2),
    "response": lambda: nn.LocalResponseNorm(2),
    "one for all": lambda: Odd(lambda x: x - x.mean(1, keepdim=True)),
    "of one": lambda: Odd(lambda x: x * x[:, :1]),
    "turned": lambda: Odd(lambda x: x.flip(1)),
    "half": lambda: nn.GLU(1),
    "two results": lambda: Odd(lambda x: (x, x)),
    "a number": lambda: Odd(lambda _: 3),
    "wrong size": lambda: nn.BatchNorm2d(5),
    "a mask from outside": lambda: Odd(lambda x: x * MASK),
    "unknown op": lambda: Odd(torch.erfinv),
    "nothing of it": lambda: Odd(torch.zeros_like),
}


def of(part: nn.Module, x: Tensor) -> Passage | None:
    return passage(part.eval(), x.clone(), 1, dict(part.state_dict(keep_vars=True)))


def draw(seed: int) -> Tensor:
    return torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", ALONE)
def test_a_changed_channel_changes_its_own_places_alone(name):
    part = ALONE[name]()
    found = of(part, draw(0))
    assert found is not None
    for seed in range(5):
        x = draw(seed)
        wanted = part(x.clone())
        assert wanted.dim() == found.rank
        assert wanted.shape[1] == 4 * found.places
        for channel in range(4):
            other = x.clone()
            other[:, channel] += 1 + other[:, channel].abs()
            changed = (part(other) != wanted).movedim(1, 0).flatten(1).any(1)
            own = torch.arange(4 * found.places) // found.places == channel
            assert not (changed & ~own).any()


@pytest.mark.parametrize("name", MIXING)
def test_what_mixes_channels_or_is_not_known_is_no_passage(name):
    assert of(MIXING[name](), draw(0)) is None


def test_tensors_that_follow_the_channels_are_named():
    norm = nn.BatchNorm2d(4)
    found = of(norm, draw(0))
    assert found is not None
    assert set(found.tensors) == {"weight", "bias", "running_mean", "running_var"}
    flat = of(nn.Flatten(), draw(0))
    assert flat == Passage(2, 36, ())


def test_the_same_ties_hold_in_a_whole_graph():
    for part in (nn.CELU(), nn.LogSigmoid(), nn.AdaptiveMaxPool2d(2)):
        module = nn.Sequential(nn.Conv2d(1, 4, 1), part, nn.Conv2d(4, 1, 1))
        (group,) = groups(trace(module.eval(), torch.zeros(2, 1, 4, 4)))
        assert group.members == (("0.weight", 0), ("0.bias", 0), ("2.weight", 1))


def test_the_compiler_of_torch_stays_outside():
    code = (
        "import sys, torch\n"
        "from vynapse.graph.passage import passage\n"
        "assert passage(torch.nn.ReLU(), torch.zeros(2, 3), 1, {})\n"
        "assert not {'sympy', 'torch._dynamo'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
