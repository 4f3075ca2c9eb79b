# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradients of compiled networks by the weights of their edges. `c/neat_adjoint.h` gives the same
bits.

Reverse mode: nodes take their turn from the last to the first, edges of a node in their order. An
edge adds weight times derivative of its node to the derivative of the node it comes from; its own
gradient is the sum over the examples of derivative times value. Example e of the batch goes to lane
e % 16, a lane takes its examples in rising order, and lanes are added by halves. Places that the
batch does not fill are examples whose inputs and output gradients are 0.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from vynapse.kernels.reference.law import LANES
from vynapse.kernels.reference.neat_forward import NODE_ACTIVATIONS
from vynapse.kernels.reference.neat_genomes import Programs
from vynapse.kernels.reference.slopes import activated, over_examples
from vynapse.seeding import F32

_NAMES: Final = tuple(NODE_ACTIVATIONS)


def gradients(programs: Programs, inputs: F32, slopes: F32) -> F32:
    """Derivatives (p, c) by `programs.weight` of a sum of losses; 0 where a row has no edge.

    Args:
        programs: feed-forward networks.
        inputs: (b, i).
        slopes: derivatives of the losses by the outputs (p, b, o).
    """
    places = -(-len(inputs) // LANES) * LANES
    known = np.zeros((programs.inputs + 1, places), np.float32)
    known[:-1, : len(inputs)], known[-1] = inputs.T, 1
    given = np.zeros((len(programs), programs.outputs, places), np.float32)
    given[:, :, : len(inputs)] = slopes.transpose(0, 2, 1)
    found = np.zeros_like(programs.weight)
    for row in range(len(programs)):
        _differentiate(programs, row, known, given[row], found[row])
    return found


def _differentiate(programs: Programs, row: int, known: F32, given: F32, found: F32) -> None:
    before, steps = len(known), int(programs.steps[row])
    first, origin, weight = programs.first[row], programs.origin[row], programs.weight[row]
    values = np.concatenate([known, np.zeros((steps, known.shape[1]), np.float32)])
    slopes = np.zeros((steps, known.shape[1]), np.float32)
    for k in range(steps):
        total = np.zeros(known.shape[1], np.float32)
        for edge in range(first[k], first[k + 1]):
            total += weight[edge] * values[origin[edge]]
        values[before + k], slopes[k] = activated(_NAMES[programs.kind[row, k]], total)
    by_value = np.zeros_like(values)
    by_value[programs.result[row]] = given
    for k in reversed(range(steps)):
        by_sum = by_value[before + k] * slopes[k]
        for edge in range(first[k], first[k + 1]):
            found[edge] = over_examples(by_sum * values[origin[edge]], LANES)
            if origin[edge] >= before:
                by_value[origin[edge]] += weight[edge] * by_sum
