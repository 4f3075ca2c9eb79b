# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph written down by hand, as YAML or as a mapping.

    inputs: {x: {shape: [batch, 4]}}
    parameters: {w: {shape: [3, 4]}, b: {shape: [3], init: zeros}}
    nodes:
      - {name: h, op: linear, inputs: [x, w, b]}
      - {name: y, op: relu, inputs: [h]}
    outputs: [y]

`constants` have `values` in one list beside shape and dtype. inf and nan are {float: inf}.
Parameters are given by `values`, or drawn: `init` is zeros, ones or uniform. Uniform numbers lie
between plus and minus one by the root of the product of all sizes but the first, as in torch's
layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
import yaml
from pydantic import Field
from torch import Tensor

from vynapse.errors import ConfigError, GraphError
from vynapse.graph.builder import Builder
from vynapse.graph.ir import Graph
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Attribute, Dim, Shape, dtype_of, parse_size
from vynapse.seeding import Streams
from vynapse.settings import Settings, validate


class InputSettings(Settings):
    """What is given at each run; a size may be "batch"."""

    shape: tuple[int | str, ...]
    dtype: str = "float32"


class ParameterSettings(Settings):
    """A weight."""

    shape: tuple[int, ...] | None = None
    dtype: str = "float32"
    init: Literal["zeros", "ones", "uniform"] = "uniform"
    values: Any = None


class ConstantSettings(Settings):
    """A tensor that is not learnt."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    values: tuple[Any, ...]


class NodeSettings(Settings):
    """An op; inputs are names of values above it, numbers, or lists of names."""

    name: str
    op: str
    inputs: tuple[Any, ...] = ()
    attributes: dict[str, Any] = Field(default_factory=dict)


class GraphSettings(Settings):
    """A whole graph."""

    inputs: dict[str, InputSettings]
    parameters: dict[str, ParameterSettings] = Field(default_factory=dict)
    constants: dict[str, ConstantSettings] = Field(default_factory=dict)
    nodes: tuple[NodeSettings, ...]
    outputs: tuple[str, ...]


def declare(content: Mapping[str, Any] | str, seed: int = 0) -> Graph:
    """The graph of a mapping, or of a YAML text.

    Args:
        content: the declaration; see the docstring of this module.
        seed: the seed of the weights that are drawn.

    Raises:
        ConfigError: a key or a value is wrong; all are named.
        GraphError: a node cannot be; it is named.
    """
    if isinstance(content, str):
        try:
            content = yaml.safe_load(content)
        except yaml.YAMLError as error:
            raise ConfigError(f"graph: it is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping):
        raise ConfigError("graph: the keys inputs, nodes and outputs were wanted")
    settings = validate(GraphSettings, content, "graph")
    builder = Builder()
    values: dict[str, Symbol] = {}
    for name, given in settings.inputs.items():
        values[name] = _place(name, values, builder.input, _shape(name, given.shape), given.dtype)
    streams = Streams(seed)
    for name, weight in settings.parameters.items():
        values[name] = _place(name, values, builder.parameter, _tensor(name, weight, streams))
    for name, fixed in settings.constants.items():
        values[name] = _place(name, values, builder.constant, _constant(name, fixed))
    for node in settings.nodes:
        if node.name in values:
            raise GraphError(f"node {node.name!r}: a name of its own was wanted")
        inputs = [_value(item, node.name, builder) for item in node.inputs]
        attributes = {key: _attribute(item) for key, item in node.attributes.items()}
        if node.op == "getitem":
            values[node.name] = builder.take(_several(inputs), attributes.get("index"), node.name)
        else:
            values[node.name] = builder.add(node.op, *inputs, name=node.name, **attributes)
    for output in settings.outputs:
        if output not in values:
            raise GraphError(f"the output {output!r} is not a node of the graph")
    return builder.graph(*(values[output] for output in settings.outputs))


def _place(name: str, values: Mapping[str, Symbol], make: Any, *arguments: Any) -> Symbol:
    if name in values:
        raise GraphError(f"node {name!r}: a name of its own was wanted")
    made: Symbol = make(name, *arguments)
    return made


def _shape(name: str, sizes: tuple[int | str, ...]) -> Shape:
    try:
        return tuple(parse_size(size) if isinstance(size, str) else size for size in sizes)
    except GraphError as error:
        raise GraphError(f"node {name!r}: {error}") from None


def _tensor(name: str, weight: ParameterSettings, streams: Streams) -> Tensor:
    if weight.values is not None:
        try:
            tensor = torch.tensor(weight.values, dtype=dtype_of(weight.dtype))
        except (TypeError, ValueError, RuntimeError) as error:
            raise GraphError(f"node {name!r}: numbers were wanted under values: {error}") from None
        if weight.shape is not None and tuple(tensor.shape) != weight.shape:
            raise GraphError(f"node {name!r}: values of shape {weight.shape} were wanted")
        return tensor
    if weight.shape is None or any(size < 0 for size in weight.shape):
        raise GraphError(f"node {name!r}: a shape or values were wanted")
    if weight.init != "uniform":
        return torch.full(weight.shape, float(weight.init == "ones"), dtype=dtype_of(weight.dtype))
    bound = 1 / math.sqrt(max(1, math.prod(weight.shape[1:])))
    drawn = streams.stream(f"graph.{name}").uniform(math.prod(weight.shape))
    return (
        torch.from_numpy((2 * drawn - 1) * bound).reshape(weight.shape).to(dtype_of(weight.dtype))
    )


def _constant(name: str, fixed: ConstantSettings) -> Tensor:
    try:
        flat = torch.tensor([_number(v) for v in fixed.values], dtype=dtype_of(fixed.dtype))
        return flat.reshape(fixed.shape)
    except (TypeError, ValueError, RuntimeError) as error:
        raise GraphError(
            f"node {name!r}: {math.prod(fixed.shape)} numbers were wanted under values: {error}"
        ) from None


def _value(item: Any, node: str, builder: Builder) -> object:
    try:
        if isinstance(item, str):
            return builder.symbol(item)
        if isinstance(item, list):
            return [None if name is None else builder.symbol(str(name)) for name in item]
    except GraphError as error:
        raise GraphError(f"node {node!r}: {error}") from None
    return _number(item)


def _several(inputs: list[object]) -> Symbol:
    if len(inputs) != 1 or not isinstance(inputs[0], Symbol):
        raise GraphError("getitem takes one node and the attribute 'index'")
    return inputs[0]


def _attribute(item: Any) -> Attribute:
    """Lists become tuples, and texts such as "batch" and "4*batch" sizes."""
    if isinstance(item, list):
        return tuple(_attribute(part) for part in item)  # type: ignore[misc]
    if isinstance(item, str) and "batch" in item:
        size: Dim = parse_size(item)
        return size
    found: Attribute = _number(item)
    return found


def _number(item: Any) -> Any:
    """What is no finite number stands as {float: inf}."""
    if isinstance(item, Mapping) and list(item) == ["float"]:
        text = str(item["float"])
        if text in {"inf", "-inf", "nan"}:
            return float(text)
    return item
