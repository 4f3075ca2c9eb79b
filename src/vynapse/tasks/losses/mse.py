# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mean squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import numpy as np

from vynapse.core import Array, KernelLoss, Loss
from vynapse.registry import NoKeys
from vynapse.tasks.losses.registry import LossKind

if TYPE_CHECKING:
    from torch import Tensor


@final
class MeanSquaredError(Loss):
    """Mean over examples and outputs of the square of output - target.

    Targets are float32 (b, o). A classifier with this loss has two classes and one output, which is
    the probability of the second.
    """

    name = "mse"
    unit = "squared error"
    kernel: ClassVar[KernelLoss | None] = "mse"

    def tensor(self, output: Tensor, target: Tensor) -> Tensor:
        """(..., b, o) and (b, o) -> (...)."""
        return (output - target).square().flatten(-2).mean(-1)

    def array(self, output: Array, target: Array) -> Array:
        """(..., b, o) float32 and (b, o) float32 -> (...)."""
        with np.errstate(over="ignore", invalid="ignore"):
            square = np.square(output - target)
            rows = square.reshape(*square.shape[:-2], -1)
            return np.asarray(np.add.reduce(rows, axis=-1) / rows.shape[-1])

    def chance(self, targets: Array) -> float:
        """The variance of the targets, which their mean scores."""
        return float(np.var(targets.astype(np.float64), axis=0).mean())

    def misfit(self, targets: Array, outputs: int) -> str | None:
        """Targets have to be float32 (b, outputs)."""
        wanted = (len(targets), outputs)
        if targets.shape == wanted and targets.dtype == np.float32:
            return None
        return (
            f"targets of float32 and shape {wanted} were wanted, got {targets.dtype} and shape "
            f"{targets.shape}"
        )

    def predicted(self, output: Array) -> Array:
        """(b, 1) -> (b,): 1 where the output is above 0.5."""
        return (output[:, 0] > 0.5).astype(np.int64)

    def labels(self, targets: Array) -> Array:
        """(b, 1) -> (b,): the targets are 0 and 1."""
        return targets[:, 0].astype(np.int64)

    def probabilities(self, output: Array) -> Array:
        """(b, 1) -> (b, 2): the output, within [0, 1], is the probability of the second class."""
        second = output.astype(np.float64)[:, :1].clip(0.0, 1.0)
        return np.concatenate((1.0 - second, second), axis=1)


MSE = LossKind("mse", "mean squared error, over outputs too", NoKeys, lambda _: MeanSquaredError())
