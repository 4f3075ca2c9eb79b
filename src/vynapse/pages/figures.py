# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How numbers and times are written for people."""

from __future__ import annotations

import math


def number(value: int | float | None) -> str:
    """Four significant digits, those before the point in full; a dash for what was not measured."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def scientific(value: int | float | None) -> str:
    """Three significant digits, as 1.2e+09; a dash for what was not counted."""
    return "-" if value is None else f"{value:.3g}"


def duration(seconds: int | float | None) -> str:
    """`0.42 s`, `12.3 s` or `1:02:03`; a dash for what is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "-"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    return clock(seconds)


def clock(seconds: int | float) -> str:
    """`0:00:42`, rounded up to a whole second."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
