# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What all checkers of states use: a trip through bytes, and a comparison."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from vynapse.testing.demand import demand


def as_data(value: Any, path: str = "") -> Any:
    """A tree after a trip through JSON and raw bytes, as a checkpoint makes it."""
    if isinstance(value, np.ndarray):
        return np.frombuffer(value.tobytes(), value.dtype).reshape(value.shape).copy()
    if isinstance(value, dict):
        return {key: as_data(inner, f"{path}.{key}") for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_data(inner, f"{path}.{index}") for index, inner in enumerate(value)]
    demand(
        value is None or isinstance(value, (bool, int, float, str)),
        f"state{path}: a NumPy array or JSON value was wanted, got {type(value).__name__}",
    )
    return json.loads(json.dumps(value))


def same_data(one: Any, other: Any) -> bool:
    """Whether two trees have the same keys, and leaves of the same bits."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        alike = one.dtype == other.dtype and one.shape == other.shape
        return alike and one.tobytes() == other.tobytes()
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_data(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same_data, one, other))
    return type(one) is type(other) and bool(one == other or (one != one and other != other))  # noqa: PLR0124 - NaN
