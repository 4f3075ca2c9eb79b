# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From a graph to loops.

The graph is run once on one example. What torch gives says how each value lies in memory, and which
values are views of others: these cost nothing. What depends on weights and constants alone is
computed here. All else has a rule, by op: maps.py, folds.py, windows.py, moves.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import torch
from torch import Tensor

from vynapse.deploy.lowered import attention, folds, maps, moves, windows
from vynapse.deploy.lowered.copies import affine, without_copies
from vynapse.deploy.lowered.nothing import without_nothing
from vynapse.deploy.lowered.program import Buffer, Draft, Place, Program
from vynapse.deploy.lowered.sparse import live, with_edges
from vynapse.deploy.lowered.step import Rule, Step, mirrored, seen
from vynapse.errors import GraphError
from vynapse.graph.examples import random_inputs
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.ops.table import ROWS
from vynapse.graph.rewrite.expand import expanded
from vynapse.seeding import F32

RULES: Final[dict[str, Rule]] = {
    **maps.RULES,
    **folds.RULES,
    **windows.RULES,
    **moves.RULES,
    **attention.RULES,
}

_EXPANDED: Final = frozenset(
    op for op, row in ROWS.items() if row.expand is not None and op not in RULES
)
_SHAPED: Final = frozenset(
    f"aten.{name}.default"
    for name in ("new_zeros", "new_ones", "new_full", "zeros_like", "ones_like", "full_like")
)
"""Ops that read the shape of their input alone."""
_SHORT: Final = frozenset({"uint8", "int8", "int16"})
"""Whole numbers that begin anew where they end; here they may only be given and converted."""
_DOUBLE: Final = frozenset({"float64", "float16", "bfloat16", "complex64", "complex128"})


def lowered(graph: Graph) -> Program:
    """The loops of a graph for one example at a time.

    Raises:
        GraphError: an op has no such form, or a value is neither float32 nor whole; the node is
            named.
    """
    simple = expanded(graph, _EXPANDED).at(1)
    work = _Lowering(simple)
    values: dict[str, Any] = {}
    inputs = random_inputs(simple)
    for node, tensor in zip(simple.inputs, inputs, strict=True):
        work.given(node, tensor)
    for node, value in Interpreter(simple).steps(*inputs, values=values):
        work.add(node, value)
    program = with_edges(work.program())
    program = without_nothing(program)
    instructions = tuple(map(affine, program.instructions))
    return live(without_copies(replace(program, instructions=instructions)))


class _Lowering:
    """The program of a graph while it is written."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._draft = graph, Draft()
        self._fixed: dict[str, Tensor] = dict(graph.tensors)
        self._places: dict[str, Place] = {}
        self._memory: dict[int, int] = {}  # where torch keeps it -> number of the buffer
        self._alive: list[Any] = []  # torch must not use the memory again
        self._parts: dict[str, tuple[Any, tuple[Place | None, ...]]] = {}
        for node in graph:
            if node.dtype in _DOUBLE:
                raise GraphError(
                    f"node {node.name!r}: {node.dtype} has no form here, float32 was wanted: use "
                    "onnx or pt2"
                )

    def given(self, node: Node, tensor: Tensor) -> None:
        """An input."""
        kept = tensor.contiguous()
        self._draft.buffers.append(Buffer(kept.numel(), "input"))
        self._bind(node.name, kept, Place(*self._newest(), tuple(kept.shape), kept.stride()))

    def add(self, node: Node, value: Any) -> None:
        """A node and what torch made of it."""
        self._alive.append(value)
        sources = node.sources
        shaped = node.op in _SHAPED or (not sources and node.op not in RULES)
        if shaped or all(source in self._fixed for source in sources):
            self._fixed[node.name] = value
            return
        if node.op == "getitem":
            whole, places = self._parts[sources[0]]
            index = int(str(node.attribute("index")))
            self._place(node, whole[index], places[index] if places else None)
            return
        views = isinstance(value, (tuple, list)) and all(map(self._known, value))
        if views:
            self._parts[node.name] = (value, ())
        elif self._known(value):
            self._place(node, value, None)
        else:
            self._computed(node, value)

    def program(self) -> Program:
        """The program, without what nobody needs."""
        outputs = tuple(self._output(name) for name in self._graph.outputs)
        inputs = tuple(self._places[node.name] for node in self._graph.inputs)
        instructions = tuple(self._draft.instructions)
        return live(Program(tuple(self._draft.buffers), instructions, inputs, outputs))

    def _computed(self, node: Node, value: Any) -> None:
        rule = RULES.get(node.op)
        step = Step(node, self._draft, self._of, self._fixed.get, value)
        if rule is None:
            raise step.refused("it has no form here")
        if node.dtype in _SHORT:
            raise step.refused(f"numbers of dtype {node.dtype} have no form here")
        made = rule(step)
        if isinstance(made, Place):
            self._place(node, value, made)
        else:
            self._parts[node.name] = (value, tuple(made))

    def _place(self, node: Node, value: Tensor, made: Place | None) -> None:
        """Say where a value lies: in `made`, or where that lies which it is a view of."""
        if made is None:
            if not self._known(value):
                raise GraphError(
                    f"node {node.name!r}: {node.op}: this result has no form here: use onnx or pt2"
                )
            buffer = self._memory[value.untyped_storage().data_ptr()]
            self._places[node.name] = seen(buffer, value)
            return
        wanted = seen(made.buffer, value)
        if made != wanted:
            wanted = mirrored(self._draft, value)
            self._draft.map("copy", wanted, made)
        self._bind(node.name, value, wanted)

    def _bind(self, name: str, value: Tensor, place: Place) -> None:
        self._alive.append(value)
        self._memory[value.untyped_storage().data_ptr()] = place.buffer
        self._places[name] = place

    def _known(self, value: Any) -> bool:
        return isinstance(value, Tensor) and value.untyped_storage().data_ptr() in self._memory

    def _of(self, name: str) -> Place:
        """Where the value of a node lies; a fixed one becomes memory when it is first needed."""
        if name not in self._places:
            tensor = self._fixed[name]
            base = tensor
            if tensor.dtype == torch.float32 and tensor.numel():
                base = tensor.new_empty(0).set_(tensor.untyped_storage())
                key = tensor.untyped_storage().data_ptr()
                if key not in self._memory:
                    self._draft.fixed(_floats(base))
                    self._memory[key] = len(self._draft.buffers) - 1
                place = seen(self._memory[key], tensor)
            else:
                place = self._draft.fixed(_floats(base))
            self._places[name] = place
        return self._places[name]

    def _output(self, name: str) -> Place:
        """An output in memory of its own, side by side."""
        place = self._of(name)
        made = self._draft.work(place.shape)
        return self._draft.map("copy", made, place)

    def _newest(self) -> tuple[int, int]:
        return len(self._draft.buffers) - 1, 0


def _floats(tensor: Tensor) -> F32:
    array: F32 = tensor.detach().contiguous().to(torch.float32).numpy()
    return array
