# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What makes a graph well formed, asked whenever one is constructed.

Shapes and data types are inferred anew from those of the inputs, by torch. Sizes that follow the
batch are tried at two sizes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vynapse.errors import GraphError
from vynapse.graph.infer import TensorType, Typed, Types, infer
from vynapse.graph.nodes import Node, Parts, topological
from vynapse.graph.schema import STRUCTURAL, check_arguments
from vynapse.graph.values import (
    Attribute,
    Dim,
    Input,
    Shape,
    at_batch,
    dtype_name,
    dtype_of,
    sizes_at,
)

_LARGEST = 2**40
"""Elements along one axis; more is a mistake, and overflows torch's arithmetic."""


def verified(graph: Parts) -> tuple[Node, ...]:
    """The nodes in topological order.

    Raises:
        GraphError: a name twice, a name that is none, a cycle, an unknown op, a wrong number of
            inputs, a wrong shape or data type, a tensor that is absent or not wanted.
    """
    names: set[str] = set()
    for node in graph.nodes:
        if not node.name or node.name in names:
            raise GraphError(f"node {node.name!r}: a name of its own was wanted")
        names.add(node.name)
    for node in graph.nodes:
        _check_node(node, names)
    for output in graph.outputs:
        if output not in names:
            raise GraphError(f"the output {output!r} is not a node of the graph")
    nodes = topological(graph.nodes)
    _check_tensors(graph)
    sizes: tuple[int | None, ...] = (None,)
    if graph.batch is not None:
        if not 1 <= graph.batch <= _LARGEST:
            raise GraphError(f"batch: a size of at least 1 was wanted, got {graph.batch}")
        sizes = (graph.batch, graph.batch + 1)
    for batch in sizes:
        _check_types(nodes, batch)
    for output in graph.outputs:
        node = next(n for n in nodes if n.name == output)
        if node.dtype == "tuple":
            raise GraphError(f"node {output!r}: one tensor was wanted as output, it gives several")
    return nodes


def types(nodes: tuple[Node, ...], batch: int | None) -> dict[str, Types]:
    """What every node gives, by inference.

    Raises:
        GraphError: a node cannot take its inputs, or a size follows a batch that is not there.
    """
    return dict(_types(nodes, batch))


def _types(nodes: tuple[Node, ...], batch: int | None) -> Iterator[tuple[str, Types]]:
    known: dict[str, Types] = {}
    for node in nodes:
        try:
            known[node.name] = type_of(node, known, batch)
        except GraphError as error:
            raise GraphError(f"node {node.name!r}: {error}") from None
        yield node.name, known[node.name]


def type_of(node: Node, known: Mapping[str, Types], batch: int | None) -> Types:
    """What a node gives, by the types of what it reads, at this size of the batch."""
    if node.op in STRUCTURAL and node.op != "getitem":
        return TensorType(sizes_at(node.shape, batch), node.dtype)
    if node.op == "getitem":
        parts, index = known[str(node.inputs[0])], dict(node.attributes)["index"]
        if not isinstance(parts, tuple):
            raise GraphError(f"{node.inputs[0]!r} gives one tensor, not several")
        if not isinstance(index, int) or not 0 <= index < len(parts):
            raise GraphError(f"an index below {len(parts)} was wanted, got {index!r}")
        return parts[index]
    inputs = tuple(_typed(value, known, batch) for value in node.inputs)
    attributes: dict[str, Attribute] = {
        key: at_batch(value, batch) for key, value in node.attributes
    }
    return infer(node.op, inputs, attributes)


def _typed(value: Input, known: Mapping[str, Types], batch: int | None) -> Typed:
    if isinstance(value, str):
        return _one(value, known)
    if isinstance(value, tuple):
        return tuple(None if item is None else _one(item, known) for item in value)
    number = at_batch(value, batch)
    if number is None or isinstance(number, (bool, int, float)):
        return number
    raise GraphError(f"a number was wanted, got {number!r}")


def _one(name: str, known: Mapping[str, Types]) -> TensorType:
    found = known[name]
    if isinstance(found, tuple):
        raise GraphError(f"the input {name!r} is several tensors: take one by getitem")
    return found


def _check_node(node: Node, names: set[str]) -> None:
    """All that can be said of a node without its neighbours."""
    try:
        for source in node.sources:
            if source not in names:
                raise GraphError(f"its input {source!r} is not a node of the graph")
        keys = [key for key, _ in node.attributes]
        if keys != sorted(set(keys)):
            raise GraphError("attributes sorted by name, each once, were wanted")
        for size in node.shape:
            if isinstance(size, int) and (isinstance(size, bool) or not 0 <= size <= _LARGEST):
                raise GraphError(f"a size from 0 to 2**40 was wanted, got {size}")
        if node.dtype != "tuple":
            dtype_of(node.dtype)
        if node.op == "getitem":
            if len(node.inputs) != 1 or not isinstance(node.inputs[0], str) or keys != ["index"]:
                raise GraphError("getitem takes one node and the attribute 'index'")
        elif node.op in STRUCTURAL:
            if node.inputs or keys or node.dtype == "tuple":
                raise GraphError(f"a node of kind {node.op} has no inputs and no attributes")
        else:
            check_arguments(node.op, node.inputs, dict(node.attributes))
    except GraphError as error:
        raise GraphError(f"node {node.name!r}: {error}") from None


def _check_tensors(graph: Parts) -> None:
    holders = {node.name: node for node in graph.nodes if node.op in {"parameter", "constant"}}
    for name in graph.tensors:
        if name not in holders:
            raise GraphError(f"tensor {name!r}: there is no parameter or constant of that name")
    for name, node in holders.items():
        if name not in graph.tensors:
            raise GraphError(f"node {name!r}: its tensor is missing")
        tensor = graph.tensors[name]
        given = tuple(tensor.shape), dtype_name(tensor.dtype)
        if given != (node.shape, node.dtype):
            raise GraphError(
                f"node {name!r}: a tensor {node.dtype} of shape {_shown(node.shape)} was wanted, "
                f"got {given[1]} of shape {_shown(given[0])}"
            )


def _check_types(nodes: tuple[Node, ...], batch: int | None) -> None:
    found = types(nodes, batch)
    for node in nodes:
        real = found[node.name]
        if isinstance(real, tuple):
            if node.dtype != "tuple" or node.shape:
                raise GraphError(
                    f"node {node.name!r}: {node.op} gives {len(real)} tensors: the data type "
                    f"'tuple' and no shape were wanted, got {node.dtype} {_shown(node.shape)}"
                )
            continue
        declared = (sizes_at(node.shape, batch) if _plain_or(node, batch) else (), node.dtype)
        if declared != (real.shape, real.dtype):
            raise GraphError(
                f"node {node.name!r}: {node.op} gives {real.dtype} of shape {_shown(real.shape)}, "
                f"the graph says {node.dtype} of shape {_shown(node.shape)}"
            )


def _plain_or(node: Node, batch: int | None) -> bool:
    if batch is None and any(isinstance(size, Dim) for size in node.shape):
        raise GraphError(
            f"node {node.name!r}: its shape {_shown(node.shape)} follows the batch, "
            "but the graph has no batch"
        )
    return True


def _shown(shape: Shape) -> str:
    return "(" + ", ".join(str(size) for size in shape) + ")"
