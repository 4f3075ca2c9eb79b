# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops that can write their result into memory that is there already, with the same bits.

Only those of which torch has a kernel for it: others are computed first and copied afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import torch

OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{
            f"aten.{name}.default": f"{name}.out"
            for name in (
                "mm", "addmm", "bmm", "baddbmm", "tanh", "sigmoid", "exp", "log", "sqrt", "rsqrt",
                "neg", "abs", "reciprocal", "sin", "cos", "erf", "gelu", "silu", "softplus",
                "maximum", "minimum", "addcmul", "addcdiv", "cat", "clamp", "gather", "_softmax",
                "_log_softmax", "stack", "linalg_vector_norm",
            )
        },
        **{
            f"aten.{name}.Tensor": f"{name}.out" for name in ("add", "sub", "mul", "div")
        },
        "aten.pow.Tensor_Scalar": "pow.Tensor_Scalar_out",
        "aten.pow.Tensor_Tensor": "pow.Tensor_Tensor_out",
        "aten.pow.Scalar": "pow.Scalar_out",
        "aten.sum.dim_IntList": "sum.IntList_out",
        "aten.mean.dim": "mean.out",
        "aten.amax.default": "amax.out",
        "aten.lerp.Scalar": "lerp.Scalar_out",
        "aten.where.self": "where.self_out",
        "aten.tanh_backward.default": "tanh_backward.grad_input",
        "aten.sigmoid_backward.default": "sigmoid_backward.grad_input",
        "aten.threshold_backward.default": "threshold_backward.grad_input",
        "aten.gelu_backward.default": "gelu_backward.grad_input",
        "aten._log_softmax_backward_data.default": "_log_softmax_backward_data.out",
        "aten._softmax_backward_data.default": "_softmax_backward_data.out",
        "aten.nll_loss_backward.default": "nll_loss_backward.grad_input",
        "aten.mse_loss_backward.default": "mse_loss_backward.grad_input",
    }
)  # fmt: skip


@lru_cache(maxsize=256)
def out_variant(op: str) -> tuple[torch._ops.OpOverload, str] | None:
    """The overload that writes, and the name of the argument that it writes into."""
    name = OUT.get(op)
    if name is None:
        return None
    packet, _, overload = name.partition(".")
    found = getattr(getattr(torch.ops.aten, packet, None), overload, None)
    if not isinstance(found, torch._ops.OpOverload):
        return None
    written = [a.name for a in found._schema.arguments if a.is_out]
    return (found, written[0]) if len(written) == 1 else None
