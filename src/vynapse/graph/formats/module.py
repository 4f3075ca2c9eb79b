# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph as a torch module, the way to torch's own exporters."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from vynapse.graph.execute.interpreter import prepare
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.schema import STRUCTURAL, signature
from vynapse.graph.values import Attribute, Dim, Input


class GraphModule(nn.Module):
    """Computes a graph op by op; weights are its parameters, constants its buffers.

    Sizes that follow the batch are computed from the input, so an exporter keeps them open.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self._keys: dict[str, str] = {}
        for place, node in enumerate(graph):
            if node.op == "parameter" and graph.tensors[node.name].is_floating_point():
                key = self._keys[node.name] = f"{place}_{node.name}".replace(".", "_")
                self.register_parameter(key, nn.Parameter(graph.tensors[node.name].clone()))
            elif node.op in {"parameter", "constant"}:
                key = self._keys[node.name] = f"{place}_{node.name}".replace(".", "_")
                self.register_buffer(key, graph.tensors[node.name].clone())
        self._steps = [n for n in graph if n.op == "getitem" or n.op not in STRUCTURAL]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        values: dict[str, Any] = {
            node.name: tensor for node, tensor in zip(self.graph.inputs, inputs, strict=True)
        }
        values |= {name: getattr(self, key) for name, key in self._keys.items()}
        batch = self._batch(inputs)
        for node in self._steps:
            values[node.name] = _perform(node, values, batch)
        return tuple(values[name] for name in self.graph.outputs)

    def _batch(self, inputs: tuple[Tensor, ...]) -> Any:
        """The size of the batch, a symbol while torch exports."""
        for node, tensor in zip(self.graph.inputs, inputs, strict=True):
            for place, size in enumerate(node.shape):
                if size == Dim(1):
                    return tensor.shape[place]
        return self.graph.batch


def _perform(node: Node, values: dict[str, Any], batch: Any) -> Any:
    if node.op == "getitem":
        return prepare(node, None)(values)
    inputs = tuple(_open(value, values, batch) for value in node.inputs)
    attributes: dict[str, Attribute] = {k: _sized(v, batch) for k, v in node.attributes}
    positional, named = signature(node.op).bind(inputs, attributes)
    return signature(node.op).call(*positional, **named)


def _open(value: Input, values: dict[str, Any], batch: Any) -> Any:
    if isinstance(value, str):
        return values[value]
    if isinstance(value, tuple):
        return [None if item is None else values[item] for item in value]
    return _sized(value, batch)


def _sized(value: Any, batch: Any) -> Any:
    if isinstance(value, Dim):
        return batch * value.scale + value.offset
    if isinstance(value, tuple):
        return tuple(_sized(item, batch) for item in value)
    return value
