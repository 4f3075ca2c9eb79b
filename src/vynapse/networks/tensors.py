# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From tensors to arrays: the one place that knows what NumPy cannot hold.

Weights at rest are arrays. Kinds of number that NumPy has not (bfloat16, floats of 8 bits) become
float32, which holds each of their values exactly; sparse tensors become dense. What cannot be an
array is named by `problem_of`.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from vynapse.core import Array

_HELD: Final = frozenset(
    {
        torch.float16, torch.float32, torch.float64, torch.bool,
        torch.int8, torch.int16, torch.int32, torch.int64,
        torch.uint8, torch.uint16, torch.uint32, torch.uint64,
    }
)  # fmt: skip
_WIDENED: Final = frozenset(
    {
        torch.bfloat16, torch.float8_e4m3fn, torch.float8_e4m3fnuz,
        torch.float8_e5m2, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
    }
)  # fmt: skip


def as_array(tensor: Tensor) -> Array:
    """The values as an array that shares no memory with the tensor, which has no problem."""
    plain = tensor.detach()
    if plain.layout != torch.strided:
        plain = plain.to_dense()
    if plain.dtype in _WIDENED:
        plain = plain.float()
    array: Array = plain.resolve_neg().cpu().numpy().copy()
    return array


def problem_of(tensor: Tensor) -> str | None:
    """Why a tensor cannot be kept as an array, and what to do; None where it can."""
    if is_lazy(tensor):
        return (
            "has no shape before data pass through it: name its inputs (nn.Linear in place of "
            "nn.LazyLinear), or pass a batch through the module before it is returned"
        )
    if tensor.dtype.is_complex:
        return (
            f"is complex ({_name(tensor.dtype)}): real numbers were wanted: keep its real and its "
            "imaginary part as two tensors"
        )
    if tensor.is_meta:
        return "has no values (device meta): give it some, e.g. by module.to_empty"
    if tensor.is_quantized or tensor.is_nested or tensor.dtype not in _HELD | _WIDENED:
        kind = "nested" if tensor.is_nested else _name(tensor.dtype)
        return f"is {kind}, which is not supported: plain floating-point numbers were wanted"
    return None


def overlaps(tensor: Tensor) -> bool:
    """Whether several elements are one number in memory, as of a tensor that was expanded."""
    if tensor.layout != torch.strided or tensor.numel() < 2:
        return False
    pairs = zip(tensor.shape, tensor.stride(), strict=True)
    return any(size > 1 and stride == 0 for size, stride in pairs)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
