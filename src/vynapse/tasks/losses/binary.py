# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Cross-entropy of labels that are each there or not: the loss of multi-label tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, final

import numpy as np

from vynapse.core import Array, Loss
from vynapse.registry import NoKeys
from vynapse.tasks.losses.registry import LossKind

if TYPE_CHECKING:
    from torch import Tensor


@final
class BinaryCrossEntropy(Loss):
    """Mean over examples and labels of log(1 + exp(output)) - target * output, in nats.

    Targets are float32 (b, o) of 0 and 1, one column for each label. An output is the logarithm of
    the odds of its label, which is said to be there where the output is above 0.
    """

    name = "binary_cross_entropy"
    unit = "nats"
    multi_label: ClassVar[bool] = True

    def tensor(self, output: Tensor, target: Tensor) -> Tensor:
        """(..., b, o) logits and (b, o) -> (...)."""
        from torch.nn.functional import logsigmoid

        # unlike clamp and abs, this has the right slope at 0, where outputs may begin
        return ((1 - target) * output - logsigmoid(output)).flatten(-2).mean(-1)

    def array(self, output: Array, target: Array) -> Array:
        """(..., b, o) float32 logits and (b, o) float32 -> (...)."""
        with np.errstate(over="ignore", invalid="ignore"):
            losses = np.maximum(output, 0) - output * target + np.log1p(np.exp(-np.abs(output)))
            rows = losses.reshape(*losses.shape[:-2], -1)
            return np.asarray(np.add.reduce(rows, axis=-1) / rows.shape[-1])

    def chance(self, targets: Array) -> float:
        """The mean over labels of the entropy of how often each is there."""
        share = targets.astype(np.float64).mean(axis=0)
        both = np.stack((share, 1 - share))
        logs = np.log(both, out=np.zeros_like(both), where=both > 0)
        return float(-(both * logs).sum(axis=0).mean())

    def misfit(self, targets: Array, outputs: int) -> str | None:
        """Targets have to be float32 (b, outputs), each 0 or 1."""
        wanted = (len(targets), outputs)
        if targets.shape != wanted or targets.dtype != np.float32:
            return (
                f"targets of float32 and shape {wanted} were wanted, got {targets.dtype} and shape "
                f"{targets.shape}"
            )
        other = targets[(targets != 0) & (targets != 1)]
        return f"targets of 0 and 1 were wanted, got {other[0]:g}" if len(other) else None

    def predicted(self, output: Array) -> Array:
        """(b, o) -> (b, o) int64: 1 where the output is above 0."""
        return (output > 0).astype(np.int64)

    def labels(self, targets: Array) -> Array:
        """(b, o) -> (b, o) int64."""
        return targets.astype(np.int64)

    def probabilities(self, output: Array) -> Array:
        """(b, o) -> (b, o) float64: of each label; they do not add up to 1."""
        wide = output.astype(np.float64)
        small = np.exp(-np.abs(wide))
        return np.where(wide >= 0, 1.0, small) / (1.0 + small)


BINARY_CROSS_ENTROPY = LossKind(
    "binary_cross_entropy",
    "cross-entropy of labels that are each there or not, in nats",
    NoKeys,
    lambda _: BinaryCrossEntropy(),
)
