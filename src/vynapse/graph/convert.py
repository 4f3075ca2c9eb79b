# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From torch's recording to nodes, and from several recordings to sizes that follow the batch."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, fx

from vynapse.errors import GraphError
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import TUPLE, Node
from vynapse.graph.schema import signature
from vynapse.graph.values import Attribute, Dim, Input, dtype_name, encode


def convert(
    recording: fx.GraphModule,
    names: Sequence[str],
    tensors: Mapping[str, Tensor],
    parameters: frozenset[str],
) -> Graph:
    """The graph of a recording; what no output needs is left out.

    Args:
        recording: a recording by `capture`.
        names: the names of its placeholders.
        tensors: what the placeholders hold that are no inputs.
        parameters: which of these are learnt.
    """
    reader = _Reader(recording, set(names))
    held: dict[str, Tensor] = {}
    nodes: list[Node] = []
    given = iter(names)
    outputs: tuple[str, ...] = ()
    for item in recording.graph.nodes:
        if item.op == "placeholder":
            name = reader.names[item.name] = next(given)
            kind = "parameter" if name in parameters else "constant"
            if name in tensors:
                held[name] = tensors[name]
            nodes.append(_leaf(name, kind if name in tensors else "input", item.meta["val"]))
        elif item.op == "get_attr":
            tensor = getattr(recording, str(item.target)).detach()
            name = reader.name(item)
            held[name] = tensor
            nodes.append(_leaf(name, "constant", tensor))
        elif item.op == "output":
            outputs = tuple(reader.names[part.name] for part in _results(item.args[0]))
        elif item.target is torch.ops.aten.lift_fresh_copy.default:
            reader.names[item.name] = reader.names[item.args[0].name]
        else:
            nodes.append(reader.node(item))
    needed = _needed(nodes, outputs)
    kept = tuple(n for n in nodes if n.name in needed or n.op == "input")
    return Graph(kept, outputs, {name: t for name, t in held.items() if name in needed})


def follow_batch(graphs: Sequence[Graph], batches: Sequence[int]) -> Graph:
    """The graph whose sizes follow the batch, from its recordings at several sizes.

    Every number that differs must be `scale * batch + offset` at all of them.

    Raises:
        GraphError: the recordings differ in anything else; the node is named.
    """
    first = graphs[0]
    if any([n.op for n in g] != [n.op for n in first] for g in graphs):
        raise GraphError("dynamic_batch: which ops are executed depends on the size of the batch")
    nodes = []
    for versions in zip(*(graph.nodes for graph in graphs), strict=True):
        node = versions[0]
        try:
            nodes.append(_merged(versions, batches))
        except GraphError as error:
            raise GraphError(f"dynamic_batch: node {node.name!r} ({node.op}): {error}") from None
    for other in graphs[1:]:
        for name, tensor in first.tensors.items():
            if not torch.equal(tensor, other.tensors[name]):
                raise GraphError(f"dynamic_batch: the constant {name!r} depends on the batch")
    return Graph(tuple(nodes), first.outputs, first.tensors, batches[0])


def _merged(versions: Sequence[Node], batches: Sequence[int]) -> Node:
    node = versions[0]
    if any(len(v.inputs) != len(node.inputs) or v.dtype != node.dtype for v in versions):
        raise GraphError("what it reads depends on the size of the batch")
    keys = [key for key, _ in node.attributes]
    if any([key for key, _ in v.attributes] != keys for v in versions):
        raise GraphError("its attributes depend on the size of the batch")
    inputs = (
        _linear(values, batches) for values in zip(*(v.inputs for v in versions), strict=True)
    )
    columns = zip(*([value for _, value in v.attributes] for v in versions), strict=True)
    attributes = zip(keys, (_linear(values, batches) for values in columns), strict=True)
    shape = _linear([v.shape for v in versions], batches)
    return replace(node, inputs=tuple(inputs), attributes=tuple(attributes), shape=shape)


