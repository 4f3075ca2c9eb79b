# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a seed's correction is mixed into what the host computes, and how its share rises.

With the host's features h, the seed's correction d (0 at birth) and the share alpha in [0, 1]:

    add           h + alpha d
    interpolate   (1 - alpha) h + alpha (h + d)
    gate          h + alpha g(h) d, g a learned factor per channel, 1 at birth

At alpha 0 all give h itself, not h + 0 d: the two differ where d is infinite, and in the sign of 0.
"""

from __future__ import annotations

import math
from typing import Final, final

import torch
from torch import Tensor, nn

from vynapse.esper.leyline.alpha import Alpha
from vynapse.esper.leyline.options import Operator, Rise

_STEEPNESS: Final = 12.0
"""Half the range of the sigmoid's argument, which goes from -6 to 6."""


@final
class ChannelGate(nn.Module):
    """A factor in (0, 2) for each channel, from the mean of the channel: 2 sigmoid(w mean(h) + b).

    The gating is that of squeeze and excitation (Hu, Shen and Sun 2018) without the bottleneck.

    Args:
        shape: the shape of the features without the batch: (c, h, w), (l, c) or (c,).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        channels = shape[0] if len(shape) == 3 else shape[-1]
        self.axes = len(shape)  # known here, so that nothing depends on a tensor when it is traced
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, h: Tensor) -> Tensor:
        """Factors that broadcast against `h` (batch, *shape)."""
        if self.axes == 3:
            means = h.mean((2, 3))
        elif self.axes == 2:
            means = h.mean(1)
        else:
            means = h
        factors = 2 * torch.sigmoid(self.weight * means + self.bias)
        if self.axes == 3:
            return factors[:, :, None, None]
        return factors[:, None, :] if self.axes == 2 else factors


def blend(h: Tensor, correction: Tensor, alpha: Alpha, operator: Operator) -> Tensor:
    """The features with a share `alpha` of the correction.

    Args:
        h: the host's features (batch, *shape).
        correction: the seed's, of the same shape; gated already where the operator is gate.
        alpha: a number, or one for each example (batch,).
        operator: how they are mixed.
    """
    if isinstance(alpha, Tensor):
        share = alpha.to(h.dtype).reshape(-1, *(1 for _ in range(h.dim() - 1)))
        return torch.where(share == 0, h, _mixed(h, correction, share, operator))
    if alpha == 0:
        return h
    return _mixed(h, correction, alpha, operator)


def share_at(rise: Rise, progress: float) -> float:
    """Alpha after a part of the blending: rises from 0 at 0 to 1 at 1.

    Args:
        rise: linear, cosine (half a wave) or sigmoid (logistic, scaled to reach 0 and 1).
        progress: the progress in [0, 1]; a number outside counts as the nearer end.
    """
    if progress <= 0:
        return 0.0
    if progress >= 1:
        return 1.0
    if rise == "linear":
        return progress
    if rise == "cosine":
        return (1 - math.cos(math.pi * progress)) / 2
    low, high = _logistic(-_STEEPNESS / 2), _logistic(_STEEPNESS / 2)
    return (_logistic(_STEEPNESS * (progress - 0.5)) - low) / (high - low)


def _mixed(h: Tensor, correction: Tensor, alpha: Alpha, operator: Operator) -> Tensor:
    if operator == "interpolate":
        return torch.lerp(h, h + correction, alpha)  # h itself where the correction is 0
    return h + alpha * correction


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
