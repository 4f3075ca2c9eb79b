# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The nodes of a graph, and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

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


def node_at(node: Node, batch: int) -> Node:
    """The node for one size of the batch."""
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


@runtime_checkable
class Parts(Protocol):
    """What a graph is made of, before anybody has verified it."""

    @property
    def nodes(self) -> tuple[Node, ...]: ...
    @property
    def outputs(self) -> tuple[str, ...]: ...
    @property
    def tensors(self) -> Mapping[str, Tensor]: ...
    @property
    def batch(self) -> int | None: ...
