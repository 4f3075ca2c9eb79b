# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph: frozen nodes in an order in which they can be computed, and the tensors it carries.

    input       given at each run
    parameter   a weight; its tensor is in `Graph.tensors` under the name of the node
    constant    a tensor that is not learnt, kept likewise
    getitem     one tensor of an op that gives several
    aten.*      an op of torch, which alone says what it computes and what shape that has

A graph is verified where it is constructed, so there is none that is malformed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import torch
from torch import Tensor

from vynapse.graph.nodes import Node, node_at
from vynapse.graph.values import Dim
from vynapse.graph.verify import verified


@dataclass(frozen=True, eq=False)
class Graph:
    """A directed acyclic graph of ops; equality and hash are those of its content.

    Attributes:
        nodes: the nodes in topological order (any order may be given).
        outputs: names of the nodes whose values it gives.
        tensors: what parameters and constants hold.
        batch: the size of the batch that it was made with; None where no size follows the batch.

    Raises:
        GraphError: it is malformed; the node is named.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    batch: int | None = None

    def __post_init__(self) -> None:
        tensors = {name: self.tensors[name].detach().contiguous() for name in sorted(self.tensors)}
        object.__setattr__(self, "tensors", MappingProxyType(tensors))
        object.__setattr__(self, "nodes", verified(self))

    def __deepcopy__(self, memo: dict[int, object]) -> Graph:
        """Itself, as nothing changes a graph: a module that holds one can be copied."""
        return self

    def __getitem__(self, name: str) -> Node:
        return self.by_name[name]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self.digest == other.digest

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """The nodes by their names."""
        return MappingProxyType({node.name: node for node in self.nodes})

    @property
    def inputs(self) -> tuple[Node, ...]:
        """What must be given to run it, in order."""
        return tuple(node for node in self.nodes if node.op == "input")

    @property
    def parameters(self) -> Mapping[str, Tensor]:
        """The weights by name."""
        names = (node.name for node in self.nodes if node.op == "parameter")
        return {name: self.tensors[name] for name in names}

    @cached_property
    def consumers(self) -> Mapping[str, tuple[str, ...]]:
        """Who reads each node."""
        readers: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for source in dict.fromkeys(node.sources):
                readers[source].append(node.name)
        return {name: tuple(found) for name, found in readers.items()}

    @cached_property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """Nodes by their distance from the sources: those of one level do not need each other."""
        depth: dict[str, int] = {}
        rows: list[list[str]] = []
        for node in self.nodes:
            depth[node.name] = 1 + max((depth[s] for s in node.sources), default=-1)
            if depth[node.name] == len(rows):
                rows.append([])
            rows[depth[node.name]].append(node.name)
        return tuple(tuple(row) for row in rows)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the structure and of every tensor's bytes."""
        found = hashlib.sha256(self.structure.encode())
        for name, tensor in self.tensors.items():
            found.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)};".encode())
            found.update(tensor.cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
        return found.hexdigest()

    @cached_property
    def structure(self) -> str:
        """Nodes, outputs and batch as canonical JSON; the tensors are not in it."""
        nodes = [
            [n.name, n.op, n.inputs, n.attributes, [*map(_plain, n.shape)], n.dtype]
            for n in self.nodes
        ]
        return json.dumps([nodes, self.outputs, self.batch], default=_plain, sort_keys=True)

    def at(self, batch: int) -> Graph:
        """The graph for one size of the batch; itself where no size follows the batch."""
        if self.batch is None:
            return self
        nodes = tuple(node_at(node, batch) for node in self.nodes)
        return Graph(nodes, self.outputs, self.tensors)

    def with_tensors(self, tensors: Mapping[str, Tensor]) -> Graph:
        """The graph with some of its tensors exchanged."""
        return replace(self, tensors={**self.tensors, **tensors})


def _plain(value: object) -> object:
    return {"batch": [value.scale, value.offset]} if isinstance(value, Dim) else value
