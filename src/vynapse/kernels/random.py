# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Many random numbers at once: those of `seeding.Stream`, bit for bit, from C where it is there."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_int32, c_int64, c_uint32, c_void_p
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.kernels import native
from vynapse.seeding import F32, I64, Stream

_BLOCK: Final = 1 << 15
"""Numbers that NumPy makes at once: few enough to stay in the cache; the numbers are the same."""
_UNIFORM, _NORMAL = 0, 1


def uniform(stream: Stream, count: int, generation: int, individuals: I64) -> F32:
    """Uniform in (0, 1), (individuals, count)."""
    drawn = _drawn(_UNIFORM, stream, count, generation, individuals)
    if drawn is None:
        return _blockwise(stream.uniform, count, generation, individuals)
    return drawn


def normal(stream: Stream, count: int, generation: int, individuals: I64, start: int = 0) -> F32:
    """Standard normal, (individuals, count), from index `start` on, a multiple of 4."""
    if start % 4:
        raise ValueError(f"start: a multiple of 4 was wanted, got {start}")
    drawn = _drawn(_NORMAL, stream, count, generation, individuals, start)
    if drawn is None:
        return _blockwise(partial(stream.normal, start=start), count, generation, individuals)
    return drawn


def perturbed(
    stream: Stream, generation: int, individuals: I64, parents: F32, chosen: I64, sigmas: F32
) -> F32:
    """Children (n, p): parents[chosen] + sigmas * normal.

    Args:
        stream: the stream of the normal numbers, index 0 to p - 1.
        generation, individuals: their generation, and the number of each child (n,).
        parents: (m, p).
        chosen: the parent of each child (n,).
        sigmas: step sizes (n,).

    Raises:
        ValueError: there is no such parent.
    """
    if len(chosen) and not 0 <= chosen.min() <= chosen.max() < len(parents):
        raise ValueError(
            f"chosen: parents from 0 to {len(parents) - 1} were wanted, got {chosen.min()} to "
            f"{chosen.max()}"
        )
    library, (rows, count) = native.status().library, (len(chosen), parents.shape[1])
    if library is None:
        steps = sigmas[:, None] * normal(stream, count, generation, individuals)
        children: F32 = parents[chosen] + steps
        return children
    types = (native.Address, c_uint32, *(c_void_p,) * 4, c_int64, c_int64, c_void_p)
    kernel = library.function("perturb", None, *types)
    held: list[npt.NDArray[Any]] = [
        np.ascontiguousarray(individuals, np.uint32),
        np.ascontiguousarray(parents, np.float32),
        np.ascontiguousarray(chosen, np.int64),
        np.ascontiguousarray(sigmas, np.float32),
    ]
    out = np.empty((rows, count), np.float32)
    addresses = [native.pointer(array) for array in held]
    kernel(native.address(stream), generation, *addresses, rows, count, native.pointer(out))
    return out


def _blockwise(
    draw: Callable[[int, int, I64], npt.NDArray[Any]], count: int, generation: int, who: I64
) -> npt.NDArray[Any]:
    rows = max(1, _BLOCK // max(1, count))
    blocks = [who[low : low + rows] for low in range(0, len(who), rows)]
    return np.concatenate([draw(count, generation, block) for block in blocks or [who]])


def _drawn(
    kind: int, stream: Stream, count: int, generation: int, individuals: I64, start: int = 0
) -> F32 | None:
    """Numbers of one kind, (individuals, count); None where there is no C."""
    library = native.status().library
    if library is None:
        return None
    arguments = (native.Address, c_uint32, c_void_p, *(c_int64,) * 3, c_int32, c_void_p)
    draw = library.function("draw", None, *arguments)
    out = np.empty((len(individuals), count), np.float32)
    who = np.ascontiguousarray(individuals, np.uint32)
    draw(
        native.address(stream),
        generation,
        native.pointer(who),
        len(who),
        start,
        count,
        kind,
        native.pointer(out),
    )
    return out
