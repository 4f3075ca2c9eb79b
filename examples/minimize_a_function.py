# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Fit a curve to points with outliers, in two processes, by a loss that has no useful gradient."""

import numpy as np

from vynapse import minimize

TIMES = np.linspace(0, 4, 40)
NOISE = np.random.default_rng(0)
POINTS = 2.5 * np.exp(-0.8 * TIMES) + 0.5 + NOISE.normal(0, 0.02, TIMES.size)
POINTS[::7] += 3.0


def misfit(parameters: np.ndarray) -> float:
    """Median distance of amplitude * exp(-rate * t) + offset from the points."""
    amplitude, rate, offset = parameters
    return float(np.median(np.abs(amplitude * np.exp(-rate * TIMES) + offset - POINTS)))


if __name__ == "__main__":
    result = minimize(
        misfit,
        [1.0, 1.0, 0.0],
        sigma=0.5,
        evaluations=2000,
        bounds=([0, 0, -5], [10, 10, 5]),
        workers=2,
    )
    amplitude, rate, offset = result.x
    print(f"{amplitude:.2f} * exp(-{rate:.2f} t) + {offset:.2f}, misfit {result.fun:.4f}")
    assert np.allclose(result.x, [2.5, 0.8, 0.5], atol=0.1)