def _linear(values: Sequence[Any], batches: Sequence[int]) -> Any:
    first = values[0]
    if all(type(value) is type(first) and repr(value) == repr(first) for value in values):
        return first
    if all(isinstance(value, tuple) and len(value) == len(first) for value in values):
        return tuple(_linear(items, batches) for items in zip(*values, strict=True))
    if all(type(value) is int for value in values):
        scale, rest = divmod(values[1] - first, batches[1] - batches[0])
        dim = Dim(scale, first - scale * batches[0])
        if not rest and all(dim.at(b) == v for b, v in zip(batches, values, strict=True)):
            return dim
    raise GraphError(f"{first!r} and {values[1]!r} follow the batch in no simple way")


class _Reader:
    """Names, inputs and attributes of the recorded calls."""

    def __init__(self, recording: fx.GraphModule, taken: set[str]) -> None:
        self.names: dict[str, str] = {}
        self._taken = taken

    def name(self, item: fx.Node) -> str:
        name, number = item.name.strip("_"), 1
        while name in self._taken:
            name, number = f"{item.name.strip('_')}.{number}", number + 1
        self._taken.add(name)
        self.names[item.name] = name
        return name

    def node(self, item: fx.Node) -> Node:
        value = item.meta.get("val")
        shape: tuple[int, ...] = ()
        dtype = TUPLE
        if isinstance(value, Tensor):
            shape, dtype = tuple(value.shape), dtype_name(value.dtype)
        if item.target is operator.getitem:
            source, index = item.args
            reads = self.names[str(source)]
            pairs: tuple[tuple[str, Attribute], ...] = (("index", int(str(index))),)
            return Node(self.name(item), "getitem", (reads,), pairs, shape, dtype)
        if not isinstance(item.target, torch._ops.OpOverload):
            raise GraphError(f"{item.target} is no op of torch")
        if item.target._schema.is_mutable:
            written = self.names.get(str(item.args[0]), "")
            raise GraphError(
                f"{item.target} writes into {written!r}, a tensor that was given: clone it first, "
                "work on the copy, and give that back; or put the module in evaluation mode"
            )
        return self._call(item, str(item.target), shape, dtype)

    def _call(self, item: fx.Node, op: str, shape: tuple[int, ...], dtype: str) -> Node:
        known = signature(op)
        given = dict(zip((a.name for a in known.arguments), item.args, strict=False)) | item.kwargs
        inputs: list[Input] = []
        attributes: list[tuple[str, Attribute]] = []
        for argument in known.arguments:
            value = given.get(argument.name, argument.default)
            if argument.tensor:
                inputs.append(self._input(value))
            elif argument.name in given and not _same(value, argument.default):
                attributes.append((argument.name, encode(value)))
        return Node(self.name(item), op, tuple(inputs), tuple(sorted(attributes)), shape, dtype)

    def _input(self, value: object) -> Input:
        if isinstance(value, fx.Node):
            return self.names[value.name]
        if isinstance(value, (list, tuple)):
            return tuple(None if item is None else self.names[item.name] for item in value)
        return encode(value)  # type: ignore[return-value]


def _same(value: object, default: object) -> bool:
    plain = list(value) if isinstance(value, (list, tuple)) else value
    return type(plain) is type(default) and plain == default


def _results(value: Any) -> list[fx.Node]:
    items = value if isinstance(value, (list, tuple)) else [value]
    return [_result(item) for item in items]


def _result(item: Any) -> fx.Node:
    if not isinstance(item, fx.Node):
        raise GraphError(f"tensors were wanted as results, got {item!r}")
    return item


def _leaf(name: str, kind: str, tensor: Tensor) -> Node:
    return Node(name, kind, (), (), tuple(tensor.shape), dtype_name(tensor.dtype))


def _needed(nodes: Sequence[Node], outputs: Sequence[str]) -> set[str]:
    needed = set(outputs)
    for node in reversed(nodes):
        if node.name in needed:
            needed |= set(node.sources)
    return needed
