# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Convolutions, plain and transposed, in groups or not.

Each gradient of a convolution is a convolution again (Dumoulin and Visin 2016, A guide to
convolution arithmetic for deep learning), so second derivatives need no rule of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from vynapse.errors import GraphError
from vynapse.graph.ops.row import Call, Gradients, Row, Work, first, wholes
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Size


def _spatial(call: Call, name: str, rank: int) -> tuple[int, ...]:
    values = call.wholes(name)
    return values * rank if len(values) == 1 else values


def _convolve(
    x: Symbol,
    weight: Symbol,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    more: Sequence[int],
    groups: int,
) -> Symbol:
    return x.call(
        "convolution.default",
        weight,
        None,
        stride=tuple(stride),
        padding=tuple(padding),
        dilation=tuple(dilation),
        transposed=transposed,
        output_padding=tuple(more),
        groups=groups,
    )


def _fixed(sizes: Sequence[Size]) -> tuple[int, ...]:
    found = tuple(size for size in sizes if isinstance(size, int))
    if len(found) != len(sizes):
        raise GraphError("the sizes of pictures must not follow the batch")
    return found


def input_gradient(call: Call, grad: Symbol, x: Symbol, weight: Symbol) -> Symbol:
    """The gradient of the input."""
    rank = len(x.shape) - 2
    stride, padding, dilation = (_spatial(call, n, rank) for n in ("stride", "padding", "dilation"))
    groups = call.whole("groups")
    if call.attribute("transposed"):
        return _convolve(grad, weight, stride, padding, dilation, False, (0,) * rank, groups)
    own, seen = _fixed(x.shape[2:]), _fixed(grad.shape[2:])
    kernel = _fixed(weight.shape[2:])
    more = [
        own[i] - ((seen[i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + 1)
        for i in range(rank)
    ]
    return _convolve(grad, weight, stride, padding, dilation, True, more, groups)


def weight_gradient(call: Call, grad: Symbol, x: Symbol, weight: Symbol) -> Symbol:
    """The gradient of the weight: the input convolved with it, stride and dilation exchanged."""
    rank = len(x.shape) - 2
    stride, padding, dilation = (_spatial(call, n, rank) for n in ("stride", "padding", "dilation"))
    groups = call.whole("groups")
    if call.attribute("transposed"):
        x, grad = grad, x
    if groups == 1:
        turned = x.transpose(0, 1)
    else:
        batch, channels, *places = x.shape
        within = int(channels) // groups  # type: ignore[arg-type]
        turned = x.reshape((batch, groups, within, *places))
        turned = turned.permute((2, 1, 0, *range(3, rank + 3)))
        turned = turned.reshape((within, batch * groups, *places))
    found = _convolve(
        turned, grad.transpose(0, 1), dilation, padding, stride, False, (0,) * rank, groups
    )
    for i in range(rank):
        if found.shape[2 + i] != weight.shape[2 + i]:
            found = found.slice(2 + i, 0, weight.shape[2 + i])
    return found.transpose(0, 1)


def bias_gradient(grad: Symbol) -> Symbol:
    """The gradient of the bias."""
    return grad.sum((0, *range(2, len(grad.shape))))


def _convolution(call: Call, grads: Gradients) -> Sequence[object]:
    grad, x, weight = first(grads), call.x(0), call.x(1)
    return (
        input_gradient(call, grad, x, weight),
        weight_gradient(call, grad, x, weight),
        None if call.optional(2) is None else bias_gradient(grad),
    )


def _backward(call: Call) -> Sequence[Symbol | None]:
    """Torch's own op for all three; those that are not wanted are None."""
    grad, x, weight = call.x(0), call.x(1), call.x(2)
    wanted = call.attribute("output_mask")
    want = tuple(bool(item) for item in wanted)  # type: ignore[attr-defined]
    return (
        input_gradient(call, grad, x, weight) if want[0] else None,
        weight_gradient(call, grad, x, weight) if want[1] else None,
        bias_gradient(grad) if want[2] else None,
    )


def _flops(work: Work) -> int:
    """2 for each weight that an element meets."""
    weight = work.shape(1)
    moving = work.read if work.attribute("transposed") else work.written
    bias = work.written if work.shape(2) else 0
    return 2 * moving * math.prod(weight[1:]) + bias


def _backward_flops(work: Work) -> int:
    wanted = wholes(work.attribute("output_mask"))
    moving = math.prod(work.shape(1)) if work.attribute("transposed") else work.read
    passes = 2 * moving * math.prod(work.shape(2)[1:])
    return passes * (int(wanted[0]) + int(wanted[1])) + work.read * int(wanted[2])


ROWS: tuple[Row, ...] = (
    Row("aten.convolution.default", _flops, _convolution),
    Row("aten.convolution_backward.default", _backward_flops, expand=_backward),
)
