# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Historical markings: one number for each new structure of a run, and genes that carry it.

Stanley & Miikkulainen (2002), section 3.2. The same connection has the same innovation number
wherever and whenever it appears, and the same split the same node. A genome that splits a
connection a second time gets a second node: splits are told apart by an ordinal.
`c/neat_registry.h` gives the same bits.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vynapse.kernels.reference.law import I32
from vynapse.kernels.reference.neat_genomes import GENE_ARRAYS, NODE_ARRAYS, Genomes
from vynapse.seeding import F32


@dataclass(slots=True, eq=False)
class Pending:
    """Structure that children got and that has no number yet, (p,) each.

    Attributes:
        source, target: ids of the nodes of a new connection; source -1 without one.
        weight: the weight of the new connection.
        split: innovation number of the connection that is split, -1 without one.
        kind: activation of the new node.
        foreign: the arrays as C knows them, made when C wants them first.
    """

    source: I32
    target: I32
    weight: F32
    split: I32
    kind: I32
    foreign: Any = field(default=None, repr=False)

    @classmethod
    def none(cls, count: int) -> Pending:
        """Nothing new in `count` children."""
        split, source = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
        rest = np.zeros(count, np.int32), np.zeros(count, np.float32), np.zeros(count, np.int32)
        return cls(source, rest[0], rest[1], split, rest[2])


class Registry:
    """Numbers given so far.

    Args:
        first_hidden: the id of the first hidden node.
    """

    def __init__(self, first_hidden: int) -> None:
        self.first_hidden = first_hidden
        self._connections: dict[tuple[int, int], int] = {}
        self._splits: dict[tuple[int, int], int] = {}

    @property
    def connections(self) -> I32:
        """Source and target of each innovation (innovations, 2)."""
        return np.array(list(self._connections), np.int32).reshape(-1, 2)

    @property
    def splits(self) -> I32:
        """Innovation split and ordinal of each hidden node (hidden, 2)."""
        return np.array(list(self._splits), np.int32).reshape(-1, 2)

    def load(self, connections: I32, splits: I32) -> None:
        """Become the registry with these."""
        self._connections = {(int(s), int(t)): k for k, (s, t) in enumerate(connections)}
        self._splits = {(int(s), int(t)): k for k, (s, t) in enumerate(splits)}

    def connection(self, source: int, target: int) -> int:
        """The innovation number of a connection, a new one for one never seen."""
        return self._connections.setdefault((source, target), len(self._connections))

    def hidden(self, split: int, ordinal: int) -> int:
        """The id of a hidden node, a new one for a split never seen."""
        return self.first_hidden + self._splits.setdefault((split, ordinal), len(self._splits))

    def settle(self, genomes: Genomes, pending: Pending) -> None:
        """Give numbers to what is pending, genome by genome, and put it into the genomes."""
        for row in range(len(genomes)):
            source, target = int(pending.source[row]), int(pending.target[row])
            if source >= 0:
                number = self.connection(source, target)
                insert_gene(genomes, row, number, source, target, pending.weight[row])
            if pending.split[row] >= 0:
                self._split(genomes, row, int(pending.split[row]), int(pending.kind[row]))

    def _split(self, genomes: Genomes, row: int, innovation: int, kind: int) -> None:
        """A node on a connection: weight 1 leads to it, the old weight from it (section 3.1)."""
        gene = bisect_left(genomes.innovation[row, : genomes.genes[row]].tolist(), innovation)
        source, target = int(genomes.source[row, gene]), int(genomes.target[row, gene])
        weight = genomes.weight[row, gene]
        ids = genomes.node[row, : genomes.nodes[row]].tolist()
        ordinal = 0
        while (node := self.hidden(innovation, ordinal)) in ids:
            ordinal += 1
        insert_node(genomes, row, node, kind)
        entering, leaving = self.connection(source, node), self.connection(node, target)
        insert_gene(genomes, row, entering, source, node, np.float32(1))
        insert_gene(genomes, row, leaving, node, target, weight)


def insert_node(genomes: Genomes, row: int, node: int, kind: int) -> None:
    """Put a node in its place."""
    count = int(genomes.nodes[row])
    at = bisect_left(genomes.node[row, :count].tolist(), node)
    for name, value in zip(NODE_ARRAYS, (node, kind), strict=True):
        array = getattr(genomes, name)[row]
        array[at + 1 : count + 1] = array[at:count].copy()
        array[at] = value
    genomes.nodes[row] = count + 1


def insert_gene(
    genomes: Genomes, row: int, innovation: int, source: int, target: int, weight: np.float32
) -> None:
    """Put an enabled gene in its place."""
    count = int(genomes.genes[row])
    at = bisect_left(genomes.innovation[row, :count].tolist(), innovation)
    values = (innovation, source, target, weight, 1)
    for name, value in zip(GENE_ARRAYS, values, strict=True):
        array = getattr(genomes, name)[row]
        array[at + 1 : count + 1] = array[at:count].copy()
        array[at] = value
    genomes.genes[row] = count + 1
