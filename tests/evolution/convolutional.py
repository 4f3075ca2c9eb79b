# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Convolutional networks as users bring them; inputs (3, 12, 12) or, of `line`, (2, 9)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SHAPE = (3, 12, 12)


class Block(nn.Module):
    """As in ConvNeXt: depthwise 7x7, layer norm, two linear layers on each place."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.act, self.down = nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(96, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        changed: Tensor = self.down(self.act(self.up(y)))
        return x + changed.permute(0, 3, 1, 2)


class Residual(nn.Module):
    """Batch norm, a branch that is added, pooling by functions."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.branch = nn.Conv2d(6, 6, 3, padding="same", groups=2)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.max_pool2d(functional.relu(self.norm(self.stem(x))), 3, 2)
        y = functional.silu(y + self.branch(y))
        output: Tensor = self.head(functional.avg_pool2d(y, 2).mean((2, 3)))
        return output


class Tied(nn.Module):
    """One convolution twice, and one that learns nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.fixed, self.layer = nn.Conv2d(3, 4, 2, stride=2), nn.Conv2d(4, 4, 3, padding=1)
        self.fixed.requires_grad_(False)
        self.again, self.head = self.layer, nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.tanh(self.again(torch.tanh(self.layer(self.fixed(x)))))
        output: Tensor = self.head(y.amax((2, 3)))
        return output


class Drawing(nn.Module):
    """Noise in evaluation mode too."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 12)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x).flatten(1)
        return y + torch.rand(1)


class Branching(Drawing):
    """Another path for other values."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x).flatten(1)
        return y if y.sum() > 0 else -2 * y


class Counting(Drawing):
    """Writes to a buffer."""

    seen: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        y: Tensor = self.layer(x).flatten(1) * self.seen
        return y


def convnext() -> nn.Module:
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, 4))
    return nn.Sequential(nn.Conv2d(3, 24, 2, stride=2), Block(24), Block(24), head)


def pooled() -> nn.Module:
    layers = [nn.Conv2d(3, 8, 3, dilation=2), nn.GroupNorm(2, 8), nn.ELU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.MaxPool2d(3, 1, padding=1), nn.Flatten(), nn.Linear(128, 4))


def line() -> nn.Module:
    layers = [nn.Conv1d(2, 6, 3), nn.LeakyReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Dropout(0.5)]
    return nn.Sequential(*layers, nn.Linear(18, 4))


def upwards() -> nn.Module:
    layers = [nn.Conv2d(3, 4, 3, stride=2, bias=False), nn.Softplus()]
    up = nn.ConvTranspose2d(4, 2, 2, stride=2)
    return nn.Sequential(*layers, up, nn.Hardswish(), nn.Flatten(), nn.Linear(200, 4))


def batch_statistics() -> nn.Module:
    """Each example changes the outputs of the others."""
    norm = nn.BatchNorm2d(4, track_running_stats=False)
    return nn.Sequential(nn.Conv2d(3, 4, 11), norm, nn.ReLU(), nn.Conv2d(4, 4, 2), nn.Flatten())


RECORDED = {
    "convnext": convnext, "Residual": Residual, "Tied": Tied,
    "pooled": pooled, "line": line, "upwards": upwards,
}  # fmt: skip
LOOPED = {
    "Drawing": Drawing, "Branching": Branching, "Counting": Counting,
    "batch_statistics": batch_statistics,
}  # fmt: skip
