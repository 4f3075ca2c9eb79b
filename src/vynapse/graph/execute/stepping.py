# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph that is run step by step, and whose state stays in the executor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.ir import Graph


@runtime_checkable
class Stepper(Protocol):
    """Makes steps. A step is computed first, and counts once it is committed.

    Attributes:
        graph: what it runs.
    """

    graph: Graph

    def start(self, *state: Tensor) -> None:
        """Set the state, in the order in which it is carried."""
        ...

    @property
    def state(self) -> tuple[Tensor, ...]:
        """The state; it may be the executor's own memory."""
        ...

    def compute(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Inputs that are no state -> outputs that are no state."""
        ...

    def commit(self) -> None:
        """The state that was computed takes the place of the old one."""
        ...


class Interpreted:
    """Steps in the interpreter.

    Args:
        graph: one of fixed shapes.
        carry: number of an output -> number of the input whose place it takes in the next step.
    """

    def __init__(self, graph: Graph, carry: Mapping[int, int]) -> None:
        self.graph = graph
        self._carry = dict(carry)
        self._interpreter = Interpreter(graph)
        self._state: tuple[Tensor, ...] = ()
        self._next: tuple[Tensor, ...] = ()

    def start(self, *state: Tensor) -> None:
        self._state = tuple(tensor.clone() for tensor in state)

    @property
    def state(self) -> tuple[Tensor, ...]:
        return self._state

    def compute(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        places = dict(zip(self._carry.values(), self._state, strict=True))
        rest = iter(inputs)
        given = [
            places[place] if place in places else next(rest)
            for place in range(len(self.graph.inputs))
        ]
        found = self._interpreter.run(*given)
        self._next = tuple(found[out] for out in self._carry)
        return tuple(found[out] for out in range(len(found)) if out not in self._carry)

    def commit(self) -> None:
        self._state = self._next
