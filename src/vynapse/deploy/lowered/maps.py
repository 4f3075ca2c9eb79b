# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops that treat each element by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from vynapse.deploy.lowered.program import Place
from vynapse.deploy.lowered.step import Rule, Step

_PLAIN = (
    "neg", "abs", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "reciprocal", "sin", "cos",
    "erf", "tanh", "sigmoid", "relu", "silu", "sign", "floor", "ceil", "round", "trunc",
    "hardsigmoid", "hardswish", "mish", "isnan",
)  # fmt: skip
_PAIRS = ("maximum", "minimum", "logical_and", "logical_or")
_COMPARED = ("gt", "ge", "lt", "le", "eq", "ne")


def _function(name: str, inputs: int) -> Rule:
    def rule(step: Step) -> Place:
        return step.draft.map(name, step.out(), *(step.x(i) for i in range(inputs)))

    return rule


def _with_scalar(name: str, key: str) -> Rule:
    def rule(step: Step) -> Place:
        return step.draft.map(name, step.out(), step.x(), step.scalar(step.number(key)))

    return rule


def _sum(sign: str) -> Rule:
    """x + alpha y, and x - alpha y."""

    def rule(step: Step) -> Place:
        x = step.x()
        y = step.x(1) if len(step.node.inputs) > 1 else step.scalar(step.number("other"))
        if step.number("alpha") != 1:
            y = step.draft.mapped("mul", y.shape, y, step.scalar(step.number("alpha")))
        # among truths a sum says whether one of them holds
        name = "logical_or" if step.node.dtype == "bool" else sign
        return step.draft.map(name, step.out(), x, y)

    return rule


def _reversed(step: Step) -> Place:
    """other - alpha x."""
    scaled = step.mapped("mul", step.x(), step.scalar(step.number("alpha")))
    return step.draft.map("sub", step.out(), step.scalar(step.number("other")), scaled)


def _gelu(step: Step) -> Place:
    name = "gelu" if step.attribute("approximate") == "none" else "gelu_tanh"
    return step.draft.map(name, step.out(), step.x())


def _leaky(step: Step) -> Place:
    return step.draft.map("leaky", step.out(), step.x(), step.scalar(step.number("negative_slope")))


def _elu(step: Step) -> Place:
    """scale x where x > 0, else scale alpha (exp(input_scale x) - 1)."""
    x, scale = step.x(), step.number("scale")
    return _bent(step, x, scale, step.number("alpha") * scale, step.number("input_scale"))


def _celu(step: Step) -> Place:
    alpha = step.number("alpha")
    return _bent(step, step.x(), 1.0, alpha, 1 / alpha)


def _bent(step: Step, x: Place, above: float, below: float, inner: float) -> Place:
    low = step.mapped("expm1", step.mapped("mul", x, step.scalar(inner)))
    low = step.mapped("mul", low, step.scalar(below))
    high = step.mapped("mul", x, step.scalar(above))
    return step.draft.map("where", step.out(), step.mapped("gt", x, step.scalar(0)), high, low)


def _softplus(step: Step) -> Place:
    beta, threshold = step.number("beta"), step.number("threshold")
    x = step.mapped("mul", step.x(), step.scalar(beta))
    low = step.mapped("log1p", step.mapped("exp", x))
    low = step.mapped("mul", low, step.scalar(1 / beta))
    straight = step.mapped("gt", x, step.scalar(threshold))
    return step.draft.map("where", step.out(), straight, step.x(), low)


def _log_sigmoid(step: Step) -> tuple[Place, None]:
    """min(x, 0) - log1p(exp(-|x|)); the second result is for gradients."""
    x = step.x()
    small = step.mapped("log1p", step.mapped("exp", step.mapped("neg", step.mapped("abs", x))))
    return step.mapped("sub", step.mapped("minimum", x, step.scalar(0)), small), None


def _clamped(low: str, high: str) -> Rule:
    def rule(step: Step) -> Place:
        x = step.x()
        for key, name in ((low, "maximum"), (high, "minimum")):
            if key and step.attribute(key) is not None:
                x = step.mapped(name, x, step.scalar(step.number(key)))
        return x

    return rule


def _fused(name: str) -> Rule:
    """x + value y z, and x + value y / z."""

    def rule(step: Step) -> Place:
        other = step.mapped(name, step.x(1), step.x(2))
        other = step.mapped("mul", other, step.scalar(step.number("value")))
        return step.draft.map("add", step.out(), step.x(), other)

    return rule


