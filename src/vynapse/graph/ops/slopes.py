# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Derivatives of activation functions, for the reverse rules and for torch's own backward ops."""

from __future__ import annotations

import math

from vynapse.graph.symbol import Symbol


def mask(condition: Symbol, like: Symbol) -> Symbol:
    """1 where the condition holds, else 0, as numbers of the type of `like`."""
    return condition.cast(like.dtype)


def between(x: Symbol, low: float, high: float) -> Symbol:
    """1 strictly between the bounds, else 0."""
    return mask(x > low, x) * mask(x < high, x)


def silu_slope(x: Symbol) -> Symbol:
    """The slope of x * sigmoid(x)."""
    gate = x.sigmoid()
    return gate * (x * (1 - gate) + 1)


def gelu_slope(x: Symbol, approximate: object) -> Symbol:
    """The slope of x times the normal distribution function, or of its approximation by tanh."""
    if approximate == "tanh":
        inner = (x + x.power(3) * 0.044715) * math.sqrt(2 / math.pi)
        tanh = inner.call("tanh.default")
        steep = (x * x * (3 * 0.044715) + 1) * math.sqrt(2 / math.pi)
        return (tanh + 1) * 0.5 + x * 0.5 * (1 - tanh * tanh) * steep
    density = (x * x * -0.5).exp() * (1 / math.sqrt(2 * math.pi))
    return ((x * math.sqrt(0.5)).call("erf.default") + 1) * 0.5 + x * density


def elu_slope(x: Symbol, alpha: float, scale: float, inner: float) -> Symbol:
    """The slope of the exponential linear unit."""
    below = x.call("clamp_max.default", max=0.0)
    curve = (below * inner).exp() * (alpha * scale * inner)
    return (x > 0.0).where(x.full((), scale), curve)


def leaky_slope(x: Symbol, slope: float) -> Symbol:
    """1 above 0, `slope` below."""
    return mask(x > 0.0, x) * (1 - slope) + slope


def softplus_slope(x: Symbol, beta: float, threshold: float) -> Symbol:
    """The logistic function; 1 from the threshold on."""
    scaled = x * beta
    return (scaled > threshold).where(x.full((), 1.0), scaled.sigmoid())
