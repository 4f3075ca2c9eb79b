# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Epochs of tiny networks that grow, many at once: in C, or in NumPy where it is absent, with the
same bits. `reference.growth` says what is computed.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int64, c_void_p

import numpy as np

from vynapse.kernels import native
from vynapse.kernels.reference import growth as reference
from vynapse.kernels.reference.growth import (
    EXAMPLES,
    FOUND,
    INPUTS,
    OUTPUTS,
    RATES,
    SHAPE,
    WEIGHTS,
    Records,
)
from vynapse.seeding import F32


class _Call(ctypes.Structure):
    _fields_ = tuple(
        (name, c_void_p) for name in ("shapes", "rates", "weights", "inputs", "targets", "found")
    )


def epoch(
    shapes: Records,
    rates: Records,
    weights: Records,
    inputs: F32,
    targets: F32,
    found: Records,
    library: native.Library | None = None,
    threads: int = 1,
) -> None:
    """Train and measure those networks whose shape is active; weights and found change in place.

    Args:
        shapes: (n,) of `reference.growth.SHAPE`.
        rates: (n,) of `reference.growth.RATES`.
        weights: (n, 3) of `reference.growth.WEIGHTS`: parameters, first and second moments.
        inputs: (n, EXAMPLES, INPUTS).
        targets: (n, EXAMPLES, OUTPUTS).
        found: (n,) of `reference.growth.FOUND`.
        library: compiled kernels to use; by default those in use, else NumPy.
        threads: that share the networks. They end with the call and change no bit.

    Raises:
        ValueError: arrays do not fit each other.
    """
    _check(shapes, rates, weights, inputs, targets, found)
    library = library or native.status().library
    if library is None:
        reference.epoch(shapes, rates, weights, inputs, targets, found)
        return
    arrays = (shapes, rates, weights, inputs, targets, found)
    call, following = _Call(*map(native.pointer, arrays)), c_int64(0)
    kernel = library.function("growth_epoch", None, c_void_p, c_void_p, c_int64)

    def share(_: int) -> None:
        kernel(ctypes.addressof(call), ctypes.addressof(following), len(shapes))

    native.in_threads(share, max(1, min(threads, len(shapes))))


def outputs(
    shapes: Records,
    rates: Records,
    weights: Records,
    inputs: F32,
    library: native.Library | None = None,
) -> F32:
    """What networks answer (n, EXAMPLES, OUTPUTS); arguments as for `epoch`."""
    targets = np.zeros((len(shapes), EXAMPLES, OUTPUTS), np.float32)
    found = np.zeros(len(shapes), FOUND)
    _check(shapes, rates, weights, inputs, targets, found)
    library = library or native.status().library
    if library is None:
        return reference.outputs(shapes, rates, weights, inputs)
    arrays = (shapes, rates, weights, inputs, targets, found)
    call = _Call(*map(native.pointer, arrays))
    kernel = library.function("growth_outputs", None, c_void_p, c_void_p, c_int64)
    kernel(ctypes.addressof(call), native.pointer(targets), len(shapes))
    return targets


def _check(
    shapes: Records, rates: Records, weights: Records, inputs: F32, targets: F32, found: Records
) -> None:
    count = len(shapes)
    wanted = (
        ("shapes", shapes, SHAPE, (count,)),
        ("rates", rates, RATES, (count,)),
        ("weights", weights, WEIGHTS, (count, 3)),
        ("inputs", inputs, np.dtype(np.float32), (count, EXAMPLES, INPUTS)),
        ("targets", targets, np.dtype(np.float32), (count, EXAMPLES, OUTPUTS)),
        ("found", found, FOUND, (count,)),
    )
    for name, array, kind, form in wanted:
        if array.dtype != kind or array.shape != form:
            raise ValueError(
                f"{name}: shape {form} of {kind} was wanted, got {array.shape} of {array.dtype}"
            )


__all__ = ["epoch", "outputs"]
