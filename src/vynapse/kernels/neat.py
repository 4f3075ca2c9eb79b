# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""NEAT on populations that are structures of arrays: in C, or where it is absent in NumPy.

`reference.neat_*` say what is computed; which of the two computes it changes no bit. Functions on
genomes take `library`: compiled kernels to use, by default those in use, else NumPy.
"""

from __future__ import annotations

import functools
from ctypes import c_int64, c_void_p
from typing import Any, Final

import numpy as np

from vynapse.kernels import native, neat_native
from vynapse.kernels.neat_native import Desk
from vynapse.kernels.reference import (
    neat_adjoint,
    neat_distance,
    neat_forward,
    neat_genomes,
    neat_reproduce,
)
from vynapse.kernels.reference.law import F64, I32, LANES
from vynapse.kernels.reference.neat_distance import Measure
from vynapse.kernels.reference.neat_genomes import Genomes, Programs, blank_programs
from vynapse.kernels.reference.neat_law import Births, Chance, Plan, Rates
from vynapse.kernels.reference.neat_registry import Pending
from vynapse.seeding import F32, I64

SPAN: Final = 64
"""Examples that the widest C works on at once; inputs are padded to a multiple."""


@functools.cache
def _kernel(library: native.Library, name: str, result: Any, *arguments: Any) -> Any:
    return library.function(f"neat_{name}", result, *arguments)


def compile_genomes(
    genomes: Genomes,
    recurrent: bool,
    library: native.Library | None = None,
    into: Programs | None = None,
) -> Programs:
    """The networks of genomes; a feed-forward one with a cycle has `steps` -1.

    Args:
        genomes: the population.
        recurrent: cycles are allowed, and all nodes are computed at once.
        library: see above.
        into: networks that are not needed any more, to be overwritten if there is room.
    """
    library = library or native.status().library
    if library is None:
        return neat_forward.compile_genomes(genomes, recurrent)
    if into is not None and into.has_room(genomes, recurrent):
        programs = into
    else:
        programs = blank_programs(genomes, recurrent)
    room = 3 * genomes.gene_room + 4 * genomes.node_room + 2
    work = np.empty(room, np.int32)
    compile_ = _kernel(library, "compile", None, *(c_void_p,) * 3, c_int64, c_int64)
    own = neat_native.genomes(genomes), neat_native.programs(programs)
    compile_(*own, native.pointer(work), 0, len(genomes))
    return programs


def expressed(genomes: Genomes, library: native.Library | None = None) -> I32:
    """Enabled genes of each genome (p,)."""
    library = library or native.status().library
    if library is None:
        return neat_genomes.expressed(genomes)
    out = np.empty(len(genomes), np.int32)
    kernel = _kernel(library, "expressed", None, c_void_p, c_int64, c_void_p)
    kernel(neat_native.genomes(genomes), len(genomes), native.pointer(out))
    return out


class Batch:
    """Examples made ready for many calls.

    Args:
        inputs: (b, i).
        targets: (b, o), or None.
    """

    def __init__(self, inputs: F32, targets: F32 | None = None) -> None:
        self.inputs = np.ascontiguousarray(inputs, np.float32)
        self.targets = None if targets is None else np.ascontiguousarray(targets, np.float32)
        self.side_by_side = _padded(self.inputs)
        self.aims = None if self.targets is None else _padded(self.targets)

    def __len__(self) -> int:
        return len(self.inputs)


def _padded(rows: F32) -> F32:
    stride = -(-len(rows) // SPAN) * SPAN
    columns = np.zeros((rows.shape[1], stride), np.float32)
    columns[:, : len(rows)] = rows.T
    return columns


def forward(
    programs: Programs,
    batch: Batch,
    updates: int = 1,
    state: F32 | None = None,
    library: native.Library | None = None,
) -> F32:
    """Outputs (p, b, o) of every network for every example.

    Args:
        programs: the networks.
        batch: the examples.
        updates: how often a recurrent network is computed on the same inputs.
        state: values of the computed nodes of recurrent networks (p, n, b), changed in place; None
            for zeros at first.
        library: see above.
    """
    library = library or native.status().library
    if library is None:
        return neat_forward.forward(programs, batch.inputs, updates, state)
    count, stride = len(batch), batch.side_by_side.shape[1]
    held = None
    if state is not None:
        held = np.zeros((*state.shape[:2], stride), np.float32)
        held[:, :, :count] = state
    outputs = np.empty((len(programs), programs.outputs, stride), np.float32)
    examples = neat_native.examples(batch.side_by_side, None, held, count, updates)
    work = _values_room(programs)
    kernel = _kernel(library, "forward", None, *(c_void_p,) * 4, c_int64, c_int64)
    own = neat_native.programs(programs)
    kernel(own, examples, native.pointer(outputs), native.pointer(work), 0, len(programs))
    if state is not None and held is not None:
        state[...] = held[:, :, :count]
    return np.ascontiguousarray(outputs[:, :, :count].transpose(0, 2, 1))


def squared_errors(
    programs: Programs, batch: Batch, updates: int = 1, library: native.Library | None = None
) -> F64:
    """Mean squared errors (p,) over examples and outputs."""
    if batch.targets is None:
        raise ValueError("squared_errors: a batch with targets was wanted, got none")
    library = library or native.status().library
    if library is None:
        return neat_forward.squared_errors(programs, batch.inputs, batch.targets, updates)
    losses, work = np.empty(len(programs)), _values_room(programs)
    examples = neat_native.examples(batch.side_by_side, batch.aims, None, len(batch), updates)
    kernel = _kernel(library, "squares", None, *(c_void_p,) * 4, c_int64, c_int64)
    own = neat_native.programs(programs)
    kernel(own, examples, native.pointer(losses), native.pointer(work), 0, len(programs))
    return losses


def gradients(
    programs: Programs, batch: Batch, slopes: F32, library: native.Library | None = None
) -> F32:
    """Derivatives (p, c) of a sum of losses by the weights of the edges; 0 behind the last edge.

    Args:
        programs: feed-forward networks.
        batch: the examples.
        slopes: derivatives of the losses by the outputs (p, b, o).
        library: see above.
    """
    library = library or native.status().library
    if library is None:
        return neat_adjoint.gradients(programs, batch.inputs, slopes)
    p, count, stride = len(programs), len(batch), batch.side_by_side.shape[1]
    given = np.zeros((p, programs.outputs, stride), np.float32)
    given[:, :, :count] = slopes.transpose(0, 2, 1)
    found = np.empty_like(programs.weight)
    nodes, genes = programs.node.shape[1], programs.weight.shape[1]
    work = np.empty((2 * (programs.inputs + 1) + 3 * nodes) * SPAN + genes * LANES, np.float32)
    examples = neat_native.examples(batch.side_by_side, None, None, count, 1)
    kernel = _kernel(library, "gradients", None, *(c_void_p,) * 5, c_int64, c_int64)
    at = native.pointer
    kernel(neat_native.programs(programs), examples, at(given), at(found), at(work), 0, p)
    return found


def _values_room(programs: Programs) -> F32:
    slots = programs.inputs + 1 + programs.node.shape[1]
    return np.empty(2 * slots * SPAN, np.float32)


def distances(
    measure: Measure,
    a: Genomes,
    left: I32,
    b: Genomes,
    right: I32,
    library: native.Library | None = None,
) -> F64:
    """Distances between genomes `left` of a and `right` of b, one for each pair."""
    library = library or native.status().library
    if library is None:
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        return np.array([neat_distance.distance(measure, a, i, b, j) for i, j in pairs])
    left, right = np.ascontiguousarray(left, np.int32), np.ascontiguousarray(right, np.int32)
    out = np.empty(len(left))
    kernel = _kernel(library, "distance", None, *(c_void_p,) * 5, c_int64, c_void_p)
    own, other = neat_native.genomes(a), neat_native.genomes(b)
    at = native.pointer
    coefficients = neat_native.compatibility(measure)
    kernel(coefficients, own, at(left), other, at(right), len(left), at(out))
    return out


def speciate(
    measure: Measure,
    threshold: float,
    genomes: Genomes,
    representatives: Genomes | None,
    library: native.Library | None = None,
    desk: Desk | None = None,
    rows: I64 | None = None,
) -> tuple[I32, I32]:
    """Each genome in the first species whose representative is nearer than the threshold.

    Where there is none the genome founds a species, which the genomes behind it may join.

    Args:
        measure, threshold: the distance, and what is near.
        genomes: whom to sort.
        representatives: one for each species that there is; None for no species.
        library: see above.
        desk: room that the caller keeps for the next call.
        rows: which of `representatives` these are; None for all.

    Returns:
        The species of each genome (p,), and the genomes that founded new ones. The numbers of new
        species follow those of the representatives.
    """
    library = library or native.status().library
    if library is None:
        species, known = np.full(len(genomes), -1, np.int32), 0
        if representatives is not None:
            others = representatives if rows is None else representatives.take(rows)
            species = neat_distance.match(measure, threshold, genomes, others)
            known = len(others)
        return species, neat_distance.found(measure, threshold, genomes, species, known)
    desk = desk or Desk()
    own, count = neat_native.genomes(genomes), len(genomes)
    innovations = _kernel(library, "innovations", c_int64, c_void_p, c_int64)
    most, genes, old, known = innovations(own, count), genomes.gene_room, own, 0
    if representatives is not None:
        rows = np.arange(len(representatives)) if rows is None else rows
        old, known = neat_native.genomes(representatives), len(rows)
        most = max(most, innovations(old, len(representatives)))
        genes = max(genes, representatives.gene_room)
    species, founders = np.empty(count, np.int32), np.empty(count, np.int32)
    kernel = _kernel(
        library, "speciate", c_int64, *(c_void_p,) * 4, *(c_int64,) * 2, *(c_void_p,) * 3
    )
    fresh = kernel(
        neat_native.compatibility(measure, threshold),
        own,
        old,
        native.pointer(rows),
        count,
        known,
        desk.reference(most, genes, count),
        native.pointer(species),
        native.pointer(founders),
    )
    return species, founders[:fresh]


def reproduce(
    parents: Genomes,
    losses: F64,
    plan: Plan,
    rates: Rates,
    chance: Chance,
    generation: int,
    children: Genomes,
    library: native.Library | None = None,
    into: tuple[Births, Pending] | None = None,
) -> tuple[Births, Pending]:
    """Fill `children`; see `reference.neat_reproduce.reproduce`.

    `into` is what an earlier call gave and is not needed any more; C writes over it.
    """
    library = library or native.status().library
    if library is None:
        return neat_reproduce.reproduce(parents, losses, plan, rates, chance, generation, children)
    count = len(plan.pool)
    births, pending = into or (Births.room(count), Pending.none(count))
    room = 2 * children.gene_room + children.node_room + (children.gene_room + 3) // 4
    work = np.empty(room, np.int32)
    how, held = neat_native.rates(rates, chance, generation)
    kernel = _kernel(library, "reproduce", None, *(c_void_p,) * 7, c_int64, c_int64)
    kernel(
        neat_native.genomes(parents),
        neat_native.plan(plan, losses),
        how,
        neat_native.genomes(children),
        neat_native.births(births),
        neat_native.pending(pending),
        native.pointer(work),
        0,
        count,
    )
    del held
    return births, pending


__all__ = [
    "SPAN",
    "Batch",
    "Desk",
    "compile_genomes",
    "distances",
    "expressed",
    "forward",
    "gradients",
    "reproduce",
    "speciate",
    "squared_errors",
]
