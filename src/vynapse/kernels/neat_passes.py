# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The same networks on the same examples, forward and backward many times: all room is kept."""

from __future__ import annotations

from ctypes import c_int64, c_void_p
from typing import final

import numpy as np

from vynapse.kernels import native, neat, neat_native
from vynapse.kernels.reference.law import LANES
from vynapse.kernels.reference.neat_genomes import Programs
from vynapse.seeding import F32


@final
class Passes:
    """What `neat.forward` and `neat.gradients` compute, to the bit, without making room anew.

    Args:
        programs: feed-forward networks; their weights may change from call to call.
        batch: the examples.
        library: compiled kernels to use; by default those in use, else NumPy.
    """

    def __init__(
        self, programs: Programs, batch: neat.Batch, library: native.Library | None = None
    ) -> None:
        self._programs, self._batch = programs, batch
        self._library = library = library or native.status().library
        if library is None:
            return
        p, stride = len(programs), batch.side_by_side.shape[1]
        nodes, genes = programs.node.shape[1], programs.weight.shape[1]
        room = (2 * (programs.inputs + 1) + 3 * nodes) * neat.SPAN + genes * LANES
        self._work = np.empty(room, np.float32)
        self._outputs = np.empty((p, programs.outputs, stride), np.float32)
        self._slopes = np.zeros_like(self._outputs)  # those behind the last example stay 0
        self._found = np.empty_like(programs.weight)
        examples = neat_native.examples(batch.side_by_side, None, None, len(batch), 1)
        at, own = native.pointer, neat_native.programs(programs)
        outputs, slopes, found, work = map(
            at, (self._outputs, self._slopes, self._found, self._work)
        )
        self._forward_with = own, examples, outputs, work, 0, p
        self._backward_with = own, examples, slopes, found, work, 0, p
        counts = c_int64, c_int64
        self._forward = library.function("neat_forward", None, *(c_void_p,) * 4, *counts)
        self._backward = library.function("neat_gradients", None, *(c_void_p,) * 5, *counts)

    def outputs(self) -> F32:
        """Outputs (p, b, o), a copy."""
        if self._library is None:
            return neat.forward(self._programs, self._batch)
        self._forward(*self._forward_with)
        used = self._outputs[:, :, : len(self._batch)]
        return np.ascontiguousarray(used.transpose(0, 2, 1))

    def gradients(self, slopes: F32) -> F32:
        """Derivatives (p, c) by the weights of the edges, valid until the next call.

        Args:
            slopes: derivatives of a sum of losses by the outputs (p, b, o).
        """
        if self._library is None:
            return neat.gradients(self._programs, self._batch, slopes)
        self._slopes[:, :, : len(self._batch)] = slopes.transpose(0, 2, 1)
        self._backward(*self._backward_with)
        return self._found
