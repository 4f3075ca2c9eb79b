# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Cross-entropy of the softmax of the outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, final

import numpy as np
from pydantic import Field

from vynapse.core import Array, KernelLoss, Loss
from vynapse.settings import Settings
from vynapse.tasks.losses.registry import LossKind
from vynapse.tasks.losses.softmax import softmax

if TYPE_CHECKING:
    from torch import Tensor


@final
class CrossEntropy(Loss):
    """Mean over examples of log(sum(exp(outputs))) - own output, in nats.

    Targets are the classes, int64 (b,), from 0; there is one output for each class.
    """

    name = "cross_entropy"
    unit = "nats"
    kernel: ClassVar[KernelLoss | None] = "cross_entropy"

    def tensor(self, output: Tensor, target: Tensor) -> Tensor:
        """(..., b, o) logits and (b,) int64 classes -> (...)."""
        # Gathered by hand: the backward of functional.cross_entropy is exported wrongly to ONNX.
        index = target.expand(output.shape[:-1]).unsqueeze(-1)
        chosen = output.log_softmax(dim=-1).gather(-1, index)
        return -chosen.squeeze(-1).mean(-1)

    def array(self, output: Array, target: Array) -> Array:
        """(..., b, o) logits and (b,) int64 classes -> (...)."""
        # outputs first: NumPy is slow along short rows
        logits = np.moveaxis(output, -1, 0).copy(order="C")
        with np.errstate(invalid="ignore"):
            highest = logits.max(axis=0)
            own = output[..., np.arange(len(target)), target] - highest
            logits -= highest
            np.exp(logits, out=logits)
            total = logits[0]
            for row in logits[1:]:
                total += row
            losses = np.log(total) - own
            return np.asarray(np.add.reduce(losses, axis=-1) / len(target))

    def chance(self, targets: Array) -> float:
        """The entropy of the class frequencies."""
        shares = np.bincount(targets) / len(targets)
        shares = shares[shares > 0]
        return float(-(shares * np.log(shares)).sum())

    def misfit(self, targets: Array, outputs: int) -> str | None:
        """Targets have to be int64 (b,), from 0 to outputs - 1."""
        wanted = (len(targets),)
        if targets.shape != wanted or targets.dtype != np.int64:
            return (
                f"targets of int64 and shape {wanted} were wanted, got {targets.dtype} and shape "
                f"{targets.shape}"
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

    def predicted(self, output: Array) -> Array:
        """(b, o) -> (b,): the highest output."""
        best: Array = output.argmax(axis=-1).astype(np.int64)
        return best

    def labels(self, targets: Array) -> Array:
        """The targets themselves."""
        return targets

    def probabilities(self, output: Array) -> Array:
        """(b, o) -> (b, o): the softmax."""
        return softmax(output)


class CrossEntropySettings(Settings):
    """Keys of the loss cross_entropy."""

    class_weights: tuple[Annotated[float, Field(gt=0)], ...] | None = Field(
        None,
        min_length=2,
        description="a weight for each class, by which the loss of its examples is multiplied; "
        "null: all alike",
    )


def _build(settings: CrossEntropySettings) -> Loss:
    if settings.class_weights is None:
        return CrossEntropy()
    from vynapse.tasks.losses.weighted import WeightedCrossEntropy

    return WeightedCrossEntropy(settings.class_weights)


CROSS_ENTROPY = LossKind(
    "cross_entropy", "cross-entropy of classes, in nats", CrossEntropySettings, _build
)
