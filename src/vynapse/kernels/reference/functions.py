# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Elementary functions of float32 from + - * / and comparisons, so that C gives the same bits.

Stated errors are the largest found over all float32 numbers of the range, in units in the last
place (ulp) of the exact result; tests/kernels/test_functions.py holds them. NaN gives NaN.
`c/functions.h` has the same expressions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from vynapse.seeding import F32, log


def _float32(*coefficients: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(c) for c in coefficients)


_TANH_LIMIT: Final = np.float32(7.90531110763549805)
_TANH_NUMERATOR: Final = _float32(
    -2.76076847742355e-16,
    2.00018790482477e-13,
    -8.60467152213735e-11,
    5.12229709037114e-08,
    1.48572235717979e-05,
    6.37261928875436e-04,
    4.89352455891786e-03,
)
_TANH_DENOMINATOR: Final = _float32(
    1.19825839466702e-06,
    1.18534705686654e-04,
    2.26843463243900e-03,
    4.89352518554385e-03,
)
_EXP: Final = _float32(
    1.9875691500e-4,
    1.3981999507e-3,
    8.3334519073e-3,
    4.1665795894e-2,
    1.6666665459e-1,
    5.0000001201e-1,
)


def tanh(x: F32) -> F32:
    """Hyperbolic tangent: a rational function of degree 13 over 6 (the coefficients of Eigen).

    Error below 6.9 ulp where |x| > 2.5e-36; below 4e-43 nearer to 0, where terms are subnormal.
    """
    x = _clamp(x, -_TANH_LIMIT, _TANH_LIMIT)
    square = x * x
    quotient: F32 = (
        _polynomial(_TANH_NUMERATOR, square) * x / _polynomial(_TANH_DENOMINATOR, square)
    )
    return quotient


def sigmoid(x: F32) -> F32:
    """1 / (1 + exp(-x)), as (1 + tanh(x / 2)) / 2; absolute error below 2.3e-7."""
    result: F32 = np.float32(0.5) * tanh(np.float32(0.5) * x) + np.float32(0.5)
    return result


def exp(x: F32) -> F32:
    """Exponential (Cephes `expf`, Moshier): 2^n times a polynomial on [-ln(2)/2, ln(2)/2].

    Arguments are limited to [-87, 88], where the error is below 1 ulp: the result never overflows
    and is never subnormal.
    """
    x = _clamp(x, np.float32(-87), np.float32(88))
    shifted = x * np.float32(1.44269504088896341) + np.float32(127.5)
    with np.errstate(invalid="ignore"):  # NaN: any exponent will do
        exponent = shifted.astype(np.int32)
    n = (exponent - np.int32(127)).astype(np.float32)
    rest = x - n * np.float32(0.693359375)
    rest = rest - n * np.float32(-2.12194440e-4)
    p = _polynomial(_EXP, rest) * (rest * rest) + rest + np.float32(1)
    scale = (exponent << np.int32(23)).view(np.float32)
    result: F32 = p * scale
    return result


def gelu(x: F32) -> F32:
    """x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016).

    Absolute error below 2.9e-7 times the larger of 1 and |x|; -inf gives NaN.
    """
    inner = np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)
    result: F32 = np.float32(0.5) * x * (np.float32(1) + tanh(inner))
    return result


def relu(x: F32) -> F32:
    """x where it is not negative, else 0."""
    result: F32 = np.where(x < np.float32(0), np.float32(0), x)
    return result


def identity(x: F32) -> F32:
    """x itself."""
    return x


ACTIVATIONS: Final[dict[str, Callable[[F32], F32]]] = {
    "identity": identity,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "relu": relu,
    "gelu": gelu,
}
"""The activations by name; C knows each by its position."""


def _clamp(x: F32, low: np.float32, high: np.float32) -> F32:
    result: F32 = np.maximum(np.minimum(x, high), low)
    return result


def _polynomial(coefficients: tuple[np.float32, ...], x: F32) -> F32:
    """Horner's rule, highest power first."""
    result = x * coefficients[0]
    result += coefficients[1]
    for coefficient in coefficients[2:]:
        result *= x
        result += coefficient
    return result


__all__ = ["ACTIVATIONS", "exp", "gelu", "identity", "log", "relu", "sigmoid", "tanh"]
