# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""NEAT genomes made into networks, and what these compute. `c/neat_forward.h` gives the same bits.

A node's value is the activation of 0 plus weight times value of each edge in turn, in the order of
the innovation numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from vynapse.kernels.reference.functions import ACTIVATIONS, exp, sigmoid
from vynapse.kernels.reference.law import F64, I32
from vynapse.kernels.reference.neat_genomes import Genomes, Programs, blank_programs
from vynapse.seeding import F32


def steep_sigmoid(x: F32) -> F32:
    """1 / (1 + exp(-4.9 x)): the modified sigmoid of Stanley and Miikkulainen (2002), section 4."""
    return sigmoid(np.float32(4.9) * x)


def gauss(x: F32) -> F32:
    """exp(-x²)."""
    return exp(-(x * x))


NODE_ACTIVATIONS: Final[dict[str, Callable[[F32], F32]]] = {
    **ACTIVATIONS,
    "steep-sigmoid": steep_sigmoid,
    "gauss": gauss,
}
"""The activations by name; genomes and C know each by its position."""

_KINDS: Final = tuple(NODE_ACTIVATIONS.values())


def compile_genomes(genomes: Genomes, recurrent: bool) -> Programs:
    """The networks of genomes; a feed-forward one with a cycle has `steps` -1."""
    programs = blank_programs(genomes, recurrent)
    for row in range(len(genomes)):
        _compile(genomes, row, programs)
    return programs


def _compile(genomes: Genomes, row: int, programs: Programs) -> None:
    count, before = int(genomes.nodes[row]), genomes.inputs + 1
    ids = genomes.node[row, :count]
    live = np.flatnonzero(genomes.enabled[row, : genomes.genes[row]])
    source, target = _rows(ids, genomes.source[row, live]), _rows(ids, genomes.target[row, live])
    source[genomes.source[row, live] < before] = -1
    needed = _needed(count, genomes.outputs, source, target)
    live, source, target = live[needed[target]], source[needed[target]], target[needed[target]]
    level = np.zeros(count, np.int32)
    if not programs.recurrent:
        found = _levels(needed, source, target)
        if found is None:
            programs.steps[row] = -1
            return
        level = found
    order = np.flatnonzero(needed)[np.argsort(level[needed], kind="stable")]
    slot = np.empty(count, np.int32)
    slot[order] = before + np.arange(len(order))
    programs.steps[row] = len(order)
    programs.node[row, : len(order)], programs.level[row, : len(order)] = order, level[order]
    programs.kind[row, : len(order)] = genomes.activation[row, order]
    programs.result[row] = slot[: genomes.outputs]
    by_node = np.argsort(slot[target], kind="stable")
    edges = live[by_node]
    counts = np.bincount(slot[target] - before, minlength=len(order))
    programs.first[row, : len(order) + 1] = np.concatenate(([0], np.cumsum(counts)))
    inner = source[by_node] >= 0
    programs.origin[row, : len(edges)] = genomes.source[row, edges]
    programs.origin[row, : len(edges)][inner] = slot[source[by_node][inner]]
    programs.weight[row, : len(edges)] = genomes.weight[row, edges]


def _rows(ids: I32, wanted: I32) -> I32:
    return np.searchsorted(ids, wanted).astype(np.int32)


def _needed(count: int, outputs: int, source: I32, target: I32) -> np.ndarray:
    """Nodes from which an output can be reached, and the outputs."""
    needed = np.arange(count) < outputs
    inner = source >= 0
    while True:
        more = needed.copy()
        more[source[inner & needed[target]]] = True
        if (more == needed).all():
            return needed
        needed = more


def _levels(needed: np.ndarray, source: I32, target: I32) -> I32 | None:
    """1 for nodes fed by inputs alone, else 1 more than the highest they are fed by."""
    level = needed.astype(np.int32)
    inner = source >= 0
    for _ in range(len(needed) + 1):
        higher = level.copy()
        np.maximum.at(higher, target[inner], level[source[inner]] + 1)
        if (higher == level).all():
            return level
        level = higher
    return None


def forward(programs: Programs, inputs: F32, updates: int = 1, state: F32 | None = None) -> F32:
    """Outputs (p, b, o) of every network for every example.

    Args:
        programs: the networks.
        inputs: (b, i).
        updates: how often a recurrent network is computed on the same inputs.
        state: values of the computed nodes of recurrent networks (p, n, b), changed in place; None
            for zeros at first.
    """
    outputs = np.empty((len(programs), len(inputs), programs.outputs), np.float32)
    for row in range(len(programs)):
        held = None if state is None else state[row]
        values = _values(programs, row, inputs, updates, held)
        outputs[row] = values[programs.result[row]].T
    return outputs


def _values(programs: Programs, row: int, inputs: F32, updates: int, state: F32 | None) -> F32:
    before, steps = programs.inputs + 1, int(programs.steps[row])
    values = np.zeros((before + steps, len(inputs)), np.float32)
    values[: before - 1], values[before - 1] = inputs.T, 1
    if state is not None:
        values[before:] = state[:steps]
    for _ in range(updates if programs.recurrent else 1):
        known = values.copy() if programs.recurrent else values
        for k in range(steps):
            total = np.zeros(len(inputs), np.float32)
            for edge in range(programs.first[row, k], programs.first[row, k + 1]):
                total += programs.weight[row, edge] * known[programs.origin[row, edge]]
            values[before + k] = _KINDS[programs.kind[row, k]](total)
    if state is not None:
        state[:steps] = values[before:]
    return values


def squared_errors(programs: Programs, inputs: F32, targets: F32, updates: int = 1) -> F64:
    """Mean squared error (p,) over examples and outputs: float32 squares, added up as float64 in
    the order of the examples and, within one, of the outputs.
    """
    errors = forward(programs, inputs, updates) - targets
    squares = (errors * errors).astype(np.float64).reshape(len(programs), -1)
    total: F64 = np.add.accumulate(squares, axis=1)[:, -1] / squares.shape[1]
    return total
