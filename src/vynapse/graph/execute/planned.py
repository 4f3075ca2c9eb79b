# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph whose memory is laid out beforehand, for a step that runs many times.

- Results are written into buffers that are there already, where torch has a kernel for that.
- What only shows a buffer in another way (a transpose, a view) is made once.
- State that a step gives back for the next one lies in flat buffers, one for each role. An update
  that is the same for all weights, e.g. Adam's, is computed once on the flat buffers.
- Linear layers run in oneDNN, where that was probed and found equal up to rounding, and log-softmax
  over few classes goes down columns.
- Adam is computed by torch's fused kernel, where it is there.

Only the last two change bits. Without them, results equal the interpreter's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor

from vynapse.errors import GraphError
from vynapse.graph.execute import adam
from vynapse.graph.execute.bindings import binding
from vynapse.graph.execute.interface import check_inputs
from vynapse.graph.execute.out_variants import out_variant
from vynapse.graph.execute.update import POINTWISE, find_update
from vynapse.graph.infer import TensorType
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import TUPLE, Node
from vynapse.graph.ops.table import ROWS
from vynapse.graph.rewrite import fusion
from vynapse.graph.rewrite.columns import with_columns
from vynapse.graph.rewrite.constants import folded
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.rewrite.detours import without_detours
from vynapse.graph.rewrite.repeats import without_repeats
from vynapse.graph.schema import STRUCTURAL, signature
from vynapse.graph.values import dtype_of, sizes_at
from vynapse.graph.verify import types

_Action = Callable[[], object]

_LARGE: Final = 2**20
"""Multiplications from which on oneDNN is worth its call."""


