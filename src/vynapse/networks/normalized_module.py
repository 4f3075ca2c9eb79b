# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A module whose inputs are shifted and scaled before another module takes them."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from vynapse.seeding import F32


@final
class NormalizedNetwork(nn.Module):
    """`network((inputs - shift) * scale)`.

    Args:
        network: the module inside.
        shift, scale: arrays of the shape of one input.
    """

    def __init__(self, network: nn.Module, shift: F32, scale: F32) -> None:
        super().__init__()
        self.network = network
        # the structure holds them
        self.register_buffer("shift", torch.from_numpy(shift.copy()), persistent=False)
        self.register_buffer("scale", torch.from_numpy(scale.copy()), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs of the module inside for raw inputs (batch, …)."""
        outputs: Tensor = self.network(self._seen(inputs))
        return outputs

    def step(self, inputs: Tensor, state: Any) -> Any:
        """The step of a recurrent module inside, for raw inputs (batch, …)."""
        step: Any = self.network.step
        return step(self._seen(inputs), state)

    def _seen(self, inputs: Tensor) -> Tensor:
        return (inputs - self.get_buffer("shift")) * self.get_buffer("scale")
