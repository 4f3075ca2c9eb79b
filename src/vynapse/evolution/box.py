# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Box constraints on vectors, by reflection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

from vynapse.errors import ConfigError

F64 = npt.NDArray[np.float64]
Bounds = (
    tuple[npt.ArrayLike | None, npt.ArrayLike | None] | Sequence[tuple[float | None, float | None]]
)


@final
class Box:
    """Bounds, kept by reflection: a vector outside stands for its mirror image inside.

    The function that is searched is thereby continued beyond the bounds, and no strategy needs to
    know of them.
    """

    def __init__(self, low: npt.ArrayLike, high: npt.ArrayLike, start: F64) -> None:
        self.low, self.high = (_bound(value, start) for value in (low, high))
        outside = ~((self.low <= start) & (start <= self.high)) | (self.low >= self.high)
        if outside.any():
            index = int(np.argmax(outside))
            raise ConfigError(
                f"bounds: low < high and x0 in between were wanted, got {self.low[index]}, "
                f"{self.high[index]} and {start[index]} for parameter {index}"
            )

    def inside(self, vectors: F64) -> F64:
        """(..., p) reflected into the box."""
        low, high = self.low, self.high
        both = np.isfinite(low) & np.isfinite(high)
        width = np.where(both, high - low, 1.0)
        with np.errstate(invalid="ignore"):
            # a triangle wave of period 2 * width where there are two bounds, else one mirror
            fold = width - np.abs(np.mod(vectors - low, 2 * width) - width) + low
            once = np.where(vectors < low, 2 * low - vectors, vectors)
            once = np.where(once > high, 2 * high - once, once)
        kept = (vectors >= low) & (vectors <= high)
        folded = np.where(kept, vectors, np.where(both, fold, once))
        return np.clip(folded, low, high)


def limits_of(bounds: Any, start: F64) -> tuple[F64, F64]:
    """Lowest and highest values, each a number or (p,).

    Args:
        bounds: two limits, in a tuple; or a list of a pair for each parameter, as SciPy has them.
        start: (p,).

    Raises:
        ConfigError: it is neither, or may be both.
    """
    if bounds is None:
        return np.array(-np.inf), np.array(np.inf)
    size = len(start)
    items: list[Any] = list(bounds) if _has_items(bounds) else []
    pairs = len(items) == size and all(_has_items(i) and len(i) == 2 for i in items)
    two = len(items) == 2 and all(not _has_items(i) or len(i) == size for i in items)
    if pairs and two:
        # two parameters: a list holds pairs, a tuple of lists or arrays holds limits
        pairs = isinstance(bounds, list) and all(isinstance(item, tuple) for item in items)
        two = isinstance(bounds, tuple) and not any(isinstance(item, tuple) for item in items)
        if not pairs and not two:
            raise ConfigError(
                f"bounds: {bounds!r} may be two pairs or two limits: write a list of tuples for "
                "pairs, or a tuple of arrays for the lowest and the highest values"
            )
    if pairs:
        items = [[item[side] for item in items] for side in (0, 1)]
    elif not two:
        raise ConfigError(
            f"bounds: a lowest and a highest value, or {size} pairs of them, were wanted, got "
            f"{bounds!r}"
        )
    return _numbers(items[0], -np.inf), _numbers(items[1], np.inf)


def _has_items(value: Any) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


def _numbers(values: Any, absent: float) -> F64:
    """Limits as an array; None is no limit."""
    if values is None:
        return np.array(absent)
    if isinstance(values, list | tuple):
        values = [absent if value is None else value for value in values]
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise ConfigError(f"bounds: real numbers were wanted, got {values!r}")
    return array.astype(np.float64)


def _bound(value: npt.ArrayLike, start: F64) -> F64:
    bound = np.asarray(value, np.float64)
    if bound.shape not in {(), start.shape}:
        raise ConfigError(
            f"bounds: a number or shape {start.shape} was wanted, got shape {bound.shape}"
        )
    return np.broadcast_to(bound, start.shape).copy()