class Planned:
    """Runs a graph of fixed shapes.

    Args:
        graph: the graph, at one size of the batch if sizes follow it (`graph.at(n)`).
        carry: number of an output -> number of the input whose place it takes in the next step.
            These inputs are then state: `start` sets them, `step` takes the others.
        fast_linear: use oneDNN for large linear layers, and columns for few classes; by default
            where oneDNN is available. What was chosen stands in the attribute of that name, and
            belongs into the record of a run.
        fused_update: let torch's fused kernel make the step of Adam where the graph's update is
            that; by default where it is available. The attribute says whether it does.

    Raises:
        GraphError: sizes follow the batch, or a carried output does not fit its input.
    """

    name = "planned"

    def __init__(
        self,
        graph: Graph,
        carry: Mapping[int, int] | None = None,
        fast_linear: bool | None = None,
        fused_update: bool | None = None,
    ) -> None:
        if graph.batch is not None:
            raise GraphError("a planned graph has fixed shapes: give graph.at(batch)")
        self.graph = graph
        self.carry = dict(carry or {})
        self.fast_linear = fusion.available() if fast_linear is None else fast_linear
        self._check_carry()
        plan = without_repeats(without_dead_code(without_detours(folded(graph))))
        if self.fast_linear:
            plan = with_columns(fusion.with_fused_linear(plan, _LARGE))
        self._plan = plan
        self._types = types(self._plan.nodes, None)
        self._values: dict[str, Any] = dict(self._plan.tensors)
        self._steady: set[str] = set(self._plan.tensors)
        self._state = [graph.inputs[place].name for place in self.carry.values()]
        self._fresh = [n.name for n in graph.inputs if n.name not in self._state]
        fused = adam.available() if fused_update is None else fused_update
        self._update = find_update(self._plan, self._carried(), fused)
        self.fused_update = self._update is not None and self._update.adam is not None
        self._actions: list[_Action] = []
        self._last: list[_Action] = []
        self._lay_out()

    def start(self, *state: Tensor) -> None:
        """Set the state, in the order of `carry`."""
        for name, tensor in zip(self._state, state, strict=True):
            self._values[name].copy_(tensor)

    @property
    def state(self) -> tuple[Tensor, ...]:
        """The state, in the order of `carry`; the memory itself, not a copy."""
        return tuple(self._values[name] for name in self._state)

    def step(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """`compute`, then `commit`."""
        outputs = self.compute(*inputs)
        self.commit()
        return outputs

    def commit(self) -> None:
        """The new state takes the place of the old one; a common update is computed now."""
        with torch.no_grad():
            for action in self._last:
                action()

    def compute(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """One step without its end: inputs that are no state -> outputs that are no state.

        They lie in the executor's memory and are overwritten by the next step.
        """
        for name, tensor in zip(self._fresh, inputs, strict=True):
            self._values[name] = tensor
        with torch.no_grad():
            for action in self._actions:
                action()
        outputs = enumerate(self._plan.outputs)
        return tuple(self._values[name] for i, name in outputs if i not in self.carry)

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """All outputs for all inputs, as other executors give them."""
        check_inputs(self.graph, inputs)
        by_name = {n.name: x.contiguous() for n, x in zip(self.graph.inputs, inputs, strict=True)}
        self.start(*(by_name[name] for name in self._state))
        rest = iter(self.step(*(by_name[name] for name in self._fresh)))
        state = dict(zip(self.carry, self.state, strict=True))
        outputs = range(len(self._plan.outputs))
        return tuple((state[i] if i in state else next(rest)).clone() for i in outputs)

    def _check_carry(self) -> None:
        for out, into in self.carry.items():
            given, taken = self.graph[self.graph.outputs[out]], self.graph.inputs[into]
            if (given.shape, given.dtype) != (taken.shape, taken.dtype):
                raise GraphError(f"output {given.name!r} cannot take the place of {taken.name!r}")

    def _carried(self) -> dict[str, str]:
        """Output -> the input whose place it takes."""
        inputs, outputs = self.graph.inputs, self._plan.outputs
        return {outputs[out]: inputs[into].name for out, into in self.carry.items()}

    def _lay_out(self) -> None:
        for name in self._state:
            node = self._plan[name]
            self._values[name] = torch.zeros(sizes_at(node.shape, None), dtype=dtype_of(node.dtype))
            self._steady.add(name)
        if self._update is not None:
            self._values.update(self._update.buffers)
            self._steady |= set(self._update.buffers)
        needed = self._needed()
        with torch.no_grad():
            for node in self._plan:
                computed = node.op == "getitem" or node.op not in STRUCTURAL
                if computed and node.name in needed:
                    self._place(node)
        if self._update is not None:
            self._last = self._update.actions(self._values)
        self._hand_over()

    def _needed(self) -> set[str]:
        """What is computed before the common update."""
        done = self._update.outputs if self._update is not None else frozenset()
        found = {name for name in self._plan.outputs if name not in done}
        found |= self._update.reads if self._update is not None else set()
        for node in reversed(self._plan.nodes):
            found |= set(node.sources) if node.name in found else set()
        return found

    def _hand_over(self) -> None:
        """At the end of a step the new state takes the place of the old one."""
        done = self._update.outputs if self._update is not None else frozenset()
        pairs = [(out, into) for out, into in self._carried().items() if out not in done]
        values = self._values
        safe = {into: torch.empty_like(values[into]) for _, into in pairs}

        if pairs:
            self._last.append(partial(_hand_over, values, pairs, safe))

    def _place(self, node: Node) -> None:
        """Compute a node once now, or at every step; into its buffer where that can be."""
        values, name = self._values, node.name
        if node.op == "getitem":
            source, index = str(node.inputs[0]), int(str(dict(node.attributes)["index"]))
            self._actions.append(partial(_take, values, name, source, index))
            self._into_buffer(name)
            return
        steady = all(source in self._steady for source in node.sources)
        row = ROWS.get(node.op)
        if steady and row is not None and row.view and node.dtype != TUPLE:
            values[name] = self._call(node)()
            self._steady.add(name)
            self._into_buffer(name)
            return
        variant = out_variant(node.op)
        if variant is None:
            self._actions.append(partial(_assign, values, name, self._call(node)))
            self._into_buffer(name)
            return
        if name not in values:
            values[name] = self._blank(node)
        self._steady.add(name)
        function, written = variant
        self._actions.append(self._call(node, function, {written: values[name]}))

    def _blank(self, node: Node) -> Tensor:
        """Memory for a result.

        Pointwise ops lay it out as eager does, so that sums over it have its bits. Kernels of other
        ops may take it for contiguous, and would write elsewhere.
        """
        shape, dtype = sizes_at(node.shape, None), dtype_of(node.dtype)
        kind = self._types[node.name]
        if node.op in POINTWISE and isinstance(kind, TensorType):
            return torch.empty_strided(shape, kind.stride, dtype=dtype)
        return torch.empty(shape, dtype=dtype)

    def _into_buffer(self, name: str) -> None:
        """Copy a result to where the flat update wants it, if it does."""
        if self._update is not None and name in self._update.buffers:
            self._actions.append(partial(_copy, self._values, name, self._update.buffers[name]))

    def _call(self, node: Node, function: Any = None, more: Any = None) -> Callable[[], Any]:
        """The call with its arguments: fixed ones now, others when it runs."""
        known = signature(node.op)
        marks = tuple(
            _Slot(value) if isinstance(value, (str, tuple)) else value for value in node.inputs
        )
        positional, named = known.bind(marks, dict(node.attributes))
        values, target = self._values, binding(function or known.call)
        named |= more or {}
        moving: list[tuple[Any, Any, _Slot]] = []
        containers: tuple[tuple[Any, list[Any]], ...] = (
            (positional, list(range(len(positional)))),
            (named, list(named)),
        )
        for where, keys in containers:
            for key in keys:
                slot = where[key]
                if isinstance(slot, _Slot):
                    if all(n is None or n in self._steady for n in slot.names):
                        where[key] = slot.of(values)
                    else:
                        moving.append((where, key, slot))
        if not moving:
            return partial(target, *positional, **named)
        return partial(_call_with, values, moving, target, positional, named)


class _Slot:
    """A tensor argument, or a list of them."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.names = (value,) if isinstance(value, str) else tuple(value)

    def of(self, values: Mapping[str, Any]) -> Any:
        if isinstance(self.value, str):
            return values[self.value]
        return [None if name is None else values[name] for name in self.value]


# functions rather than closures: there are hundreds, and each would be made anew for each plan
def _hand_over(
    values: dict[str, Any], pairs: list[tuple[str, str]], safe: dict[str, Tensor]
) -> None:
    for out, into in pairs:
        safe[into].copy_(values[out])
    for _, into in pairs:
        values[into].copy_(safe[into])


def _take(values: dict[str, Any], name: str, source: str, index: int) -> None:
    values[name] = values[source][index]


def _copy(values: dict[str, Any], name: str, buffer: Tensor) -> None:
    buffer.copy_(values[name])


def _assign(values: dict[str, Any], name: str, call: Callable[[], Any]) -> None:
    values[name] = call()


def _call_with(
    values: dict[str, Any],
    moving: list[tuple[Any, Any, _Slot]],
    target: Callable[..., Any],
    positional: list[Any],
    named: dict[str, Any],
) -> Any:
    for where, key, slot in moving:
        where[key] = slot.of(values)
    return target(*positional, **named)
