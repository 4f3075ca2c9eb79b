# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Watch an eager computation: parents, saved intermediates and gradient function of each value.

    with Tape() as tape:
        loss = f(x, w)
    dx, dw = tape.gradient(loss, [x, w])

Any torch code is recorded as it runs, below autograd, and computes what it would without a tape.
Gradients come from the reverse rules of the table of ops, not from autograd.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

import torch
from torch import Tensor

from vynapse.errors import GraphError
from vynapse.graph.eager import EagerEmitter, Held, tensor_of
from vynapse.graph.ir import Graph
from vynapse.graph.ops.row import Call
from vynapse.graph.ops.table import ROWS
from vynapse.graph.recording import Recording, graph_of
from vynapse.graph.reverse import key, pull_back
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import dtype_name

Retention = Literal["freed", "retain"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One op that ran.

    Attributes:
        number: the entry's number, counted from 0.
        op: its full name.
        parents: numbers of the entries whose results it read; None is a tensor from outside.
        saved: the tensors that it read, while they are retained.
        gradient_function: "reverse" where the op has a rule of its own, "expand" where it is
            differentiated by simpler ops, "" where no gradient passes.
    """

    number: int
    op: str
    parents: tuple[int | None, ...]
    saved: tuple[Tensor, ...]
    gradient_function: str


class Tape:
    """Records every op that runs within the `with` block.

    Args:
        retention: "freed" forgets the intermediates once a gradient was taken, as autograd does;
            "retain" keeps them for further gradients.
    """

    def __init__(self, retention: Retention = "freed") -> None:
        self.retention = retention
        self._recording = Recording()
        self._freed = False
        self._sums: dict[int, tuple[Tensor, Tensor]] = {}

    def __enter__(self) -> Tape:
        self._recording.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._recording.stop()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What ran, in order."""
        makers: dict[object, int] = {}
        found: list[Entry] = []
        for call in self._recording.calls:
            if call.op == "getitem":
                makers[key(call.out)] = makers[key(call.x())]
                continue
            read = [s for value in call.inputs for s in _symbols(value)]
            parents = tuple(makers.get(key(symbol)) for symbol in read)
            saved = tuple(tensor_of(s) for s in read if _is_held(s))
            makers[key(call.out)] = len(found)
            found.append(Entry(len(found), call.op, parents, saved, _rule(call)))
        return tuple(found)

    def gradient(
        self, target: Tensor, sources: Sequence[Tensor], along: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Gradients of a recorded value, each summed over all consumers; zeros where there is none.

        Args:
            target: a value of one element, unless `along` is given.
            sources: the values to differentiate by.
            along: a tensor of the shape of the target. The gradient is that of the sum of target
                times this.

        Raises:
            GraphError: the target is not on the tape, the intermediates were freed, or an op on the
                way has no reverse rule.
        """
        if self._freed:
            raise GraphError(
                "tape: its intermediates were freed by the first gradient: use Tape('retain')"
            )
        result = self._recording.known(target)
        if result is None:
            raise GraphError("tape: the target was not computed while the tape was recording")
        seed = self._seed(target, along)
        asked = [self._recording.known(source) for source in sources]
        with self._recording.paused():
            wanted = [key(symbol) for symbol in asked if symbol is not None]
            found = pull_back(self._recording.calls, {key(result): seed}, wanted)
            grads = tuple(
                torch.zeros_like(source)
                if symbol is None or key(symbol) not in found
                else tensor_of(found[key(symbol)])
                for source, symbol in zip(sources, asked, strict=True)
            )
        if self.retention == "freed":
            self.free()
        return grads

    def accumulate(
        self, target: Tensor, sources: Sequence[Tensor], along: Tensor | None = None
    ) -> None:
        """Add gradients to the sums that `accumulated` gives."""
        grads = self.gradient(target, sources, along)
        for source, grad in zip(sources, grads, strict=True):
            _, total = self._sums.get(id(source), (source, torch.zeros_like(grad)))
            self._sums[id(source)] = (source, total + grad)

    def accumulated(self, source: Tensor) -> Tensor:
        """The sum of all gradients by this tensor since the last `zero`."""
        found = self._sums.get(id(source))
        return torch.zeros_like(source) if found is None else found[1]

    def zero(self) -> None:
        """Set the sums of `accumulated` to zero."""
        self._sums.clear()

    def free(self) -> None:
        """Let go of all intermediates; the entries stay, without them."""
        self._freed = True
        for call in self._recording.calls:
            for symbol in (call.out, *(s for value in call.inputs for s in _symbols(value))):
                if isinstance(symbol.value, Held):
                    symbol.value.content = None

    def graph(self, outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> Graph:
        """What was recorded as a graph; tensors from outside that are no inputs are constants.

        Raises:
            GraphError: an output is not on the tape, or an op cannot be in a graph.
        """
        if self._freed:
            raise GraphError("tape: its intermediates were freed: use Tape('retain')")
        results = [self._recording.known(output) for output in outputs]
        if any(result is None for result in results):
            raise GraphError("tape: an output was not computed while the tape was recording")
        given = [self._recording.symbol(tensor) for tensor in inputs]
        return graph_of(self._recording.calls, [r for r in results if r is not None], given)

    def _seed(self, target: Tensor, along: Tensor | None) -> Symbol:
        if along is None and target.numel() != 1:
            raise GraphError(
                f"tape: a target of one element was wanted, it has shape {tuple(target.shape)}: "
                "sum it, or say 'along'"
            )
        value = torch.ones_like(target) if along is None else along
        if value.shape != target.shape or value.dtype != target.dtype:
            raise GraphError(
                f"tape: along: {dtype_name(target.dtype)} of shape {tuple(target.shape)} was "
                f"wanted, got {dtype_name(value.dtype)} of shape {tuple(value.shape)}"
            )
        return EagerEmitter().wrap(value.detach())


def _rule(call: Call) -> str:
    row = ROWS.get(call.op)
    if row is None or not row.differentiable:
        return ""
    return "reverse" if row.reverse is not None else "expand"


def _symbols(value: Any) -> list[Symbol]:
    if isinstance(value, Symbol):
        return [value]
    if isinstance(value, (list, tuple)):
        return [item for item in value if isinstance(item, Symbol)]
    return []


def _is_held(symbol: Symbol) -> bool:
    return isinstance(symbol.value, Held) and isinstance(symbol.value.content, Tensor)
