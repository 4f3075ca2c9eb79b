# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pooling."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vynapse.errors import GraphError
from vynapse.graph.ops.row import Call, Gradients, Row, Work, each, first, over, wholes
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Size


def _flat(shape: tuple[Size, ...]) -> tuple[Size, ...]:
    height, width = shape[-2:]
    return (*shape[:-2], int(height) * int(width))  # type: ignore[arg-type]


def _max_back(grad: Symbol, x: Symbol, places: Symbol) -> Symbol:
    flat = _flat(grad.shape)
    where, what = places.reshape(flat), grad.reshape(flat)
    found = x.zeros(_flat(x.shape)).call("scatter_add.default", where, what, dim=len(flat) - 1)
    return found.reshape(x.shape)


def _max_pool(call: Call, grads: Gradients) -> Sequence[object]:
    return () if grads[0] is None else (_max_back(grads[0], call.x(), call.out[1]),)


def _max_pool_backward(call: Call) -> Sequence[Symbol]:
    return (_max_back(call.x(0), call.x(1), call.x(2)),)


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    return (values[0], values[0]) if len(values) == 1 else (values[0], values[1])


def _mean_back(call: Call, grad: Symbol, x: Symbol) -> Symbol:
    """Each gradient goes in equal shares to what was averaged: a transposed convolution with 1s."""
    kernel, padding = _pair(call.wholes("kernel_size")), _pair(call.wholes("padding"))
    stride = _pair(call.wholes("stride") or kernel)
    if call.attribute("ceil_mode") or (any(padding) and not call.attribute("count_include_pad")):
        raise GraphError(f"{call.op} has a reverse rule for whole windows alone, padding included")
    if len(x.shape) != 4:
        raise GraphError(f"{call.op} has a reverse rule for batches of pictures alone")
    divisor = call.attribute("divisor_override") or math.prod(kernel)
    channels = int(x.shape[1])  # type: ignore[arg-type]
    own, seen = x.shape[2:], grad.shape[2:]
    more = tuple(
        int(own[i]) - ((int(seen[i]) - 1) * stride[i] - 2 * padding[i] + kernel[i])  # type: ignore[arg-type]
        for i in range(2)
    )
    ones = grad.full((channels, 1, *kernel), 1.0)
    shared = grad / divisor
    # a window may end before the picture by as much as a stride or more: what is left is 0
    fitting = tuple(min(m, s - 1) for m, s in zip(more, stride, strict=True))
    found = shared.call(
        "convolution.default", ones, None, stride=stride, padding=padding, dilation=(1, 1),
        transposed=True, output_padding=fitting, groups=channels,
    )  # fmt: skip
    rest = tuple(m - f for m, f in zip(more, fitting, strict=True))
    return (
        found.call("constant_pad_nd.default", pad=(0, rest[1], 0, rest[0])) if any(rest) else found
    )


def _mean_pool(call: Call, grads: Gradients) -> Sequence[object]:
    return (_mean_back(call, first(grads), call.x()),)


def _mean_pool_backward(call: Call) -> Sequence[Symbol]:
    return (_mean_back(call, call.x(0), call.x(1)),)


def _bins(call: Call, x: Symbol) -> tuple[int, int, int, int]:
    """How many bins there are and how large each is, where they are equal."""
    out = call.wholes("output_size") if "backward" not in call.op else call.x(0).shape[-2:]
    sizes = [int(size) for size in (*x.shape[-2:], *out)]  # type: ignore[arg-type]
    height, width, rows, columns = sizes
    if height % rows or width % columns:
        raise GraphError(f"{call.op} has a reverse rule for bins of equal size alone")
    return rows, height // rows, columns, width // columns


def _adaptive(call: Call) -> Sequence[Symbol]:
    x = call.x()
    split = (*x.shape[:-2], *_bins(call, x))
    rank = len(split)
    return (x.reshape(split).call("mean.dim", dim=(rank - 3, rank - 1)),)


def _adaptive_backward(call: Call) -> Sequence[Symbol]:
    grad, x = call.x(0), call.x(1)
    rows, high, columns, wide = _bins(call, x)
    lead = x.shape[:-2]
    spread = (grad / (high * wide)).reshape((*lead, rows, 1, columns, 1))
    return (spread.expand((*lead, rows, high, columns, wide)).reshape(x.shape),)


def _windows(work: Work) -> int:
    return work.written * math.prod(_pair(wholes(work.attribute("kernel_size"))))


ROWS: tuple[Row, ...] = (
    Row("aten.max_pool2d_with_indices.default", _windows, _max_pool),
    Row("aten.avg_pool2d.default", _windows, _mean_pool),
    Row("aten._adaptive_avg_pool2d.default", over(1), expand=_adaptive),
    Row("aten.max_pool2d_with_indices_backward.default", over(1), expand=_max_pool_backward),
    Row("aten.avg_pool2d_backward.default", each(1), expand=_mean_pool_backward),
    Row("aten._adaptive_avg_pool2d_backward.default", each(1), expand=_adaptive_backward),
)
