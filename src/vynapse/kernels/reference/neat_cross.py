# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Crossover of two NEAT genomes: Stanley & Miikkulainen (2002), section 3.2, figure 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.law import I32, Bits
from vynapse.kernels.reference.neat_genomes import GENE_ARRAYS, NODE_ARRAYS, U8, Genomes
from vynapse.seeding import F32, U32, unit


@dataclass(slots=True, eq=False)
class Child:
    """One genome by itself; see `Genomes`."""

    inputs: int
    outputs: int
    node: I32
    activation: I32
    innovation: I32
    source: I32
    target: I32
    weight: F32
    enabled: U8

    @classmethod
    def of(cls, genomes: Genomes, row: int) -> Child:
        """A copy of genome `row`."""
        nodes, genes = int(genomes.nodes[row]), int(genomes.genes[row])
        return cls(
            genomes.inputs,
            genomes.outputs,
            *(getattr(genomes, name)[row, :nodes].copy() for name in NODE_ARRAYS),
            *(getattr(genomes, name)[row, :genes].copy() for name in GENE_ARRAYS),
        )

    def write(self, genomes: Genomes, row: int) -> None:
        """Become genome `row`."""
        genomes.nodes[row], genomes.genes[row] = len(self.node), len(self.weight)
        for name in NODE_ARRAYS:
            getattr(genomes, name)[row, : len(self.node)] = getattr(self, name)
        for name in GENE_ARRAYS:
            getattr(genomes, name)[row, : len(self.weight)] = getattr(self, name)

    def keep_genes(self, kept: Bits) -> None:
        """Take the other genes away."""
        for name in GENE_ARRAYS:
            setattr(self, name, getattr(self, name)[kept])


def drop_loose_nodes(child: Child) -> None:
    """Hidden nodes without a gene vanish."""
    used = np.isin(child.node, child.source) | np.isin(child.node, child.target)
    used[: child.outputs] = True
    child.node, child.activation = child.node[used], child.activation[used]


def reaches(source: I32, target: I32, begin: int, end: int) -> bool:
    """Whether connections lead from node `begin` to node `end`; a node reaches itself."""
    reached = {begin}
    while end not in reached:
        more = set(target[np.isin(source, list(reached))].tolist()) - reached
        if not more:
            return False
        reached |= more
    return True


def crossed(
    a: Child,
    b: Child,
    words: U32,
    *,
    equal: bool,
    averages: bool,
    disabled: np.float32,
    recurrent: bool,
) -> Child:
    """The child of `a` and of `b`, which is not fitter.

    Matching genes come from either parent, disjoint and excess genes from `a`. Where both are
    `equal` in fitness, each disjoint or excess gene of either is inherited with probability 1/2;
    in a feed-forward genome one of `b` is left out if it would close a cycle. A gene disabled in a
    parent is disabled with probability `disabled`. A node of both has the activation it has in `a`.

    Args:
        words: 2 g and 2 g + 1 belong to gene g of the union, in the order of innovation numbers.
        averages: matching weights are averaged.
    """
    union = np.union1d(a.innovation, b.innovation)
    in_a, in_b = np.isin(union, a.innovation), np.isin(union, b.innovation)
    second = (words[0 : 2 * len(union) : 2] >> np.uint32(31)).astype(bool)
    unlucky = unit(words[1 : 2 * len(union) : 2]) < disabled
    both = in_a & in_b
    weight, theirs = _either("weight", a, b, in_a, in_b), b.weight[np.cumsum(in_b)[both] - 1]
    if averages:
        weight[both] = np.float32(0.5) * (weight[both] + theirs)
    else:
        weight[both & second] = theirs[second[both]]
    off = np.zeros(len(union), bool)
    off[in_a] |= a.enabled == 0
    off[in_b] |= b.enabled == 0
    inherited = in_a & (in_b | ~(second & equal))
    source, target = (_either(name, a, b, in_a, in_b) for name in ("source", "target"))
    for gene in np.flatnonzero(in_b & ~in_a & second & equal):
        kept = np.flatnonzero(inherited)
        inherited[gene] = recurrent or not reaches(
            source[kept], target[kept], int(target[gene]), int(source[gene])
        )
    nodes, kinds = _nodes(a, b, equal)
    enabled = (~(off & unlucky)).astype(np.uint8)
    child = Child(a.inputs, a.outputs, nodes, kinds, union, source, target, weight, enabled)
    child.keep_genes(inherited)
    drop_loose_nodes(child)
    return child


def _either(name: str, a: Child, b: Child, in_a: Bits, in_b: Bits) -> npt.NDArray[Any]:
    """A column of the union's genes, of `a` where both have one."""
    column = np.empty(len(in_a), getattr(a, name).dtype)
    column[in_b], column[in_a] = getattr(b, name), getattr(a, name)
    return column


def _nodes(a: Child, b: Child, equal: bool) -> tuple[I32, I32]:
    """Nodes that the child's genes may lead to, and their activations."""
    nodes = np.union1d(a.node, b.node) if equal else a.node.copy()
    kinds = np.empty(len(nodes), np.int32)
    for parent in (b, a):
        kinds[np.isin(nodes, parent.node)] = parent.activation[np.isin(parent.node, nodes)]
    return nodes, kinds
