# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hosts: small networks that leave room to grow, and say where.

    network: {factory: "vynapse.esper.kasmina.hosts:residual", options: {widths: [8, 16, 32]}}
    network: {factory: "vynapse.esper.kasmina.hosts:transformer", options: {width: 32, layers: 2}}

`outputs` and `input_shape` come from the task. Each host is a plain `nn.Sequential` whose attribute
`growth_slots` names the children behind which it may grow. A plain CNN and an MLP are structures
of their own (`network: {cnn: …}`, `network: {mlp: …}`) and may grow as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError

# Shapes: b examples, l places of a sequence, d width, h heads, k = d / h.


def residual(
    outputs: int, input_shape: Sequence[int], widths: Sequence[int] = (32, 64, 128)
) -> nn.Sequential:
    """The skeleton of a residual CNN for pictures: what changes their size, without the branches.

    Children: `stem` (4x4 convolution, stride 2), `stage1`, `stage2`, … (3x3 convolutions, stride
    2), each with batch norm and ReLU, and `head` (mean over the picture, linear). The residual
    branches are what grows, behind the stem and each stage. 95,434 parameters for CIFAR-10 at
    the default widths; 6,330 for one channel and 10 outputs with widths 8, 16, 32.

    Args:
        outputs: number of outputs.
        input_shape: (channels, height, width).
        widths: channels behind the stem and behind each stage.

    Raises:
        ConfigError: inputs are no pictures, or there is no width.
    """
    _refuse_unless(len(input_shape) == 3, "input_shape", "(channels, height, width)", input_shape)
    _refuse_unless(len(widths) > 0 and min(widths) > 0, "widths", "one or more, all > 0", widths)
    children = {"stem": _halve(input_shape[0], widths[0], 4)}
    for number, (before, width) in enumerate(pairwise(widths), 1):
        children[f"stage{number}"] = _halve(before, width, 3)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], outputs))
    return _chain({**children, "head": head}, tuple(children))


def transformer(
    outputs: int,
    input_shape: Sequence[int],
    width: int = 32,
    heads: int = 2,
    layers: int = 2,
    expansion: int = 2,
    vocabulary: int | None = None,
) -> nn.Sequential:
    """A small transformer over sequences of tokens, read out at the last place.

    Children: `embed` (tokens and learned positions), `block1`, `block2`, …, `head` (last place,
        layer norm, linear). A block is attention over all places, then two fully connected layers.
        Each of the two stands behind a layer norm and is added to its input (Xiong et al., "On
        layer normalization in the transformer architecture", ICML 2020). It may grow behind each
        block, where the shape is (l, d).

    Args:
        outputs: number of outputs.
        input_shape: (length,); inputs are numbers of tokens as float32 (b, l).
        width: the number of features of a place.
        heads: attention heads, a divisor of the width.
        layers: number of blocks.
        expansion: hidden units of a block's fully connected layers, in widths.
        vocabulary: number of different tokens; by default the outputs, as where the next token is
            to be predicted.

    Raises:
        ConfigError: inputs are no sequences, a number is not positive, or the heads do not divide
            the width.
    """
    _refuse_unless(len(input_shape) == 1, "input_shape", "(length,)", input_shape)
    tokens = outputs if vocabulary is None else vocabulary
    sizes = {"width": width, "heads": heads, "layers": layers, "expansion": expansion}
    for key, value in {**sizes, "vocabulary": tokens}.items():
        _refuse_unless(value > 0, key, "a number > 0", value)
    _refuse_unless(width % heads == 0, "heads", f"a divisor of width {width}", heads)
    blocks: dict[str, nn.Module] = {
        f"block{number}": Block(width, heads, expansion) for number in range(1, layers + 1)
    }
    head = nn.Sequential(LastPlace(), nn.LayerNorm(width), nn.Linear(width, outputs))
    embed = Embedding(tokens, input_shape[0], width)
    return _chain({"embed": embed, **blocks, "head": head}, tuple(blocks))


@final
class Embedding(nn.Module):
    """Numbers of tokens (b, l), as floats -> features (b, l, d): token plus position."""

    def __init__(self, vocabulary: int, length: int, width: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.empty(length, width))
        for table in (self.tokens.weight, self.positions):
            nn.init.normal_(table, std=1 / math.sqrt(width))

    def forward(self, inputs: Tensor) -> Tensor:
        features: Tensor = self.tokens(inputs.long())
        return features + self.positions


@final
class Block(nn.Module):
    """A pre-norm transformer block: (b, l, d) -> (b, l, d)."""

    def __init__(self, width: int, heads: int, expansion: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(width), Attention(width, heads))
        self.places = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, expansion * width),
            nn.GELU(approximate="tanh"),
            nn.Linear(expansion * width, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(x)
        output: Tensor = x + self.places(x)
        return output


@final
class Attention(nn.Module):
    """Softmax attention of every place to every place: (b, l, d) -> (b, l, d)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.project(x).chunk(3, dim=-1)
        query, key, value = self._apart(query), self._apart(key), self._apart(value)
        scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
        mixed = scores.softmax(dim=-1) @ value
        output: Tensor = self.merge(mixed.transpose(-3, -2).flatten(-2))
        return output

    def _apart(self, part: Tensor) -> Tensor:
        """(b, l, d) -> (b, h, l, k)."""
        apart: Tensor = part.unflatten(-1, (self.heads, -1)).transpose(-3, -2)
        return apart


@final
class LastPlace(nn.Module):
    """(b, l, d) -> (b, d): the features of the last place."""

    def forward(self, x: Tensor) -> Tensor:
        return x[..., -1, :]


def _halve(inputs: int, outputs: int, size: int) -> nn.Module:
    """Half the height and width."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def _chain(children: Mapping[str, nn.Module], slots: tuple[str, ...]) -> nn.Sequential:
    """The children in their order, by name.

    No subclass of `Sequential`: of one, growth would not know that the children are a chain.
    """
    host = nn.Sequential()
    for name, child in children.items():
        host.add_module(name, child)
    host.growth_slots = slots  # type: ignore[assignment]
    return host


def _refuse_unless(right: bool, key: str, wanted: str, given: object) -> None:
    if not right:
        shown = list(given) if isinstance(given, Sequence) else given
        raise ConfigError(f"network.options.{key}: {wanted} was wanted, got {shown}")
