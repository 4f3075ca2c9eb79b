# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A body made of any module: it begins as the identity of the slot, whatever the module does."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from vynapse.networks.modules import prefers_channels_last


@final
class Scaled(nn.Module):
    """Any module, times a learned factor per channel that begins at 0: d = s f(h).

    ReZero (Bachlechner et al. 2021) has one factor for all channels, LayerScale (Touvron et al.
    2021) one for each.

    Args:
        module: f, from (batch, *shape) to the same; not 0 itself, or neither would learn.
        shape: the shape of the features.
    """

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.module = module
        self._any_layout = prefers_channels_last(module)
        self.factor = nn.Parameter(
            torch.zeros((*shape[:1], 1, 1) if len(shape) == 3 else shape[-1:])
        )

    def forward(self, h: Tensor) -> Tensor:
        scaled: Tensor = self.factor * self.module(h if self._any_layout else h.contiguous())
        return scaled
