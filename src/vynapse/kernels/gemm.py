# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Matrix products whose every bit is known beforehand: C = alpha A B + beta C in float32.

Each element is one sum in rising k, without fused multiply-adds: the same bits on every machine and
for every size of block, at about half the speed that a library reaches with them.
"""

from __future__ import annotations

import ctypes

import numpy as np

from vynapse.core import Array
from vynapse.kernels import native
from vynapse.kernels.reference import gemm as reference
from vynapse.seeding import F32

_LARGEST = np.iinfo(np.int64).max


def gemm(
    a: Array,
    b: Array,
    c: Array | None = None,
    alpha: float = 1.0,
    beta: float = 0.0,
    *,
    library: native.Library | None = None,
) -> F32:
    """alpha A B + beta C, as a new array.

    Args:
        a: (m, k) float32.
        b: (k, n) float32.
        c: (m, n) float32; not read where `beta` is 0.
        alpha, beta: factors, rounded to float32.
        library: compiled kernels to use; by default those in use, else NumPy.

    Raises:
        ValueError: an array has another type or shape, or the result would not fit in memory.
    """
    m, n = _result_shape(a, b, c, beta)
    factors = np.float32(alpha), np.float32(beta)
    library = library or native.status().library
    if library is None:
        return reference.gemm(a, b, c, *factors)
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    result = np.empty((m, n), np.float32) if c is None or beta == 0 else c.copy(order="C")
    size, pointer, factor = ctypes.c_int64, ctypes.c_void_p, ctypes.c_float
    workspace = library.function("gemm_workspace", size, size)
    kernel = library.function(
        "gemm", None, pointer, pointer, pointer, size, size, size, factor, factor, pointer
    )
    work = np.empty(workspace(m), np.float32)
    at = native.pointer
    kernel(at(a), at(b), at(result), m, n, a.shape[1], *factors, at(work))
    return result


def _result_shape(a: Array, b: Array, c: Array | None, beta: float) -> tuple[int, int]:
    for name, array in (("a", a), ("b", b), ("c", c)):
        if array is not None and (array.ndim != 2 or array.dtype != np.float32):
            raise ValueError(
                f"gemm: {name} must be a float32 matrix, got {array.dtype} of shape {array.shape}"
            )
    if a.shape[1] != b.shape[0]:
        raise ValueError(
            f"gemm: the columns of a must be as many as the rows of b, got {a.shape} and {b.shape}"
        )
    m, n = a.shape[0], b.shape[1]
    if 4 * m * n > _LARGEST:
        raise ValueError(f"gemm: a result of shape {(m, n)} has more bytes than can be addressed")
    if c is not None and c.shape != (m, n):
        raise ValueError(f"gemm: c must have the shape of the result, {(m, n)}, got {c.shape}")
    if c is None and beta != 0:
        raise ValueError(f"gemm: beta = {beta} needs a matrix c, got none")
    return m, n
