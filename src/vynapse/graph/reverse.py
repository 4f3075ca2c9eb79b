# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reverse accumulation (Griewank and Walther 2008, Evaluating derivatives, section 3.2).

It works on calls and symbols, so it serves graphs, whose gradients are graphs, and the tape, whose
gradients are tensors. The gradient of a value is the sum of what all its consumers send back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vynapse.errors import GraphError
from vynapse.graph.ops.row import Call, Row
from vynapse.graph.ops.table import ROWS
from vynapse.graph.symbol import Emitter, Symbol
from vynapse.graph.values import Attribute

Key = object
"""What tells values apart: the name of a node, or the identity of a tensor."""


class Recorder:
    """An emitter that also keeps what it was asked for."""

    def __init__(self, emitter: Emitter) -> None:
        self.calls: list[Call] = []
        self._emitter = emitter

    def emit(self, op: str, inputs: Sequence[object], attributes: dict[str, Attribute]) -> Symbol:
        out = self._mine(self._emitter.emit(op, inputs, attributes))
        self.calls.append(Call(op, tuple(inputs), attributes, out))
        return out

    def part(self, several: Symbol, index: int) -> Symbol:
        out = self._mine(self._emitter.part(several, index))
        self.calls.append(Call("getitem", (several,), {"index": index}, out))
        return out

    def adopt(self, value: object) -> object:
        """A symbol whose further ops are recorded here."""
        if isinstance(value, Symbol):
            return self._mine(value)
        if isinstance(value, (list, tuple)):
            return tuple(self.adopt(item) for item in value)
        return value

    def _mine(self, symbol: Symbol) -> Symbol:
        return Symbol(self, symbol.value, symbol.shape, symbol.dtype)


def key(symbol: Symbol) -> Key:
    """What tells this value from others."""
    return symbol.value if isinstance(symbol.value, str) else id(symbol.value)


def pull_back(
    calls: Sequence[Call], seeds: Mapping[Key, Symbol], wanted: Iterable[Key]
) -> dict[Key, Symbol]:
    """Gradients of values.

    Args:
        calls: what was computed, in order.
        seeds: gradients of results.
        wanted: keys of the values whose gradients to find.

    Returns:
        Those that the results depend on; the others have no gradient.

    Raises:
        GraphError: an op on the way has no reverse rule.
    """
    wanted = set(wanted)
    moving = _moving(calls, wanted)
    grads: dict[Key, Symbol] = dict(seeds)
    parts: dict[Key, dict[int, Symbol]] = {}
    for call in reversed(calls):
        here = key(call.out)
        if here not in moving:
            continue
        if call.op == "getitem":
            if here in grads:
                whole = parts.setdefault(key(call.x()), {})
                _add(whole, int(str(call.attributes["index"])), grads[here])
            continue
        given = _given(call, grads.get(here), parts.get(here))
        if given is None:
            continue
        for source, grad in zip(call.inputs, _backward(call, given, moving), strict=False):
            _send(source, grad, grads, moving)
        if here not in wanted:
            grads.pop(here, None)
    return {name: grads[name] for name in wanted if name in grads}


def _given(
    call: Call, grad: Symbol | None, parts: dict[int, Symbol] | None
) -> list[Symbol | None] | None:
    """The gradients of all results of a call; nothing where no result depends on it."""
    if call.out.dtype != "tuple":
        return None if grad is None else [grad]
    if not parts:
        return None
    return [parts.get(index) for index in range(_parts(call, max(parts) + 1))]


def _parts(call: Call, least: int) -> int:
    """How many tensors a call gives: its gradients must be as many for ops that split."""
    if isinstance(call.out.value, (tuple, list)):
        return len(call.out.value)
    if call.op in {"aten.unbind.int", "aten.split.Tensor", "aten.unsafe_split.Tensor"}:
        size = int(call.x().shape[call.whole("dim")])  # type: ignore[arg-type]
        width = 1 if "unbind" in call.op else call.whole("split_size")
        return -(-size // width)
    if call.op == "aten.split_with_sizes.default":
        return len(call.wholes("split_sizes"))
    return least


def _backward(call: Call, grads: list[Symbol | None], moving: set[Key]) -> Sequence[object]:
    row = ROWS.get(call.op)
    if row is None or not (row.differentiable or row.constant):
        raise GraphError(f"{call.op} has no reverse rule")
    if row.constant:
        return ()
    try:
        if row.reverse is not None:
            return row.reverse(call, grads)
        return _through_expansion(row, call, grads, moving)
    except TypeError as error:
        raise GraphError(f"{call.op} has no reverse rule for this use: {error}") from error


def _through_expansion(
    row: Row, call: Call, grads: list[Symbol | None], moving: set[Key]
) -> Sequence[object]:
    """Differentiate the simpler ops that compute the same."""
    if row.expand is None:
        return ()
    emitter = next(grad.emitter for grad in grads if grad is not None)
    recorder = Recorder(emitter)
    inputs = tuple(recorder.adopt(value) for value in call.inputs)
    results = row.expand(Call(call.op, inputs, call.attributes, call.out))
    seeds = {
        key(result): grad
        for result, grad in zip(results, grads, strict=False)
        if result is not None and grad is not None
    }
    sources = {key(s) for value in call.inputs for s in _symbols(value)} & moving
    found = pull_back(recorder.calls, seeds, sources)
    return tuple(_sent_back(value, found) for value in call.inputs)


def _sent_back(value: object, found: Mapping[Key, Symbol]) -> object:
    if isinstance(value, Symbol):
        return found.get(key(value))
    if isinstance(value, (list, tuple)):
        return [_sent_back(item, found) for item in value]
    return None


def _send(source: object, grad: object, grads: dict[Key, Symbol], moving: set[Key]) -> None:
    if isinstance(source, (list, tuple)) and isinstance(grad, (list, tuple)):
        for item, part in zip(source, grad, strict=True):
            _send(item, part, grads, moving)
    elif isinstance(source, Symbol) and isinstance(grad, Symbol) and key(source) in moving:
        _add(grads, key(source), grad.cast(source.dtype))


def _add(grads: dict[Key, Symbol] | dict[int, Symbol], name: Key, grad: Symbol) -> None:
    known = grads.get(name)  # type: ignore[call-overload]
    grads[name] = grad if known is None else known + grad  # type: ignore[index]


def _moving(calls: Sequence[Call], wanted: set[Key]) -> set[Key]:
    """All values of real numbers that depend on those that are wanted."""
    moving = set(wanted)
    for call in calls:
        real = call.out.dtype == "tuple" or call.out.dtype.startswith(("float", "bfloat"))
        if real and any(key(s) in moving for value in call.inputs for s in _symbols(value)):
            moving.add(key(call.out))
    return moving


def _symbols(value: object) -> list[Symbol]:
    if isinstance(value, Symbol):
        return [value]
    if isinstance(value, (list, tuple)):
        return [item for item in value if isinstance(item, Symbol)]
    return []
