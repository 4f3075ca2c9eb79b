# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops of one tensor that treat each element by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from vynapse.graph.ops.row import Call, Gradients, Reverse, Row, each, first, free
from vynapse.graph.ops.slopes import (
    between,
    elu_slope,
    gelu_slope,
    leaky_slope,
    mask,
    silu_slope,
    softplus_slope,
)
from vynapse.graph.symbol import Symbol

_Slope = Callable[[Call], Symbol | float]


def _chain(slope: _Slope) -> Reverse:
    """The gradient times the derivative."""

    def reverse(call: Call, grads: Gradients) -> Sequence[object]:
        return (first(grads) * slope(call),)

    return reverse


def _elu(call: Call) -> Symbol:
    alpha, scale, inner = (call.number(name) for name in ("alpha", "scale", "input_scale"))
    return elu_slope(call.x(), alpha, scale, inner)


def _celu(call: Call) -> Symbol:
    alpha = call.number("alpha")
    return elu_slope(call.x(), alpha, 1.0, 1 / alpha)


def _hardswish(call: Call) -> Symbol:
    x = call.x()
    return between(x, -3.0, 3.0) * (x * (1 / 3) + 0.5) + mask(x >= 3.0, x)


def _mish(call: Call) -> Symbol:
    x = call.x()
    tanh = x.call("softplus.default").call("tanh.default")
    return tanh + x * (1 - tanh * tanh) * x.sigmoid()


def _clamp(call: Call) -> Symbol | float:
    x, slope = call.x(), 1.0
    found: Symbol | None = None
    if call.attribute("min") is not None:
        found = mask(x >= call.number("min"), x)
    if call.attribute("max") is not None:
        below = mask(x <= call.number("max"), x)
        found = below if found is None else found * below
    return slope if found is None else found


def _power(call: Call) -> Symbol | float:
    exponent = call.number("exponent")
    if exponent == 0:
        return 0.0
    return call.x() * 2 if exponent == 2 else call.x().power(exponent - 1) * exponent


def _log_sigmoid(call: Call, grads: Gradients) -> Sequence[object]:
    grad = grads[0]
    return () if grad is None else (grad * (-call.x()).sigmoid(),)


def _through(_call: Call, grads: Gradients) -> Sequence[object]:
    return (first(grads),)


_SLOPES: tuple[tuple[str, int, _Slope], ...] = (
    ("neg.default", 1, lambda _: -1.0),
    ("abs.default", 1, lambda c: c.x().call("sign.default")),
    ("exp.default", 4, lambda c: c.out),
    ("expm1.default", 4, lambda c: c.out + 1),
    ("log.default", 4, lambda c: c.x().call("reciprocal.default")),
    ("log1p.default", 4, lambda c: (c.x() + 1).call("reciprocal.default")),
    ("sqrt.default", 4, lambda c: c.out.call("reciprocal.default") * 0.5),
    ("rsqrt.default", 4, lambda c: c.out.power(3) * -0.5),
    ("reciprocal.default", 1, lambda c: -(c.out * c.out)),
    ("sin.default", 4, lambda c: c.x().call("cos.default")),
    ("cos.default", 4, lambda c: -c.x().call("sin.default")),
    ("erf.default", 4, lambda c: (-(c.x() * c.x())).exp() * (2 / math.sqrt(math.pi))),
    ("tanh.default", 5, lambda c: 1 - c.out * c.out),
    ("sigmoid.default", 4, lambda c: c.out * (1 - c.out)),
    ("relu.default", 1, lambda c: mask(c.x() > 0.0, c.x())),
    ("silu.default", 5, lambda c: silu_slope(c.x())),
    ("gelu.default", 8, lambda c: gelu_slope(c.x(), c.attribute("approximate"))),
    ("elu.default", 4, _elu),
    ("celu.default", 4, _celu),
    ("leaky_relu.default", 2, lambda c: leaky_slope(c.x(), c.number("negative_slope"))),
    (
        "softplus.default",
        5,
        lambda c: softplus_slope(c.x(), c.number("beta"), c.number("threshold")),
    ),
    ("hardtanh.default", 2, lambda c: between(c.x(), c.number("min_val"), c.number("max_val"))),
    ("hardsigmoid.default", 3, lambda c: between(c.x(), -3.0, 3.0) * (1 / 6)),
    ("hardswish.default", 4, _hardswish),
    ("mish.default", 12, _mish),
    ("clamp.default", 2, _clamp),
    ("clamp_min.default", 1, lambda c: mask(c.x() >= c.number("min"), c.x())),
    ("clamp_max.default", 1, lambda c: mask(c.x() <= c.number("max"), c.x())),
    ("pow.Tensor_Scalar", 4, _power),
    ("rsub.Scalar", 1, lambda c: -c.number("alpha")),
    ("mul.Scalar", 1, lambda c: c.number("other")),
    ("div.Scalar", 1, lambda c: 1 / c.number("other")),
    ("add.Scalar", 1, lambda _: 1.0),
    ("sub.Scalar", 1, lambda _: 1.0),
)

_FLAT = (
    "sign.default", "floor.default", "ceil.default", "round.default", "trunc.default",
    "gt.Scalar", "ge.Scalar", "lt.Scalar", "le.Scalar", "eq.Scalar", "ne.Scalar",
    "gt.Tensor", "ge.Tensor", "lt.Tensor", "le.Tensor", "eq.Tensor", "ne.Tensor",
    "logical_not.default", "logical_and.default", "logical_or.default", "isnan.default",
    "bitwise_and.Tensor", "bitwise_and.Scalar", "bitwise_xor.Tensor", "bitwise_xor.Scalar",
    "bitwise_or.Tensor", "bitwise_not.default", "__rshift__.Scalar", "__lshift__.Scalar",
)  # fmt: skip

ROWS: tuple[Row, ...] = (
    *(Row(f"aten.{op}", each(n), _chain(slope)) for op, n, slope in _SLOPES),
    *(Row(f"aten.{op}", each(1), constant=True) for op in _FLAT),
    Row("aten.log_sigmoid_forward.default", each(5), _log_sigmoid),
    Row("aten.clone.default", free, _through),
    Row("aten.alias.default", free, _through, view=True),
    Row("aten._to_copy.default", free, _through),
    Row("aten.detach.default", free, view=True, constant=True),
)
