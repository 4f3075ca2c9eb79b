# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Box constraints on vectors, by reflection."""

from __future__ import annotations

from typing import final

import numpy as np
import numpy.typing as npt

from vynapse.errors import ConfigError

F64 = npt.NDArray[np.float64]


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


def _bound(value: npt.ArrayLike, start: F64) -> F64:
    bound = np.asarray(value, np.float64)
    if bound.shape not in {(), start.shape}:
        raise ConfigError(
            f"bounds: a number or shape {start.shape} was wanted, got shape {bound.shape}"
        )
    return np.broadcast_to(bound, start.shape).copy()
