# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Modules of many kinds, ours, torch's and a user's, each with example inputs and a tiny shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from vynapse.esper.kasmina import grown, hosts
from vynapse.esper.kasmina.pruning import narrow
from vynapse.networks.cnn import CNN
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import build as build_network
from vynapse.networks.modules import isolated_generators

Model = tuple[nn.Module, tuple[Tensor, ...]]


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens: Tensor) -> Tensor:
        out: Tensor = self.head(torch.tanh(self.embed(tokens)))
        return out


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.attend(x, x, x, need_weights=False)[0]
        return out


class Shapes(nn.Module):
    """Broadcasting, strided slices, padding, concatenation, reductions."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.rand(1, 3, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        parts = torch.cat([x[:, :, ::2], nn.functional.pad(x[:, :, 1:4], (1, 0))], dim=2)
        y = parts * self.gain.expand(x.shape[0], 3, 1) + x.mean(dim=(1, 2), keepdim=True)
        return y.flip(2).transpose(1, 2).softmax(-1), y.var(dim=1)


class WithLoss(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(4, 3)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return nn.functional.cross_entropy(self.net(x), y)


def picture(channels: int = 3, side: int = 8) -> Tensor:
    return torch.randn(2, channels, side, side)


def grown_network() -> nn.Module:
    return grown.build(
        host={
            "kind": "cnn",
            "channels": [4, 4],
            "norm": True,
            "input_shape": [3, 8, 8],
            "outputs": 3,
        },
        input_shape=[3, 8, 8],
        slots={"2": [{"name": "s0", "blueprint": "conv_light", "operator": "add", "alpha": 1.0}]},
    )


def pruned_network() -> nn.Module:
    network = build_network(MLP(sizes=[4, 8, 3], hidden="relu"))
    narrow(network, "0", (0, 2, 5))
    return network


ZOO: dict[str, Callable[[], Model]] = {
    "mlp": lambda: (build_network(MLP(sizes=[4, 8, 3], hidden="tanh")), (torch.randn(3, 4),)),
    "gelu_mlp": lambda: (build_network(MLP(sizes=[4, 8, 3], hidden="gelu")), (torch.randn(3, 4),)),
    "cnn_host": lambda: (
        build_network(CNN(channels=[4, 8], norm=True, input_shape=(3, 8, 8), outputs=5)),
        (picture(),),
    ),
    "residual_block": lambda: (Residual(), (picture(4),)),
    "depthwise_block": lambda: (
        nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.SiLU(), nn.Conv2d(4, 6, 1)),
        (picture(4),),
    ),
    "group_norm": lambda: (
        nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.GroupNorm(2, 4), nn.GELU()),
        (picture(),),
    ),
    "layer_norm": lambda: (
        nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.ELU()),
        (torch.randn(3, 4),),
    ),
    "batch_norm_1d": lambda: (
        nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.LeakyReLU()),
        (torch.randn(3, 4),),
    ),
    "self_attention": lambda: (Attention(), (torch.randn(2, 5, 8),)),
    "transformer_layer": lambda: (
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
        (torch.randn(2, 5, 8),),
    ),
    "gru_cell": lambda: (nn.GRUCell(3, 4), (torch.randn(2, 3), torch.randn(2, 4))),
    "lstm_cell": lambda: (nn.LSTMCell(3, 4), (torch.randn(2, 3),)),
    "gru": lambda: (nn.GRU(3, 4), (torch.randn(3, 2, 3),)),
    "embedding": lambda: (
        nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 2)),
        (torch.tensor([[1, 2, 8], [0, 0, 3]]),),
    ),
    "pooling": lambda: (
        nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(2, stride=1), nn.AdaptiveAvgPool2d(1)),
        (picture(),),
    ),
    "dropout_in_eval": lambda: (
        nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 2)),
        (torch.randn(3, 4),),
    ),
    "tied_weights": lambda: (Tied(), (torch.tensor([[1, 2], [0, 6]]),)),
    "weight_norm": lambda: (weight_norm(nn.Linear(4, 3)), (torch.randn(2, 4),)),
    "spectral_norm": lambda: (spectral_norm(nn.Linear(4, 3)), (torch.randn(2, 4),)),
    "grown": lambda: (grown_network(), (picture(),)),
    "pruned": lambda: (pruned_network(), (torch.randn(3, 4),)),
    "residual_host": lambda: (hosts.residual(input_shape=(3, 8, 8), outputs=3), (picture(),)),
    "bilinear": lambda: (nn.Bilinear(3, 4, 2), (torch.randn(2, 3), torch.randn(2, 4))),
    "transposed_convolution": lambda: (
        nn.Sequential(nn.ConvTranspose2d(3, 4, 3, stride=2), nn.Softplus(), nn.Conv2d(4, 2, 2)),
        (picture(),),
    ),
    "convolution_1d": lambda: (
        nn.Sequential(nn.Conv1d(3, 4, 3, padding=2, dilation=2), nn.Hardtanh(), nn.MaxPool1d(2)),
        (torch.randn(2, 3, 8),),
    ),
    "shapes": lambda: (Shapes(), (torch.randn(2, 3, 8),)),
    "loss": lambda: (WithLoss(), (torch.randn(3, 4), torch.tensor([0, 2, 1]))),
}


def make(name: str) -> Model:
    """The module in evaluation mode, always with the same numbers."""
    with isolated_generators(7):
        module, example = ZOO[name]()
        for part in module.modules():
            if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
                part.get_buffer("running_mean").uniform_(-1, 1)
                part.get_buffer("running_var").uniform_(0.5, 2)
    return module.eval(), example


def flat(result: Any) -> list[Tensor]:
    """The tensors of a result in order."""
    if isinstance(result, Tensor):
        return [result]
    return [tensor for part in result for tensor in flat(part)]
