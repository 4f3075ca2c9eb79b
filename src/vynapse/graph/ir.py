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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import torch
from torch import Tensor

from vynapse.errors import GraphError
from vynapse.graph.values import Attribute, Dim, Input, Shape, at_batch

TUPLE = "tuple"
"""The `dtype` of a node that gives several tensors; `getitem` nodes take them apart."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a graph and how it comes about.

    Attributes:
        name: unique in the graph.
        op: "input", "parameter", "constant", "getitem" or an op such as "aten.mul.Tensor".
        inputs: the tensor arguments in the order of the op's signature: names of nodes, lists of
            names, or numbers.
        attributes: the other arguments that differ from their defaults, sorted by name.
        shape: sizes of the result; () for a tuple.
        dtype: e.g. "float32", or "tuple".
    """

    name: str
    op: str
    inputs: tuple[Input, ...] = ()
    attributes: tuple[tuple[str, Attribute], ...] = ()
    shape: Shape = ()
    dtype: str = "float32"

    @property
    def sources(self) -> tuple[str, ...]:
        """The nodes it reads, in order, repeated ones repeated."""
        return tuple(_names(self.inputs))

    def attribute(self, name: str, default: Attribute = None) -> Attribute:
        """What is said under `name`."""
        return dict(self.attributes).get(name, default)

    def reading(self, names: Mapping[str, str]) -> Node:
        """The node with its sources renamed."""
        return replace(self, inputs=tuple(_renamed(value, names) for value in self.inputs))


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
        from vynapse.graph.verify import verified

        tensors = {name: self.tensors[name].detach().contiguous() for name in sorted(self.tensors)}
        object.__setattr__(self, "tensors", MappingProxyType(tensors))
        object.__setattr__(self, "nodes", verified(self))

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
        nodes = tuple(_at(node, batch) for node in self.nodes)
        return Graph(nodes, self.outputs, self.tensors)

    def with_tensors(self, tensors: Mapping[str, Tensor]) -> Graph:
        """The graph with some of its tensors exchanged."""
        return replace(self, tensors={**self.tensors, **tensors})


def topological(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes, each after those it reads, else in the order in which they were given.

    Raises:
        GraphError: some of them need each other.
    """
    waiting = {node.name: node for node in nodes}
    done: list[Node] = []
    while waiting:
        ready = []
        for node in list(waiting.values()):
            if not any(source in waiting for source in node.sources):
                ready.append(node)
                del waiting[node.name]
        if not ready:
            names = " -> ".join([*_cycle(waiting)])
            raise GraphError(f"node {next(iter(waiting))!r}: the graph has a cycle: {names}")
        done += ready
    return tuple(done)


def _cycle(waiting: Mapping[str, Node]) -> list[str]:
    name, path = next(iter(waiting)), []
    while name not in path:
        path.append(name)
        name = next(s for s in waiting[name].sources if s in waiting)
    return [*path[path.index(name) :], name]


def _at(node: Node, batch: int) -> Node:
    return replace(
        node,
        inputs=tuple(at_batch(value, batch) for value in node.inputs),  # type: ignore[misc]
        attributes=tuple((key, at_batch(value, batch)) for key, value in node.attributes),
        shape=tuple(s.at(batch) if isinstance(s, Dim) else s for s in node.shape),
    )


def _names(inputs: Sequence[Input]) -> Iterator[str]:
    for value in inputs:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, str))


def _renamed(value: Input, names: Mapping[str, str]) -> Input:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(None if item is None else names.get(item, item) for item in value)
    return value


def _plain(value: object) -> object:
    return {"batch": [value.scale, value.offset]} if isinstance(value, Dim) else value
