# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One op after the other, as eager does it and with its bits; a value is freed at its last use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vynapse.graph.execute.interface import check_inputs
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.schema import STRUCTURAL, signature
from vynapse.graph.values import Attribute, at_batch

Values = dict[str, Any]
"""Node name -> tensor or tuple of tensors."""


@dataclass(frozen=True, slots=True)
class Step:
    """A node made ready to run.

    Attributes:
        node: whose value it computes.
        call: takes all values that are known.
        frees: nodes that nobody needs after it.
    """

    node: Node
    call: Callable[[Values], Any]
    frees: tuple[str, ...]


class Interpreter:
    """Runs a graph node by node, bit-equal to the eager function that was traced."""

    name = "interpreter"

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._programs: dict[int | None, tuple[Step, ...]] = {}

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        values: Values = {}
        for _ in self.steps(*inputs, values=values):
            pass
        return tuple(values[name] for name in self.graph.outputs)

    def steps(self, *inputs: Tensor, values: Values) -> Iterator[tuple[Node, Any]]:
        """Run, and give each node with its value as it is computed.

        Args:
            inputs: the inputs that `run` takes.
            values: an empty mapping, which holds what is alive; at the end, the outputs.
        """
        batch = check_inputs(self.graph, inputs)
        if batch not in self._programs:
            self._programs[batch] = program(self.graph, batch)
        values.update(self.graph.tensors)
        for node, tensor in zip(self.graph.inputs, inputs, strict=True):
            values[node.name] = tensor.contiguous()
        with torch.no_grad():
            for step in self._programs[batch]:
                values[step.node.name] = value = step.call(values)
                for name in step.frees:
                    del values[name]
                yield step.node, value


def program(graph: Graph, batch: int | None) -> tuple[Step, ...]:
    """The calls of a graph at one size of the batch."""
    last = {source: node.name for node in graph for source in node.sources}
    frees: dict[str, list[str]] = {}
    for name, reader in last.items():
        if name not in graph.outputs:
            frees.setdefault(reader, []).append(name)
    return tuple(
        Step(node, prepare(node, batch), tuple(frees.get(node.name, ())))
        for node in graph
        if node.op == "getitem" or node.op not in STRUCTURAL
    )


def prepare(node: Node, batch: int | None) -> Callable[[Values], Any]:
    """The call of a node, as a function of all values."""
    if node.op == "getitem":
        source, index = str(node.inputs[0]), dict(node.attributes)["index"]
        return lambda values: values[source][index]
    known = signature(node.op)
    attributes: dict[str, Attribute] = {
        key: at_batch(value, batch) for key, value in node.attributes
    }
    inputs = tuple(_Read(at_batch(value, batch)) for value in node.inputs)
    positional, named = known.bind(inputs, attributes)
    function = known.call
    if not named and all(not isinstance(p, _Read) or p.plain for p in positional):
        return _positional(function, positional)

    def call(values: Values) -> Any:
        return function(
            *[value.of(values) if isinstance(value, _Read) else value for value in positional],
            **{k: v.of(values) if isinstance(v, _Read) else v for k, v in named.items()},
        )

    return call


def _positional(function: Callable[..., Any], arguments: list[Any]) -> Callable[[Values], Any]:
    """The common case, in which all arguments are single tensors or fixed, without detours."""
    names = [(i, a.value) for i, a in enumerate(arguments) if isinstance(a, _Read) and a.name]
    template = [a.value if isinstance(a, _Read) else a for a in arguments]

    def call(values: Values) -> Any:
        filled = template.copy()
        for place, name in names:
            filled[place] = values[name]
        return function(*filled)

    return call


class _Read:
    """An input of a node: where its value is found."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.name = isinstance(value, str)
        self.plain = not isinstance(value, tuple)

    def of(self, values: Values) -> Any:
        if self.name:
            return values[self.value]
        if isinstance(self.value, tuple):
            return [None if item is None else values[item] for item in self.value]
        return self.value
