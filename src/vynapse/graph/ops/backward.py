# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops that torch's own backward pass is made of, as a traced training step holds them."""

from __future__ import annotations

from collections.abc import Callable

from vynapse.errors import GraphError
from vynapse.graph.ops.reductions import log_softmax_back, softmax_back
from vynapse.graph.ops.row import Call, Expand, Row, each
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


def _times(slope: Callable[[Call], Symbol]) -> Expand:
    """The gradient, which is the first input, times the derivative."""
    return lambda call: (call.x(0) * slope(call),)


def _elu(call: Call) -> Symbol:
    alpha, scale, inner = (call.number(name) for name in ("alpha", "scale", "input_scale"))
    if call.attribute("is_result"):
        raise GraphError(f"{call.op} has a rule by the input alone")
    return elu_slope(call.x(1), alpha, scale, inner)


def _log_sigmoid(call: Call) -> Symbol:
    return (-call.x(1)).sigmoid()


def _hardswish(call: Call) -> Symbol:
    x = call.x(1)
    return between(x, -3.0, 3.0) * (x * (1 / 3) + 0.5) + mask(x >= 3.0, x)


_SLOPES: tuple[tuple[str, int, Callable[[Call], Symbol]], ...] = (
    ("tanh_backward.default", 3, lambda c: 1 - c.x(1) * c.x(1)),
    ("sigmoid_backward.default", 3, lambda c: c.x(1) * (1 - c.x(1))),
    ("threshold_backward.default", 1, lambda c: mask(c.x(1) > c.number("threshold"), c.x(0))),
    ("silu_backward.default", 7, lambda c: silu_slope(c.x(1))),
    ("gelu_backward.default", 12, lambda c: gelu_slope(c.x(1), c.attribute("approximate"))),
    ("elu_backward.default", 5, _elu),
    (
        "leaky_relu_backward.default",
        2,
        lambda c: leaky_slope(c.x(1), c.number("negative_slope")),
    ),
    (
        "softplus_backward.default",
        6,
        lambda c: softplus_slope(c.x(1), c.number("beta"), c.number("threshold")),
    ),
    (
        "hardtanh_backward.default",
        2,
        lambda c: between(c.x(1), c.number("min_val"), c.number("max_val")),
    ),
    ("hardsigmoid_backward.default", 2, lambda c: between(c.x(1), -3.0, 3.0) * (1 / 6)),
    ("hardswish_backward.default", 4, _hardswish),
    ("log_sigmoid_backward.default", 6, _log_sigmoid),
)

ROWS: tuple[Row, ...] = (
    *(Row(f"aten.{op}", each(n), expand=_times(slope)) for op, n, slope in _SLOPES),
    Row(
        "aten._softmax_backward_data.default",
        each(4),
        expand=lambda c: (softmax_back(c.x(0), c.x(1), c.whole("dim")),),
    ),
    Row(
        "aten._log_softmax_backward_data.default",
        each(7),
        expand=lambda c: (log_softmax_back(c.x(0), c.x(1), c.whole("dim")),),
    ),
)
