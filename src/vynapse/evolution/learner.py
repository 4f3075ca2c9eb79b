# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Some networks of a population as one differentiable function. It loads no torch by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor, nn


@runtime_checkable
class Learner(Protocol):
    """Some networks as one differentiable function.

    Attributes:
        weight: what is learnt: a row of numbers for each of g genomes (g, p).
    """

    weight: nn.Parameter

    def __call__(self, inputs: Tensor, /) -> Tensor:
        """Every network on every example: (b, *input_shape) -> (g, b, o)."""
