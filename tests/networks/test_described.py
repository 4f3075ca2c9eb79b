# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A module as the class and the arguments that make another one of its kind."""

import json

import pytest
import torch
from torch import nn

from vynapse.networks import described


class Kept(nn.Module):
    """Keeps its arguments under their names."""

    def __init__(self, width: int, inner: nn.Module, *, depth: int = 2) -> None:
        super().__init__()
        self.width, self.depth, self.inner = width, depth, inner
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = self.inner(layer(x))
        return x


class Forgetful(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(2, width)


class WithDefault(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.layer = nn.Linear(2, width)


@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(3, 4, bias=False),
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 2)),
        nn.Sequential(
            nn.Conv2d(1, 4, (3, 1), padding=1, bias=False), nn.BatchNorm2d(4), nn.Flatten()
        ),
        nn.LSTM(3, 5, num_layers=2, batch_first=True),
        nn.Sequential(nn.LayerNorm((2, 3), eps=1e-3), nn.GELU("tanh")),
        nn.TransformerEncoderLayer(8, 2, 16),
        Kept(4, nn.Sequential(nn.ReLU(), nn.Linear(4, 4))),
        Kept(4, nn.ELU(0.5), depth=1),
        WithDefault(),
    ],
    ids=lambda module: type(module).__name__,
)
def test_a_described_module_is_made_again(module: nn.Module) -> None:
    options = described.describe(module)
    if isinstance(module, nn.TransformerEncoderLayer):
        assert options is None  # it keeps not one of its arguments
        return
    assert options is not None
    again = described.build(**json.loads(json.dumps(options)))
    assert described.alike(module, again)
    assert repr(again) == repr(module)


def test_what_cannot_be_made_again_is_not_described() -> None:
    class Local(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

    assert described.describe(Forgetful(3)) is None
    assert described.describe(WithDefault(5)) is None
    assert described.describe(Local()) is None
    changed = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    changed[0].weight = nn.Parameter(torch.zeros(2, 2, dtype=torch.float64))
    assert described.describe(changed) is None


def test_names_of_parts_are_kept() -> None:
    module = nn.Sequential()
    module.add_module("first", nn.Linear(2, 3))
    options = described.describe(module)
    assert options is not None
    assert list(dict(described.build(**options).named_children())) == ["first"]


def test_identity_tells_modules_apart_and_not_their_weights() -> None:
    one, two = (nn.Sequential(nn.Linear(2, 3), nn.Dropout(p)) for p in (0.1, 0.1))
    assert described.identity(one) == described.identity(two)
    assert described.identity(one) != described.identity(
        nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.2))
    )


def test_a_description_leaves_the_global_generator_alone() -> None:
    module = nn.Sequential(nn.Linear(2, 3))
    before = torch.get_rng_state()
    described.describe(module)
    assert torch.equal(torch.get_rng_state(), before)