def _lerp(step: Step) -> Place:
    """x + weight (y - x), or y - (1 - weight) (y - x), whichever end is nearer."""
    weight = step.x(2) if len(step.node.inputs) > 2 else step.scalar(step.number("weight"))
    x, y = step.x(), step.x(1)
    apart = step.mapped("sub", y, x)
    rest = step.mapped("sub", step.scalar(1), weight)
    from_x = step.mapped("add", x, step.mapped("mul", apart, weight))
    from_y = step.mapped("sub", y, step.mapped("mul", apart, rest))
    size = step.mapped("abs", weight)
    near = step.mapped("lt", size, step.scalar(0.5))
    return step.draft.map("where", step.out(), near, from_x, from_y)


def _power(step: Step) -> Place:
    """Small whole powers by products, which are exact."""
    exponent, x = step.number("exponent"), step.x()
    if exponent in (2.0, 3.0):
        square = step.mapped("mul", x, x)
        return square if exponent == 2 else step.draft.map("mul", step.out(), square, x)
    if exponent == 0.5:
        return step.draft.map("sqrt", step.out(), x)
    return step.draft.map("pow", step.out(), x, step.scalar(exponent))


def _base(step: Step) -> Place:
    return step.draft.map("pow", step.out(), step.scalar(step.number("self")), step.x())


def _masked(step: Step) -> Place:
    fill = step.scalar(step.number("value"))
    return step.draft.map("where", step.out(), step.x(1), fill, step.x())


def _divided(step: Step) -> Place:
    """The quotient, rounded as is said."""
    x, y = step.x(), step.x(1)
    rounding = step.attribute("rounding_mode")
    if rounding == "floor":
        return step.draft.map("floor_divide", step.out(), x, y)
    whole = step.mapped("div", x, y)
    return whole if rounding is None else step.mapped(str(rounding), whole)


def _of_truths(name: str, inputs: int) -> Rule:
    """An op on bits, where these are truths."""

    def rule(step: Step) -> Place | Sequence[Place | None]:
        if step.node.dtype != "bool":
            raise step.refused("bits of whole numbers have no form here, truths have")
        return _function(name, inputs)(step)

    return rule


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **{f"aten.{name}.default": _function(name, 1) for name in _PLAIN},
        **{f"aten.{name}.default": _function(name, 2) for name in _PAIRS},
        **{f"aten.{name}.Tensor": _function(name, 2) for name in (*_COMPARED, "mul", "div")},
        **{f"aten.{name}.Scalar": _with_scalar(name, "other") for name in (*_COMPARED, "mul")},
        "aten.div.Scalar": _with_scalar("div", "other"),
        "aten.div.Tensor_mode": _divided,
        "aten.floor_divide.default": _function("floor_divide", 2),
        "aten.remainder.Tensor": _function("remainder", 2),
        "aten.remainder.Scalar": _with_scalar("remainder", "other"),
        "aten.add.Tensor": _sum("add"),
        "aten.add.Scalar": _sum("add"),
        "aten.sub.Tensor": _sum("sub"),
        "aten.sub.Scalar": _sum("sub"),
        "aten.rsub.Scalar": _reversed,
        "aten.gelu.default": _gelu,
        "aten.leaky_relu.default": _leaky,
        "aten.elu.default": _elu,
        "aten.celu.default": _celu,
        "aten.softplus.default": _softplus,
        "aten.log_sigmoid_forward.default": _log_sigmoid,
        "aten.clamp.default": _clamped("min", "max"),
        "aten.clamp_min.default": _clamped("min", ""),
        "aten.clamp_max.default": _clamped("", "max"),
        "aten.hardtanh.default": _clamped("min_val", "max_val"),
        "aten.addcmul.default": _fused("mul"),
        "aten.addcdiv.default": _fused("div"),
        "aten.lerp.Scalar": _lerp,
        "aten.lerp.Tensor": _lerp,
        "aten.pow.Tensor_Scalar": _power,
        "aten.pow.Tensor_Tensor": _function("pow", 2),
        "aten.pow.Scalar": _base,
        "aten.where.self": _function("where", 3),
        "aten.masked_fill.Scalar": _masked,
        "aten.logical_not.default": _function("not", 1),
        "aten.bitwise_not.default": _of_truths("not", 1),
        "aten.bitwise_and.Tensor": _of_truths("logical_and", 2),
        "aten.bitwise_or.Tensor": _of_truths("logical_or", 2),
    }
)
