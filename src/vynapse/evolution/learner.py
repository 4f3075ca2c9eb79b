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


@runtime_checkable
class Passes(Protocol):
    """The networks of a learner on the same examples, forward and backward, without a graph."""

    def outputs(self) -> Tensor:
        """Outputs (g, b, o) with the weights as they are now; they share no memory."""

    def gradient(self, slopes: Tensor, /) -> Tensor:
        """Derivatives of a sum of losses by the outputs (g, b, o) -> by the weights (g, p).

        The weights are those of the last pass forward.
        """


@runtime_checkable
class Passing(Protocol):
    """A learner that needs no graph for a gradient."""

    def passes(self, inputs: Tensor, /) -> Passes | None:
        """Its networks on examples (b, *input_shape); None where they need a graph after all."""
