# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A seed: a body that corrects features, and how its correction is mixed in."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from vynapse.esper.kasmina.blending import ChannelGate, blend
from vynapse.esper.leyline.alpha import Alpha
from vynapse.esper.leyline.options import Operator


@final
class Seed(nn.Module):
    """A module that may become a part of a network.

    Args:
        body: maps features (batch, *shape) to a correction of the same shape, 0 at birth.
        blueprint: name of what the body was made from.
        operator: how the correction is mixed in.
        shape: the shape of the features without the batch.
    """

    def __init__(
        self, body: nn.Module, blueprint: str, operator: Operator, shape: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.body = body
        self.gate = ChannelGate(shape) if operator == "gate" else None
        self.blueprint = blueprint
        self.operator: Operator = operator

    def forward(self, h: Tensor, alpha: Alpha = 1.0) -> Tensor:
        """The features with a share of the seed's correction; at alpha 0 `h` itself."""
        if not isinstance(alpha, Tensor) and alpha == 0:
            return h
        return blend(h, self.correction(h), alpha, self.operator)

    def correction(self, h: Tensor) -> Tensor:
        """What the seed would add to the features at alpha 1."""
        correction: Tensor = self.body(h)
        return correction if self.gate is None else self.gate(h) * correction
