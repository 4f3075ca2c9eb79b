# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""C = alpha A B + beta C in float32, each element summed in rising k by one accumulator."""

from __future__ import annotations

import numpy as np

from vynapse.seeding import F32


def gemm(a: F32, b: F32, c: F32 | None, alpha: np.float32, beta: np.float32) -> F32:
    """(m, k), (k, n) and (m, n) or None -> (m, n); `c` is not read where `beta` is 0."""
    total = np.zeros((a.shape[0], b.shape[1]), np.float32)
    for k in range(a.shape[1]):
        total += a[:, k, None] * b[k]
    total *= alpha
    if c is not None and beta != 0:
        total += beta * c
    return total
