# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Build a graph node by node; shapes and data types are inferred.

b = Builder()
x = b.input("x", (BATCH, 4))
w = b.parameter("w", torch.zeros(3, 4))
y = b.add("relu", b.add("linear", x, w), name="y")
graph = b.graph(y)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from torch import Tensor

from vynapse.errors import GraphError, suggestion
from vynapse.graph.infer import Types
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import TUPLE, Node
from vynapse.graph.schema import check_arguments, is_op, signature
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Attribute, Dim, Input, Shape, dtype_name, encode
from vynapse.graph.verify import type_of, types

_OVERLOADS = (
    "default",
    "Tensor",
    "self",
    "int",
    "dim_IntList",
    "dim",
    "Tensor_Scalar",
    "correction",
)
"""Tried in this order where the name of an op says none."""


class Builder:
    """A graph in the making.

    Args:
        batch: an example of the size of the batch, where sizes follow it.
        reserved: names that are kept for nodes yet to be included.
    """

    def __init__(self, batch: int | None = None, reserved: Iterable[str] = ()) -> None:
        self.batch = batch
        self._reserved = frozenset(reserved)
        self._nodes: dict[str, Node] = {}
        self._tensors: dict[str, Tensor] = {}
        self._known: list[tuple[int | None, dict[str, Types]]] = []

    def input(self, name: str, shape: Shape, dtype: str = "float32") -> Symbol:
        """A tensor that is given at each run; a size may follow the batch."""
        if self.batch is None and any(isinstance(size, Dim) for size in shape):
            self.batch = 2
        return self._symbol(Node(self._fresh(name), "input", (), (), shape, dtype))

    def parameter(self, name: str, tensor: Tensor) -> Symbol:
        """A weight."""
        return self._hold(name, "parameter", tensor)

    def constant(self, name: str, tensor: Tensor) -> Symbol:
        """A tensor that is not learnt."""
        return self._hold(name, "constant", tensor)

    def add(
        self, op: str, /, *inputs: object, name: str | None = None, **attributes: Attribute
    ) -> Symbol:
        """A node.

        Args:
            op: "relu", "aten.relu" or "aten.relu.default".
            inputs: symbols, numbers, None or sequences of symbols.
            name: the node's name; by default that of the op.
            attributes: the arguments of the op that are no tensors.

        Raises:
            GraphError: there is no such op, or it cannot take this; the node is named.
        """
        try:
            return self._call(full_name(op), inputs, attributes, name)
        except GraphError as error:
            where = name or op
            text = str(error).removeprefix(f"node {where!r}: ")
            raise GraphError(f"node {where!r}: {text}") from None

    def emit(self, op: str, inputs: Sequence[object], attributes: dict[str, Attribute]) -> Symbol:
        return self._call(op, inputs, attributes, None)

    def part(self, several: Symbol, index: int) -> Symbol:
        return self.take(several, index, f"{several.value}.{index}")

    def take(self, several: Symbol, index: Attribute, name: str) -> Symbol:
        """One tensor of an op that gives several."""
        pairs = (("index", index),)
        return self._inferred(Node(self._fresh(name), "getitem", (str(several.value),), pairs))

    def include(self, node: Node, tensor: Tensor | None = None) -> Symbol:
        """A node of another graph as it stands; its name must be free."""
        if tensor is not None:
            self._tensors[node.name] = tensor
        return self._symbol(node)

    def symbol(self, name: str) -> Symbol:
        """The value of a node that is there already."""
        if name not in self._nodes:
            raise GraphError(f"there is no node {name!r}{suggestion(name, self._nodes)}")
        node = self._nodes[name]
        return Symbol(self, name, node.shape, node.dtype)

    def graph(self, *outputs: Symbol) -> Graph:
        """The finished graph, which gives these values."""
        names = tuple(str(output.value) for output in outputs)
        return Graph(tuple(self._nodes.values()), names, self._tensors, self.batch)

    def _call(
        self,
        op: str,
        inputs: Sequence[object],
        attributes: Mapping[str, Attribute],
        name: str | None,
    ) -> Symbol:
        known = signature(op)
        plain = {k: encode(v) for k, v in attributes.items()}
        said = tuple(sorted((k, v) for k, v in plain.items() if not _default(v, k, op)))
        named = self._fresh(name or op.split(".")[1].strip("_"))
        reads = tuple(_read(value) for value in inputs)
        reads += (None,) * (len(known.tensors) - len(reads)) if len(reads) >= known.required else ()
        check_arguments(op, reads, plain)
        return self._inferred(Node(named, op, reads, said))

    def _inferred(self, node: Node) -> Symbol:
        """Add a node whose shape and data type are those that its op gives."""
        found = [type_of(node, known, batch) for batch, known in self._trials()]
        first = found[0]
        if isinstance(first, tuple):
            return self._symbol(replace(node, shape=(), dtype=TUPLE))
        columns = zip(*(t.shape for t in found if not isinstance(t, tuple)), strict=True)
        shape = tuple(self._size(column) for column in columns)
        return self._symbol(replace(node, shape=shape, dtype=first.dtype))

    def _size(self, column: tuple[int, ...]) -> int | Dim:
        if len(set(column)) == 1:
            return column[0]
        scale = column[1] - column[0]
        if column[2] - column[1] != scale:
            raise GraphError(f"the sizes {column} follow the batch in no simple way")
        return Dim(scale, column[0] - scale * (self.batch or 0))

    def _trials(self) -> list[tuple[int | None, dict[str, Types]]]:
        """The types of all nodes at some sizes of the batch, from which sizes that follow it show.

        Begun anew where the batch appears after the first nodes.
        """
        sizes = (None,) if self.batch is None else (self.batch, self.batch + 1, self.batch + 2)
        if tuple(batch for batch, _ in self._known) != sizes:
            nodes = tuple(self._nodes.values())
            self._known = [(batch, types(nodes, batch)) for batch in sizes]
        return self._known

    def _symbol(self, node: Node) -> Symbol:
        """Add a node as it stands."""
        for batch, known in self._trials():
            known[node.name] = type_of(node, known, batch)
        self._nodes[node.name] = node
        return Symbol(self, node.name, node.shape, node.dtype)

    def _hold(self, name: str, kind: str, tensor: Tensor) -> Symbol:
        fresh = self._fresh(name)
        self._tensors[fresh] = tensor
        shape, dtype = tuple(tensor.shape), dtype_name(tensor.dtype)
        return self._symbol(Node(fresh, kind, (), (), shape, dtype))

    def _fresh(self, name: str) -> str:
        number, wanted = 1, name
        while name in self._nodes or name in self._reserved:
            name, number = f"{wanted}.{number}", number + 1
        return name


def full_name(op: str) -> str:
    """The op that is meant: "relu" is "aten.relu.default".

    Raises:
        GraphError: there is none.
    """
    parts = op.split(".")
    parts = parts if parts[0] in {"aten", "mkldnn"} else ["aten", *parts]
    if len(parts) == 3:
        return signature(".".join(parts)).op
    for overload in _OVERLOADS:
        candidate = ".".join([*parts, overload])
        if len(parts) == 2 and is_op(candidate):
            with suppress(GraphError):
                return signature(candidate).op
    return signature(op).op


def _default(value: Attribute, name: str, op: str) -> bool:
    """Whether the op takes this value where nothing is said."""
    default = next((a for a in signature(op).arguments if a.name == name), None)
    if default is None or default.required:
        return False
    plain = list(value) if isinstance(value, tuple) else value
    return type(plain) is type(default.default) and plain == default.default


def _read(value: object) -> Input:
    if isinstance(value, Symbol):
        return str(value.value)
    if isinstance(value, (list, tuple)):
        return tuple(None if item is None else str(_read(item)) for item in value)
    if value is None or isinstance(value, (bool, int, float, Dim)):
        return value
    raise GraphError(f"a value of this graph, a number or None was wanted, got {value!r}")
