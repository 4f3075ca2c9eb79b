# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random networks of five families, with inputs, for tests of widening."""

import itertools
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

Made = tuple[nn.Module, Tensor]
ACTIVATIONS: Final = (nn.ReLU, nn.Tanh, nn.GELU, nn.Sigmoid, nn.SiLU)


class Residual(nn.Module):
    """Two branches are added to a stream, the second one depthwise."""

    def __init__(self, inputs: int, stream: int, hidden: int, *, depthwise: bool) -> None:
        super().__init__()
        self.stem = nn.Conv2d(inputs, stream, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(stream)
        self.one = nn.Sequential(
            nn.Conv2d(stream, hidden, 3, padding=1), nn.BatchNorm2d(hidden), nn.ReLU(),
            nn.Conv2d(hidden, stream, 1),
        )  # fmt: skip
        groups = stream if depthwise else 1
        self.two = nn.Conv2d(stream, stream, 3, padding=1, groups=groups)
        self.pool = nn.AvgPool2d(2)
        self.head = nn.Linear(stream, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu(self.norm(self.stem(x)))
        h = self.pool(h + self.one(h))
        h = h + torch.relu(self.two(h))
        output: Tensor = self.head(h.mean((2, 3)))
        return output


class ConvNeXt(nn.Module):
    """A block of Liu et al. 2022 between a stem and a head."""

    def __init__(self, inputs: int, stream: int, hidden: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(inputs, stream, 2, stride=2)
        self.depthwise = nn.Conv2d(stream, stream, 3, padding=1, groups=stream)
        self.norm = nn.LayerNorm(stream)
        self.up, self.down = nn.Linear(stream, hidden), nn.Linear(hidden, stream)
        self.gamma = nn.Parameter(0.1 * torch.randn(stream))
        self.head = nn.Linear(stream, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = self.stem(x)
        r = self.norm(self.depthwise(h).permute(0, 2, 3, 1))
        r = self.gamma * self.down(functional.gelu(self.up(r)))
        output: Tensor = self.head((h + r.permute(0, 3, 1, 2)).mean((2, 3)))
        return output


class Scaled(nn.Module):
    """A stream of numbers with a learned scale and shift of each channel."""

    def __init__(self, inputs: int, stream: int, hidden: int) -> None:
        super().__init__()
        self.begin = nn.Linear(inputs, stream)
        self.scale = nn.Parameter(torch.randn(stream))
        self.branch = nn.Sequential(
            nn.Linear(stream, hidden), nn.BatchNorm1d(hidden), nn.Tanh(), nn.Linear(hidden, stream)
        )
        self.head = nn.Linear(stream, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = self.begin(x) * self.scale
        output: Tensor = self.head(torch.relu(h + self.branch(h)))
        return output


def mlp(numbers: np.random.Generator) -> Made:
    sizes = numbers.integers(1, 9, size=numbers.integers(3, 6)).tolist()
    layers: list[nn.Module] = []
    for one, other in itertools.pairwise(sizes):
        layers.append(nn.Linear(one, other, bias=bool(numbers.integers(2))))
        layers += [nn.BatchNorm1d(other)] if numbers.integers(2) else []
        layers += [ACTIVATIONS[numbers.integers(len(ACTIVATIONS))](), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 3)), torch.randn(4, sizes[0])


def residual(numbers: np.random.Generator) -> Made:
    if numbers.integers(3) == 0:
        inputs, stream, hidden = numbers.integers(1, 8, size=3).tolist()
        return Scaled(inputs, stream, hidden), torch.randn(4, inputs)
    inputs, stream, hidden = numbers.integers(1, 6, size=3).tolist()
    return Residual(inputs, stream, hidden, depthwise=False), torch.randn(3, inputs, 6, 6)


def depthwise(numbers: np.random.Generator) -> Made:
    inputs, stream, hidden = numbers.integers(2, 6, size=3).tolist()
    return Residual(inputs, stream, hidden, depthwise=True), torch.randn(3, inputs, 6, 6)


def convnext(numbers: np.random.Generator) -> Made:
    inputs, stream, hidden = numbers.integers(2, 7, size=3).tolist()
    return ConvNeXt(inputs, stream, hidden), torch.randn(3, inputs, 4, 4)


def flattened(numbers: np.random.Generator) -> Made:
    inputs, first, second = numbers.integers(1, 5, size=3).tolist()
    network = nn.Sequential(
        nn.Conv2d(inputs, first, 3), nn.BatchNorm2d(first), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(first * 9, second), nn.Tanh(), nn.Linear(second, 2),
    )  # fmt: skip
    return network, torch.randn(3, inputs, 8, 8)


def attention(numbers: np.random.Generator) -> Made:
    heads, hidden = int(numbers.integers(1, 4)), int(numbers.integers(2, 9))
    before = bool(numbers.integers(2))
    block = nn.TransformerEncoderLayer(
        4 * heads, heads, hidden, dropout=0.1, batch_first=True, norm_first=before
    )
    network = nn.Sequential(nn.Linear(3, 4 * heads), block, nn.Flatten(), nn.Linear(20 * heads, 2))
    return network, torch.randn(3, 5, 3)


FAMILIES: Final[dict[str, Callable[[np.random.Generator], Made]]] = {
    "mlp": mlp,
    "residual": residual,
    "depthwise": depthwise,
    "convnext": convnext,
    "flattened": flattened,
    "attention": attention,
}


def network_of(family: str, seed: int) -> Made:
    """A network that has been trained a little: its batch norms have seen something."""
    torch.manual_seed(seed)
    module, x = FAMILIES[family](np.random.default_rng(seed))
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(part.weight, 1, 0.3)
            nn.init.normal_(part.bias, 0, 0.3)
    with torch.no_grad():
        for _ in range(3):
            module(torch.randn(16, *x.shape[1:]))
    return module, x


def residual_host() -> nn.Module:
    """A host for digits with a residual stream, as a factory of a user's."""
    return Hosted(4, 3)


class Hosted(nn.Module):
    """A stem, a branch that is added, a depthwise convolution and a head, on pictures."""

    def __init__(self, stream: int, hidden: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, stream, 3, stride=2), nn.BatchNorm2d(stream), nn.ReLU()
        )
        self.one = nn.Sequential(
            nn.Conv2d(stream, hidden, 3, padding=1), nn.BatchNorm2d(hidden), nn.ReLU(),
            nn.Conv2d(hidden, stream, 1),
        )  # fmt: skip
        self.two = nn.Conv2d(stream, stream, 3, padding=1, groups=stream)
        self.head = nn.Linear(stream, 10)

    def forward(self, x: Tensor) -> Tensor:
        h = self.stem(x)
        h = h + self.one(h)
        output: Tensor = self.head(torch.relu(self.two(h)).mean((2, 3)))
        return output
