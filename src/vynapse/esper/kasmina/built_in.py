# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The blueprints that the package brings, as the catalogue names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from torch import nn

from vynapse.esper.kasmina import bodies
from vynapse.esper.kasmina.blueprints import Blueprint, Shape
from vynapse.registry import NoKeys

_VECTOR: Final = frozenset({1})
_SEQUENCE: Final = frozenset({2})
_PICTURE: Final = frozenset({3})


def _of(
    name: str, summary: str, layouts: frozenset[int], make: Callable[[Shape], nn.Module]
) -> Blueprint:
    def build(_settings: NoKeys, shape: Shape) -> nn.Module:
        return make(shape)

    return Blueprint(name, summary, NoKeys, build, layouts, zero_at_birth=True)


NORM: Final = _of("norm", "batch norm", _PICTURE | _VECTOR, bodies.norm)
SQUEEZE_EXCITE: Final = _of(
    "squeeze_excite",
    "a gate for each channel, from the whole picture",
    _PICTURE,
    bodies.squeeze_excite,
)
CONV1X1: Final = _of("conv1x1", "a 1x1 convolution", _PICTURE, bodies.conv1x1)
BOTTLENECK: Final = _of(
    "bottleneck",
    "a 3x3 convolution of a quarter of the channels, between two 1x1",
    _PICTURE,
    bodies.bottleneck,
)
DEPTHWISE: Final = _of(
    "depthwise", "a 3x3 convolution within channels, then 1x1", _PICTURE, bodies.depthwise
)
CONV_LIGHT: Final = _of("conv_light", "a 3x3 convolution", _PICTURE, bodies.conv_light)
CONV_HEAVY: Final = _of("conv_heavy", "two 3x3 convolutions", _PICTURE, bodies.conv_heavy)
LOW_RANK: Final = _of("low_rank", "a linear map of low rank", _SEQUENCE | _VECTOR, bodies.low_rank)
ATTENTION: Final = _of("attention", "multi-head self-attention", _SEQUENCE, bodies.attention)
MLP: Final = _of("mlp", "one hidden layer", _SEQUENCE | _VECTOR, bodies.mlp)
BLOCK: Final = _of("block", "attention, then a hidden layer", _SEQUENCE, bodies.TransformerBlock)
