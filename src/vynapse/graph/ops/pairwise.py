# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops of several tensors, element by element, with broadcasting."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vynapse.graph.ops.row import Call, Gradients, Row, each, first
from vynapse.graph.ops.slopes import mask
from vynapse.graph.symbol import Symbol


def _to(call: Call, place: int, grad: Symbol) -> Symbol | None:
    """The gradient of an input, which may have been broadcast, or be a number."""
    x = call.optional(place)
    return None if x is None else grad.like(x.shape)


def _scaled(grad: Symbol, factor: float) -> Symbol:
    return grad if factor == 1 else grad * factor


def _add(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    other = None if call.optional(1) is None else _scaled(grad, call.number("alpha"))
    return _to(call, 0, grad), None if other is None else _to(call, 1, other)


def _sub(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    other = None if call.optional(1) is None else _scaled(grad, -call.number("alpha"))
    return _to(call, 0, grad), None if other is None else _to(call, 1, other)


def _mul(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    left, right = call.inputs
    other = None if call.optional(1) is None else _to(call, 1, grad * left)
    return _to(call, 0, grad * right), other


def _div(call: Call, grads: Gradients) -> Sequence[object]:
    grad, below = first(grads), call.inputs[1]
    upper = _to(call, 0, grad / below)
    other = None if call.optional(1) is None else _to(call, 1, -(grad * call.out / below))
    return upper, other


def _extreme(call: Call, grads: Gradients) -> Sequence[object]:
    """The gradients of maximum and minimum; where both inputs are equal each has half."""
    grad, (left, right) = first(grads), (call.x(0), call.x(1))
    half = mask(left.equals(right), grad) * 0.5
    ahead = left.call("gt.Tensor" if "maximum" in call.op else "lt.Tensor", right)
    share = mask(ahead, grad) + half
    return _to(call, 0, grad * share), _to(call, 1, grad * (1 - share))


def _where(call: Call, grads: Gradients) -> Sequence[object]:
    grad, condition = first(grads), call.x(0)
    zero = grad.zeros(())
    yes, no = condition.where(grad, zero), condition.where(zero, grad)
    return None, _to(call, 1, yes), _to(call, 2, no)


def _masked_fill(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    return (_to(call, 0, call.x(1).where(grad.zeros(()), grad)),)


def _power(call: Call, grads: Gradients) -> Sequence[object]:
    grad, x, exponent = first(grads), call.x(0), call.x(1)
    lower = x.call("pow.Tensor_Tensor", exponent - 1) * exponent
    return _to(call, 0, grad * lower), _to(call, 1, grad * call.out * x.call("log.default"))


def _base_power(call: Call, grads: Gradients) -> Sequence[object]:
    return (first(grads) * call.out * math.log(call.number("self")),)


def _lerp(call: Call, grads: Gradients) -> Sequence[object]:
    grad, weight = first(grads), call.number("weight")
    return _to(call, 0, grad * (1 - weight)), _to(call, 1, grad * weight)


def _lerp_tensor(call: Call, grads: Gradients) -> Sequence[object]:
    grad, start, end, weight = first(grads), call.x(0), call.x(1), call.x(2)
    return (
        _to(call, 0, grad * (1 - weight)),
        _to(call, 1, grad * weight),
        _to(call, 2, grad * (end - start)),
    )


def _addcmul(call: Call, grads: Gradients) -> Sequence[object]:
    grad = first(grads)
    scaled = _scaled(grad, call.number("value"))
    left, right = _to(call, 1, scaled * call.x(2)), _to(call, 2, scaled * call.x(1))
    return _to(call, 0, grad), left, right


def _addcdiv(call: Call, grads: Gradients) -> Sequence[object]:
    grad, upper, lower = first(grads), call.x(1), call.x(2)
    part = _scaled(grad, call.number("value")) / lower
    return _to(call, 0, grad), _to(call, 1, part), _to(call, 2, -(part * upper / lower))


ROWS: tuple[Row, ...] = (
    Row("aten.add.Tensor", each(1), _add),
    Row("aten.sub.Tensor", each(1), _sub),
    Row("aten.mul.Tensor", each(1), _mul),
    Row("aten.div.Tensor", each(1), _div),
    Row("aten.maximum.default", each(1), _extreme),
    Row("aten.minimum.default", each(1), _extreme),
    Row("aten.where.self", each(1), _where),
    Row("aten.masked_fill.Scalar", each(1), _masked_fill),
    Row("aten.pow.Tensor_Tensor", each(4), _power),
    Row("aten.pow.Scalar", each(4), _base_power),
    Row("aten.lerp.Scalar", each(3), _lerp),
    Row("aten.lerp.Tensor", each(3), _lerp_tensor),
    Row("aten.addcmul.default", each(3), _addcmul),
    Row("aten.addcdiv.default", each(3), _addcdiv),
    Row("aten.remainder.Scalar", each(1), constant=True),
    Row("aten.remainder.Tensor", each(1), constant=True),
    Row("aten.div.Tensor_mode", each(1), constant=True),
)
