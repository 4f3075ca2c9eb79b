# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A function with two objectives that a run minimises."""

from __future__ import annotations

from typing import Any


def beam(x: Any) -> tuple[float, float]:
    """Weight and deflection of a beam by its width and length."""
    return float((1 + x[0]) * (1 + x[1])), float((1 + x[1]) ** 3 / (1 + x[0]) ** 4)
