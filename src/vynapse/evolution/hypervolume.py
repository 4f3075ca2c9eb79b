# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much of the space of two objectives a set of points dominates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vynapse.errors import ConfigError


def hypervolume(
    objectives: npt.NDArray[np.float64], reference: tuple[float, float] | npt.NDArray[np.float64]
) -> float:
    """The area between the points and a reference point (Zitzler & Thiele 1998), exact.

    Args:
        objectives: (n, 2), lower is better. Dominated points and points that are not better than
            the reference in both objectives add nothing.
        reference: (2,).

    Raises:
        ConfigError: there are not two objectives.
    """
    corner = np.asarray(reference, np.float64)
    if objectives.ndim != 2 or objectives.shape[1] != 2 or corner.shape != (2,):
        raise ConfigError(
            f"hypervolume: points (n, 2) and a reference (2,) were wanted, got {objectives.shape} "
            f"and {corner.shape}"
        )
    points = objectives[(objectives < corner).all(axis=1)]
    points = points[np.lexsort((points[:, 1], points[:, 0]))]
    # from left to right, each point adds the strip below the lowest so far
    lowest = np.minimum.accumulate(np.concatenate([corner[1:], points[:, 1]]))
    return float(((corner[0] - points[:, 0]) * (lowest[:-1] - lowest[1:])).sum())
