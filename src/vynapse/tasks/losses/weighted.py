# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Cross-entropy in which classes have weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from vynapse.core import Array, Loss
from vynapse.tasks.losses.softmax import softmax

if TYPE_CHECKING:
    from torch import Tensor


@final
class WeightedCrossEntropy(Loss):
    """Mean over examples of the cross-entropy times the weight of the class, in nats.

    torch's `CrossEntropyLoss(weight=…)` divides by the weights of a batch in place of its size;
    that is no mean over examples, so that losses of parts could not be put together. Targets are
    the classes, int64 (b,), from 0.

    Args:
        weights: a number above 0 for each class.
    """

    name = "cross_entropy"
    unit = "nats"

    def __init__(self, weights: tuple[float, ...]) -> None:
        self.weights = weights

    def tensor(self, output: Tensor, target: Tensor) -> Tensor:
        """(..., b, o) logits and (b,) int64 classes -> (...)."""
        weight = output.new_tensor(self.weights)[target]
        index = target.expand(output.shape[:-1]).unsqueeze(-1)
        chosen = output.log_softmax(dim=-1).gather(-1, index).squeeze(-1)
        return -(chosen * weight).mean(-1)

    def array(self, output: Array, target: Array) -> Array:
        """(..., b, o) logits and (b,) int64 classes -> (...)."""
        weight = np.asarray(self.weights, output.dtype)[target]
        with np.errstate(invalid="ignore"):
            shifted = output - output.max(axis=-1, keepdims=True)
            total = np.log(np.add.reduce(np.exp(shifted), axis=-1))
            losses = (total - shifted[..., np.arange(len(target)), target]) * weight
            return np.asarray(np.add.reduce(losses, axis=-1) / len(target))

    def chance(self, targets: Array) -> float:
        """The entropy of the class frequencies times their weights, times the mean weight."""
        weighted = np.bincount(targets, minlength=len(self.weights)) * np.array(self.weights)
        shares = weighted[weighted > 0] / weighted.sum()
        entropy = float(-(shares * np.log(shares)).sum())
        return entropy * float(weighted.sum()) / len(targets)

    def misfit(self, targets: Array, outputs: int) -> str | None:
        """Targets have to be int64 (b,), from 0 to outputs - 1, and each class has its weight."""
        if len(self.weights) != outputs:
            return f"class_weights of {outputs} classes were wanted, got {len(self.weights)}"
        if targets.ndim != 1 or targets.dtype != np.int64:
            return (
                f"targets of int64 and shape {(len(targets),)} were wanted, got {targets.dtype} "
                f"and shape {targets.shape}"
            )
        if len(targets) and not 0 <= targets.min() <= targets.max() < outputs:
            return (
                f"classes from 0 to {outputs - 1} were wanted, got {targets.min()} to "
                f"{targets.max()}"
            )
        return None

    def classes(self, outputs: int) -> tuple[str, ...]:
        """The numbers of the classes."""
        return tuple(str(number) for number in range(outputs))

    def probabilities(self, output: Array) -> Array:
        """(b, o) -> (b, o): the softmax."""
        return softmax(output)
