# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The losses of `vynapse.tasks.scoring` for tensors; the one file of this room that loads torch."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from vynapse.core import LossKind


def mean_loss(kind: LossKind, output: Tensor, target: Tensor) -> Tensor:
    """Mean over examples (and outputs), leading population dimensions are kept.

    Args:
        kind: "mse" or "cross_entropy".
        output: (..., batch, out).
        target: (batch, out) float32 for "mse", (batch,) int64 for "cross_entropy".

    Returns:
        (...), differentiable in `output`.
    """
    if kind == "mse":
        return (output - target).square().flatten(-2).mean(-1)
    # Gathered by hand: the backward of functional.cross_entropy is exported wrongly to ONNX.
    index = target.expand(output.shape[:-1]).unsqueeze(-1)
    chosen = functional.log_softmax(output, dim=-1).gather(-1, index)
    return -chosen.squeeze(-1).mean(-1)
