# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph as the declaration that `declare` reads, so that a graph from a file can be a network."""

from __future__ import annotations

import math
from typing import Any, Final

from torch import Tensor

from vynapse.errors import GraphError
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.values import Dim

_LARGEST: Final = 2**16


def declaration(graph: Graph) -> dict[str, Any]:
    """Inputs, parameters, constants, nodes and outputs of a graph as plain data.

    Parameters have shape and data type alone, since their values are weights; constants are whole.

    Raises:
        GraphError: a node reads a size of the batch as a number, which a declaration cannot say, or
            a constant is too large for one.
    """
    found: dict[str, Any] = {"inputs": {}, "parameters": {}, "constants": {}, "nodes": []}
    for node in graph:
        if node.op == "input":
            found["inputs"][node.name] = _type(node)
        elif node.op == "parameter":
            found["parameters"][node.name] = _type(node)
        elif node.op == "constant":
            found["constants"][node.name] = _constant(node, graph.tensors[node.name])
        else:
            found["nodes"].append(_node(node))
    return {**found, "outputs": list(graph.outputs)}


def _type(node: Node) -> dict[str, Any]:
    return {"shape": [_plain(size) for size in node.shape], "dtype": node.dtype}


def _constant(node: Node, tensor: Tensor) -> dict[str, Any]:
    if tensor.numel() > _LARGEST:
        raise GraphError(
            f"node {node.name!r} is a constant of {tensor.numel():,} numbers, and a recipe holds "
            f"{_LARGEST:,} at most: make it a parameter"
        )
    return {**_type(node), "values": [_plain(value) for value in tensor.flatten().tolist()]}


def _node(node: Node) -> dict[str, Any]:
    if any(isinstance(value, Dim) for value in node.inputs):
        raise GraphError(
            f"node {node.name!r} reads the size of the batch as a number: make it an attribute"
        )
    inputs = [_plain(value) for value in node.inputs]
    attributes = {key: _plain(value) for key, value in node.attributes}
    return {"name": node.name, "op": node.op, "inputs": inputs, "attributes": attributes}


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}  # JSON has no such numbers
    return str(value) if isinstance(value, Dim) else value
