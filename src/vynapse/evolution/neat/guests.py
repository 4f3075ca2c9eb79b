# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Genomes of another search in a generation of this one: the place they take, and their genes.

A hidden node is the n-th split of a connection, and a connection joins two nodes. So the meaning of
a gene does not depend on the order in which a search met it. A guest gets the numbers that the same
structure has here; structure that is new here gets new ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vynapse.evolution.neat.start import FOUNDERS
from vynapse.evolution.neat.transplant import renumbered
from vynapse.kernels.neat_registry import Innovations
from vynapse.kernels.reference.law import I32
from vynapse.kernels.reference.neat_genomes import (
    COUNTS,
    GENE_ARRAYS,
    NODE_ARRAYS,
    Genomes,
    blank,
)


def guest_of(
    genomes: Genomes, row: int, markings: Mapping[str, Any] | None, numbers: Innovations
) -> Genomes:
    """A copy of one genome of another search with ids and markings of this one.

    Args:
        genomes, row: the genome.
        markings: the registry there, as "connections" and "splits"; None where it is not known, and
            every hidden node counts as new.
        numbers: the registry here.
    """
    if markings is None:
        return renumbered(genomes, row, numbers)
    return naturalized(genomes, row, markings["connections"], markings["splits"], numbers)


def naturalized(
    genomes: Genomes, row: int, connections: I32, splits: I32, numbers: Innovations
) -> Genomes:
    """A copy of one genome with the ids and markings that its structure has here.

    Args:
        genomes: genomes of another search.
        row: which of them.
        connections: source and target of each innovation there (innovations, 2).
        splits: the innovation split and the ordinal of each hidden node there (hidden, 2).
        numbers: the registry here; it learns what it has not met.
    """
    one, first = genomes[row], genomes.first_hidden
    known = {node: node for node in range(first)}
    for old in _whole_origin(one.node[0, one.outputs :].tolist(), first, connections, splits):
        split, ordinal = splits[old - first].tolist()
        if split != FOUNDERS:
            source, target = connections[split].tolist()
            split = numbers.connection(known[source], known[target])
        known[old] = numbers.hidden(split, ordinal)
    one.node[0] = [known[node] for node in one.node[0].tolist()]
    for side in (one.source, one.target):
        side[0] = [known[node] for node in side[0].tolist()]
    ends = zip(one.source[0].tolist(), one.target[0].tolist(), strict=True)
    one.innovation[0] = [numbers.connection(source, target) for source, target in ends]
    for names, key in ((NODE_ARRAYS, one.node), (GENE_ARRAYS, one.innovation)):
        order = np.argsort(key[0], kind="stable")
        for name in names:
            getattr(one, name)[0] = getattr(one, name)[0, order]
    return one


def _whole_origin(nodes: list[int], first: int, connections: I32, splits: I32) -> list[int]:
    """Hidden nodes, and those that had to be before them; each behind what it was made from."""
    needed, waiting = set[int](), list(nodes)
    while waiting:
        node = waiting.pop()
        if node < first or node in needed:
            continue
        needed.add(node)
        split = splits.item(node - first, 0)
        if split != FOUNDERS:
            waiting.extend(connections[split].tolist())
    # a connection is known before it is split, and so are the nodes at its ends
    return sorted(needed)


def seat(of: I32, taken: list[int]) -> int | None:
    """Whose place a guest takes: the last child of the largest species, of equals the oldest.

    So no species loses its last member, and no guest the place that it has just taken.

    Args:
        of: the species of each genome (p,).
        taken: the places of guests of this generation.

    Returns:
        None where every species has one member that may give way, or none.
    """
    free = np.ones(len(of), bool)
    free[taken] = False
    sizes = np.bincount(of[free], minlength=1)
    if sizes.max() < 2:
        return None
    return int(np.flatnonzero(free & (of == sizes.argmax()))[-1])


def seated(own: Genomes, guest: Genomes, place: int) -> Genomes:
    """The genomes with a guest at a place; they are changed, or copied where room is short."""
    nodes, genes = guest.node_room, guest.gene_room
    if own.node_room < nodes or own.gene_room < genes:
        rooms = max(nodes, own.node_room), max(genes, own.gene_room)
        wider = blank(len(own), own.inputs, own.outputs, *rooms)
        for name in COUNTS:
            getattr(wider, name)[:] = getattr(own, name)
        for name in (*NODE_ARRAYS, *GENE_ARRAYS):
            array = getattr(own, name)
            getattr(wider, name)[:, : array.shape[1]] = array
        own = wider
    own.nodes[place], own.genes[place] = nodes, genes
    for names, room in ((NODE_ARRAYS, nodes), (GENE_ARRAYS, genes)):
        for name in names:
            getattr(own, name)[place, :room] = getattr(guest, name)[0]
    return own


def together(some: Sequence[Genomes]) -> Genomes:
    """Genomes of the same inputs and outputs in one population, as copies; at least one part."""
    rooms = (max(one.node_room for one in some), max(one.gene_room for one in some))
    joined = blank(sum(map(len, some)), some[0].inputs, some[0].outputs, *rooms)
    begin = 0
    for part in some:
        end = begin + len(part)
        for name in COUNTS:
            getattr(joined, name)[begin:end] = getattr(part, name)
        for name in NODE_ARRAYS:
            getattr(joined, name)[begin:end, : part.node_room] = getattr(part, name)
        for name in GENE_ARRAYS:
            getattr(joined, name)[begin:end, : part.gene_room] = getattr(part, name)
        begin = end
    return joined
