# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph as a trainable module: parameters under the names that they have in the graph."""

from __future__ import annotations

from typing import Any, Final

from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.graph.formats.module import batch_of, perform
from vynapse.graph.ir import Graph
from vynapse.graph.schema import STRUCTURAL

_ACTIVATIONS: Final[dict[str, type[nn.Module]]] = {
    "aten.relu.default": nn.ReLU,
    "aten.tanh.default": nn.Tanh,
    "aten.sigmoid.default": nn.Sigmoid,
    "aten.gelu.default": nn.GELU,
    "aten.silu.default": nn.SiLU,
}


class GraphNetwork(nn.Module):
    """Runs a graph of one input and one output.

    An activation is a module of its own under the name of its node, so that a network can grow
    behind it. Parameters that are no floating-point numbers are buffers.

    Raises:
        ConfigError: a name cannot be that of a parameter of a module.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.program = graph
        for name, tensor in graph.tensors.items():
            self._hold(name, tensor.clone(), learnt=graph[name].op == "parameter")
        for node in graph:
            made = _ACTIVATIONS.get(node.op)
            free = not hasattr(self, node.name) and "." not in node.name
            if made is not None and free and not node.attributes:
                self.add_module(node.name, made())
        self._steps = [n for n in graph if n.op == "getitem" or n.op not in STRUCTURAL]

    @property
    def growth_slots(self) -> tuple[str, ...]:
        """Where it may grow: behind activations that parameters follow."""
        found: list[str] = []
        waiting: list[str] = []
        for node in self._steps:
            if node.name in self._modules and node.op in _ACTIVATIONS:
                waiting.append(node.name)
            elif any(self.program[source].op == "parameter" for source in node.sources):
                found += waiting
                waiting = []
        return tuple(found)

    def forward(self, x: Tensor) -> Tensor:
        values: dict[str, Any] = {self.program.inputs[0].name: x}
        for name in self.program.tensors:
            values[name] = self._held(name)
        batch = batch_of(self.program, (x,))
        children = self._modules
        for node in self._steps:
            activation = children.get(node.name) if node.op in _ACTIVATIONS else None
            if activation is not None:
                values[node.name] = activation(values[node.sources[0]])
            else:
                values[node.name] = perform(node, values, batch)
        output: Tensor = values[self.program.outputs[0]]
        return output

    def _hold(self, name: str, tensor: Tensor, *, learnt: bool) -> None:
        *path, key = name.split(".")
        place: nn.Module = self
        try:
            for part in path:
                if part not in place._modules:
                    place.add_module(part, nn.Module())
                place = place.get_submodule(part)
            if learnt and tensor.is_floating_point():
                place.register_parameter(key, nn.Parameter(tensor))
            else:
                place.register_buffer(key, tensor)
        except (KeyError, AttributeError) as error:
            raise ConfigError(
                f"network.graph: a parameter cannot be called {name!r}: {error.args[0]}"
            ) from None

    def _held(self, name: str) -> Any:
        path, _, key = name.rpartition(".")
        return getattr(self.get_submodule(path), key)
