# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mean and 95 % confidence interval over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Two-sided 95 % quantiles of Student's t, 1 to 30 degrees of freedom (Fisher & Yates, table III).
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with the half-width of its 95 % confidence interval (None for one value)."""

    value: float
    half_width: float | None
    count: int


ROUNDING: Final = 1e-12
"""What a half-width is at least, absolutely and as a part of the mean, to be more than rounding."""


def half_width(mean: Mean) -> float | None:
    """The half-width for people: 0 where it is only the rounding of equal values."""
    width = mean.half_width
    if width is not None and width < ROUNDING * max(1.0, abs(mean.value)):
        return 0.0
    return width


def student_t95(freedom: int) -> float:
    """Two-sided 95 % quantile; beyond 30 degrees the Cornish-Fisher expansion, error < 2e-4."""
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    cubic = (_Z95**3 + _Z95) / 4
    quintic = (5 * _Z95**5 + 16 * _Z95**3 + 3 * _Z95) / 96
    return _Z95 + cubic / freedom + quintic / freedom**2


def mean_of(values: Sequence[float]) -> Mean | None:
    """Mean and interval of independent values; None when there are none."""
    count = len(values)
    if count == 0:
        return None
    mean = math.fsum(values) / count
    if count == 1:
        return Mean(mean, None, 1)
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return Mean(mean, student_t95(count - 1) * math.sqrt(variance / count), count)


_LOG_FROM: Final = 20.0
"""Ratio of the largest to the smallest loss from which the scale is logarithmic."""


def is_logarithmic(values: Sequence[float]) -> bool:
    """Whether a scale over `values` should be logarithmic; zeros lie at its lower end."""
    positive = [value for value in values if value > 0]
    if not positive or min(values) < 0:
        return False
    return max(positive) / min(positive) >= _LOG_FROM
