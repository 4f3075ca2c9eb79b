# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bodies of seeds: modules from features (batch, *shape) to a correction d of the same shape.

A body gives exactly 0 at birth, because the last factor in it begins at 0, and that factor has a
gradient from the first step on. Features have the shape (c, h, w), (l, d) or (d,).

Convolutions come in the order of a residual block (He et al. 2016a): convolution, batch norm,
ReLU, and the last batch norm has the gain 0 at birth (Goyal et al. 2017). The ReLU after the sum
belongs to the block: it makes even a single convolution more than a linear map, which the host's
next layer could have learnt itself. The pre-activation order (He et al. 2016b) ends in a
convolution of zeros instead. It learns faster at a small learning rate, but nothing bounds what
comes out. At four times the rate a single 3x3 convolution of that kind breaks down, where one in
this order still gains.

Nothing here has dropout, which would make measurements that are paired by example noisy.

He et al. 2016a: Deep residual learning for image recognition, CVPR. He et al. 2016b: Identity
mappings in deep residual networks, ECCV. Goyal et al. 2017: Accurate, large minibatch SGD.
"""

from __future__ import annotations

import math
from typing import Final, TypeVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional

_Layer = TypeVar("_Layer", nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d)

_LEAST: Final = 8
"""Channels that a narrow middle has at least."""
_RANK: Final = 8
"""The highest rank of a linear map."""


@final
class Rectified(nn.Module):
    """What a residual block with a ReLU after the sum adds: d = relu(h + r(h)) - relu(h).

    Where h comes from a ReLU, as in most hosts, h + d = relu(h + r(h)).

    Args:
        layers: the layers of the residual r, which is 0 at birth.
    """

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.residual = nn.Sequential(*layers)

    def forward(self, h: Tensor) -> Tensor:
        return functional.relu(h + self.residual(h)) - functional.relu(h)


@final
class SqueezeExcite(nn.Module):
    """Each channel is made up to twice as strong, or weaker, by what the whole picture shows.

    d = h tanh(W2 silu(W1 mean(h))), so h + d = h (1 + tanh(...)), the gate of squeeze and
    excitation (Hu, Shen and Sun, CVPR 2018) with 1 in place of 1/2 where nothing was learnt. SiLU
    for ReLU: channel means vary little, so a ReLU that is off for one example is off for all.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        width = max(channels // 16, _LEAST)
        self.squeeze = nn.Linear(channels, width)
        self.excite = _zeroed(nn.Linear(width, channels))

    def forward(self, h: Tensor) -> Tensor:
        hidden = functional.silu(self.squeeze(h.mean((2, 3))))
        return h * torch.tanh(self.excite(hidden))[:, :, None, None]


@final
class Attention(nn.Module):
    """Self-attention with the norm before it (Vaswani et al. 2017; Xiong et al. 2020).

    d = W softmax(q k' / sqrt(d / heads)) v, with q, k, v from the normed h. Not causal, and without
    positions: those are the host's. Written out rather than fused, so that it can be
    differentiated twice and its operations are counted on every device.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = next(heads for heads in (4, 2, 1) if width % heads == 0)
        self.norm = nn.LayerNorm(width)
        # without bias: adding one to all keys changes no weight, so it would never learn
        self.inputs = nn.Linear(width, 3 * width, bias=False)
        self.output = _zeroed(nn.Linear(width, width))

    def forward(self, h: Tensor) -> Tensor:
        inputs = self.inputs(self.norm(h)).unflatten(-1, (3, self.heads, -1))
        # three tensors of (batch, heads, l, d / heads)
        query, key, value = inputs.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query / math.sqrt(query.shape[-1]) @ key.transpose(-2, -1)
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        output: Tensor = self.output(mixed)
        return output


@final
class TransformerBlock(nn.Module):
    """Attention, then a perceptron at each place on what it added: d = a(h) + m(h + a(h)).

    So h + d is a block of a transformer with the norms before its parts (Xiong et al. 2020).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.attention, self.mlp = attention(shape), mlp(shape)

    def forward(self, h: Tensor) -> Tensor:
        mixed = self.attention(h)
        output: Tensor = mixed + self.mlp(h + mixed)
        return output


def norm(shape: tuple[int, ...]) -> nn.Module:
    """Batch norm (Ioffe and Szegedy 2015) of a picture or a vector, with the gain 0 at birth."""
    if len(shape) == 3:
        return _zeroed(nn.BatchNorm2d(shape[0]))
    return _zeroed(nn.BatchNorm1d(shape[0]))


def squeeze_excite(shape: tuple[int, ...]) -> nn.Module:
    """See SqueezeExcite; the middle is c / 16 wide, as there, but not below 8."""
    return SqueezeExcite(shape[0])


def conv1x1(shape: tuple[int, ...]) -> nn.Module:
    """A residual block of one 1x1 convolution, which mixes channels."""
    channels = shape[0]
    return Rectified(_conv(channels, channels, 1), _zeroed(nn.BatchNorm2d(channels)))


def bottleneck(shape: tuple[int, ...]) -> nn.Module:
    """1x1 down to c / 4 channels but not below 8, 3x3 there, 1x1 up (He et al. 2016a)."""
    channels = shape[0]
    width = max(channels // 4, _LEAST)
    return Rectified(
        *_block(channels, width, 1),
        *_block(width, width, 3),
        _conv(width, channels, 1),
        _zeroed(nn.BatchNorm2d(channels)),
    )


def depthwise(shape: tuple[int, ...]) -> nn.Module:
    """3x3 within each channel, then 1x1 between them (Howard et al. 2017, MobileNets)."""
    channels = shape[0]
    return Rectified(
        *_block(channels, channels, 3, groups=channels),
        _conv(channels, channels, 1),
        _zeroed(nn.BatchNorm2d(channels)),
    )


def conv_light(shape: tuple[int, ...]) -> nn.Module:
    """A residual block of one 3x3 convolution."""
    channels = shape[0]
    return Rectified(_conv(channels, channels, 3), _zeroed(nn.BatchNorm2d(channels)))


def conv_heavy(shape: tuple[int, ...]) -> nn.Module:
    """A residual block of two 3x3 convolutions (He et al. 2016a)."""
    channels = shape[0]
    return Rectified(
        *_block(channels, channels, 3),
        _conv(channels, channels, 3),
        _zeroed(nn.BatchNorm2d(channels)),
    )


def low_rank(shape: tuple[int, ...]) -> nn.Module:
    """d = B A h of rank d / 4, at least 1 and at most 8, with B 0 at birth (Hu et al. 2022, LoRA).

    It is linear: a small change of the layer that follows.
    """
    width = shape[-1]
    rank = min(max(width // 4, 1), _RANK)
    return nn.Sequential(
        nn.Linear(width, rank, bias=False), _zeroed(nn.Linear(rank, width, bias=False))
    )


def mlp(shape: tuple[int, ...]) -> nn.Module:
    """Norm, 4 d hidden units, GELU, d outputs: the block of a transformer (Vaswani et al. 2017).

    The norm of a vector is batch norm, because layer norm would take its mean and length from it;
    that of a sequence is layer norm.
    """
    width = shape[-1]
    return nn.Sequential(
        nn.LayerNorm(width) if len(shape) == 2 else nn.BatchNorm1d(width),
        nn.Linear(width, 4 * width),
        nn.GELU(),
        _zeroed(nn.Linear(4 * width, width)),
    )


def attention(shape: tuple[int, ...]) -> nn.Module:
    """See Attention; 4 heads where d can be divided by 4, else 2 or 1."""
    return Attention(shape[-1])


def _conv(inputs: int, outputs: int, side: int, groups: int = 1) -> nn.Conv2d:
    """Without bias, because batch norm follows and would take it out again."""
    return nn.Conv2d(inputs, outputs, side, padding=side // 2, groups=groups, bias=False)


def _block(inputs: int, outputs: int, side: int, groups: int = 1) -> list[nn.Module]:
    return [_conv(inputs, outputs, side, groups), nn.BatchNorm2d(outputs), nn.ReLU()]


def _zeroed(layer: _Layer) -> _Layer:
    """The layer with parameters of 0, so that its output is 0."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
