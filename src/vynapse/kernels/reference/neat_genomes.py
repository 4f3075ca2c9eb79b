# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Populations of NEAT genomes and of compiled networks, each a structure of arrays.

Shapes: `p` genomes, `n` room for nodes, `c` room for genes, `i` inputs, `o` outputs, `b` examples.
Behind the first `nodes[r]` nodes and `genes[r]` genes of a row anything may stand.

A node is known by its id, the same in every genome of a run. The inputs are 0 to i - 1, the bias (a
node whose value is 1) is i, the outputs are i + 1 to i + o, and hidden nodes follow. Inputs and
bias are in every genome and take no room. A connection gene is known by its innovation number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vynapse.kernels.reference.law import I32
from vynapse.seeding import F32

U8 = npt.NDArray[np.uint8]

COUNTS: Final = ("nodes", "genes")
NODE_ARRAYS: Final = ("node", "activation")
GENE_ARRAYS: Final = ("innovation", "source", "target", "weight", "enabled")


@dataclass(slots=True, eq=False)
class Genomes:
    """A population.

    Attributes:
        inputs, outputs: i and o.
        nodes, genes: how many each genome has (p,); the outputs count as nodes.
        node: ids of outputs and hidden nodes, rising (p, n).
        activation: the place of each node's activation in `NODE_ACTIVATIONS` (p, n).
        innovation: the innovation number of each gene, rising (p, c).
        source, target: ids of the nodes that a gene connects (p, c).
        weight: (p, c).
        enabled: 1 where the gene is expressed (p, c).
        foreign: the arrays as C knows them, made when C wants them first.
    """

    inputs: int
    outputs: int
    nodes: I32
    genes: I32
    node: I32
    activation: I32
    innovation: I32
    source: I32
    target: I32
    weight: F32
    enabled: U8
    foreign: Any = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def first_hidden(self) -> int:
        """The lowest id that a hidden node can have."""
        return self.inputs + 1 + self.outputs

    @property
    def node_room(self) -> int:
        """n."""
        return int(self.node.shape[1])

    @property
    def gene_room(self) -> int:
        """c."""
        return int(self.weight.shape[1])

    def __getitem__(self, rows: int | slice) -> Genomes:
        """One genome as a copy, or a stretch of them that shares memory."""
        if not isinstance(rows, slice):
            return self._one(range(len(self))[rows])
        if rows.indices(len(self)) == (0, len(self), 1):
            return self
        own = {name: getattr(self, name)[rows] for name in (*COUNTS, *NODE_ARRAYS, *GENE_ARRAYS)}
        return Genomes(self.inputs, self.outputs, **own)

    def _one(self, row: int) -> Genomes:
        nodes, genes = self.nodes.item(row), self.genes.item(row)
        rooms = dict.fromkeys(NODE_ARRAYS, nodes) | dict.fromkeys(GENE_ARRAYS, genes)
        own = {name: getattr(self, name)[row : row + 1].copy() for name in COUNTS}
        for name, room in rooms.items():
            own[name] = getattr(self, name)[row : row + 1, :room].copy()
        return Genomes(self.inputs, self.outputs, **own)

    def take(self, rows: Any) -> Genomes:
        """Copies of some genomes, with no more room than these need."""
        nodes, genes = self.nodes[rows], self.genes[rows]
        node_room = int(nodes.max(initial=self.outputs))
        gene_room = int(genes.max(initial=0))
        return Genomes(
            self.inputs,
            self.outputs,
            nodes,
            genes,
            self.node[rows, :node_room],
            self.activation[rows, :node_room],
            self.innovation[rows, :gene_room],
            self.source[rows, :gene_room],
            self.target[rows, :gene_room],
            self.weight[rows, :gene_room],
            self.enabled[rows, :gene_room],
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Every array, zeros where there is neither node nor gene: equal genomes, equal bytes."""
        least = self.take(np.arange(len(self)))
        behind = np.arange(least.node_room) >= least.nodes[:, None]
        for name in NODE_ARRAYS:
            getattr(least, name)[behind] = 0
        behind = np.arange(least.gene_room) >= least.genes[:, None]
        for name in GENE_ARRAYS:
            getattr(least, name)[behind] = 0
        names = (*COUNTS, *NODE_ARRAYS, *GENE_ARRAYS)
        return {name: getattr(least, name) for name in names}


def expressed(genomes: Genomes) -> I32:
    """Enabled genes of each genome (p,)."""
    live = np.arange(genomes.gene_room) < genomes.genes[:, None]
    counted: I32 = np.count_nonzero(live & (genomes.enabled != 0), axis=1).astype(np.int32)
    return counted


def blank(count: int, inputs: int, outputs: int, node_room: int, gene_room: int) -> Genomes:
    """Room for `count` genomes, which have outputs alone so far."""
    node = np.zeros((count, node_room), np.int32)
    node[:, :outputs] = np.arange(inputs + 1, inputs + 1 + outputs)
    return Genomes(
        inputs,
        outputs,
        np.full(count, outputs, np.int32),
        np.zeros(count, np.int32),
        node,
        np.zeros((count, node_room), np.int32),
        np.zeros((count, gene_room), np.int32),
        np.zeros((count, gene_room), np.int32),
        np.zeros((count, gene_room), np.int32),
        np.zeros((count, gene_room), np.float32),
        np.zeros((count, gene_room), np.uint8),
    )


@dataclass(slots=True, eq=False)
class Programs:
    """Networks that are ready to run: nodes in the order of their computation, edges by node.

    A network has value slots: 0 to i - 1 the inputs, i the bias, i + 1 + k the k-th computed node.
    A node on which no output depends is not computed.

    Attributes:
        inputs, outputs: i and o.
        recurrent: all nodes are computed at once, from the values before; else one level after the
            other.
        steps: number of computed nodes (p,).
        node: their rows in the genome (p, n).
        level: longest path from an input, 1 and more; 0 where recurrent (p, n).
        kind: their activations (p, n).
        first: edges of the k-th are first[k] to first[k + 1] - 1 (p, n + 1).
        origin: the slot an edge comes from (p, c).
        weight: (p, c).
        result: slots of the outputs (p, o).
    """

    inputs: int
    outputs: int
    recurrent: bool
    steps: I32
    node: I32
    level: I32
    kind: I32
    first: I32
    origin: I32
    weight: F32
    result: I32
    foreign: Any = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.steps)

    def has_room(self, genomes: Genomes, recurrent: bool) -> bool:
        """Whether the networks of `genomes` can take the place of these."""
        same = (len(self), self.inputs, self.outputs, self.recurrent)
        rooms = self.node.shape[1], self.weight.shape[1]
        return (
            same == (len(genomes), genomes.inputs, genomes.outputs, recurrent)
            and rooms[0] >= genomes.node_room
            and rooms[1] >= genomes.gene_room
        )


def blank_programs(genomes: Genomes, recurrent: bool) -> Programs:
    """Room for the networks of `genomes`."""
    p, n, c = len(genomes), genomes.node_room, genomes.gene_room
    rooms = ((p,), (p, n), (p, n), (p, n), (p, n + 1), (p, c))
    steps, node, level, kind, first, origin = (np.empty(room, np.int32) for room in rooms)
    return Programs(
        genomes.inputs,
        genomes.outputs,
        recurrent,
        steps,
        node,
        level,
        kind,
        first,
        origin,
        np.empty((p, c), np.float32),
        np.empty((p, genomes.outputs), np.int32),
    )
