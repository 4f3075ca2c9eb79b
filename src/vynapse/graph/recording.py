# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tape keeps: calls on values, told apart although tensors are views or written in place.

A tensor is known by its storage and the part of it that it shows. What an op writes in place is a
new value at the same part; the old one is copied first, since a reverse rule may need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from vynapse.errors import GraphError
from vynapse.graph.builder import Builder
from vynapse.graph.eager import EagerEmitter, Held, tensor_of
from vynapse.graph.ir import Graph
from vynapse.graph.ops.row import Call
from vynapse.graph.reverse import Recorder, key
from vynapse.graph.schema import is_op
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import encode
from vynapse.seeding import I64

_FRESH: Final = ("aten.empty", "aten.new_empty")

_Place = tuple[int, int, tuple[int, ...], tuple[int, ...]]
"""Storage, offset, shape and stride of a tensor."""


class Recording:
    """Calls and the values that tensors hold at present."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._emitter = EagerEmitter()
        self._objects: dict[int, tuple[Tensor, Symbol]] = {}
        self._places: dict[_Place, Symbol] = {}
        self._writes: dict[_Place, list[tuple[_Place, Symbol]]] = {}
        self._alive: list[Tensor] = []
        self._modes: tuple[TorchDispatchMode, TorchFunctionMode] | None = None
        self._pause = False

    def start(self) -> None:
        """Begin to record."""
        self._modes = (_Ops(self), _Functions(self))
        for mode in self._modes:
            mode.__enter__()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        """Stop recording."""
        if self._modes is not None:
            for mode in reversed(self._modes):
                mode.__exit__(None, None, None)  # type: ignore[no-untyped-call]
            self._modes = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is recorded inside."""
        self._pause = True
        try:
            yield
        finally:
            self._pause = False

    def known(self, tensor: Tensor) -> Symbol | None:
        """The value of a tensor that was seen."""
        found = self._objects.get(id(tensor))
        return found[1] if found is not None else self._places.get(_place(tensor))

    def symbol(self, tensor: Tensor) -> Symbol:
        """The value of a tensor; a new one if it comes from outside."""
        found = self.known(tensor)
        if found is None:
            found = self._emitter.wrap(tensor.detach())
            self._hold(tensor, found)
        writes = self._writes.pop(_place(tensor), [])
        for place, value in writes:
            found = self._updated(found, _place(tensor), place, value)
        if writes:
            self._hold(tensor, found)
        return found

    def detached(self, tensor: Tensor) -> None:
        """The user cut a tensor off: as an object it is a value from outside."""
        self._objects[id(tensor)] = (tensor, self._emitter.wrap(tensor))

    def perform(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an op and keep what it did."""
        op = str(func)
        if self._pause or op == "aten.detach.default":
            return func(*args, **kwargs)
        inputs, attributes = self._arguments(func, args, kwargs)
        written = args[0] if func._schema.is_mutable and args else None
        if isinstance(written, Tensor):
            self._save(written)
        result = func(*args, **kwargs)
        if torch.Tag.nondeterministic_seeded in func.tags and "dot_product" not in op:
            inputs, op = (), "aten.empty"
        if op.startswith(_FRESH):
            self._outside(result)
        elif isinstance(result, Tensor) or (isinstance(result, (list, tuple)) and result):
            self._keep(_pure(op), inputs, attributes, result, written)
        return result

    def _keep(
        self, op: str, inputs: Any, attributes: Any, result: Any, written: Tensor | None
    ) -> None:
        if op == "aten.copy.default":
            op, inputs, attributes = _copied(inputs, result)
        out = self._emitter.wrap(_detached(result))
        self.calls.append(Call(op, tuple(inputs), attributes, out))
        if isinstance(result, Tensor):
            self._hold(result, out, written is not None)
            return
        for index, tensor in enumerate(result):
            if isinstance(tensor, Tensor):
                part = self._emitter.part(out, index)
                self.calls.append(Call("getitem", (out,), {"index": index}, part))
                self._hold(tensor, part)

    def _outside(self, result: Any) -> None:
        if isinstance(result, Tensor):
            self._hold(result, self._emitter.wrap(result.detach()), True)

    def _hold(self, tensor: Tensor, symbol: Symbol, writes: bool = False) -> None:
        """From here on the tensor has this value."""
        place = _place(tensor)
        if writes:
            for other in self._touched(place):
                self._writes.setdefault(other, []).append((place, symbol))
            for number in [i for i, (t, _) in self._objects.items() if _place(t)[0] == place[0]]:
                del self._objects[number]
        self._writes.pop(place, None)
        self._alive.append(tensor)
        self._places[place] = symbol
        self._objects[id(tensor)] = (tensor, symbol)

    def _save(self, written: Tensor) -> None:
        """Copy a value that is about to be overwritten."""
        self.symbol(written)
        place = _place(written)
        with torch.no_grad():
            for other in (place, *self._touched(place)):
                held = self._places[other].value
                if isinstance(held, Held) and isinstance(held.content, Tensor):
                    held.content = held.content.clone()

    def _touched(self, place: _Place) -> list[_Place]:
        """Other parts of the same storage that share an element with this one."""
        others = [p for p in self._places if p[0] == place[0] and p != place]
        mine = _elements(place) if others else np.zeros(0, dtype=np.int64)
        return [p for p in others if np.isin(_elements(p), mine).any()]

    def _updated(self, old: Symbol, own: _Place, place: _Place, written: Symbol) -> Symbol:
        """A value after some of its elements were written through another view."""
        _, mine, theirs = np.intersect1d(_elements(own), _elements(place), return_indices=True)
        to, of = (self._emitter.wrap(torch.from_numpy(i)) for i in (mine, theirs))
        recorder = Recorder(self._emitter)
        flat, source = (Symbol(recorder, s.value, s.shape, s.dtype) for s in (old, written))
        new = source.call("reshape.default", shape=(-1,)).call("index_select.default", of, dim=0)
        all_of = flat.call("reshape.default", shape=(-1,)).call("index_put.default", (to,), new)
        result = all_of.call("reshape.default", shape=old.shape)
        self.calls += recorder.calls
        return Symbol(self._emitter, result.value, result.shape, result.dtype)

    def _arguments(
        self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[object, ...], dict[str, Any]]:
        names = [argument.name for argument in func._schema.arguments]
        given = dict(zip(names, args, strict=False)) | kwargs
        inputs: list[object] = []
        attributes: dict[str, Any] = {}
        for argument in func._schema.arguments:
            value = given.get(argument.name)
            if "Tensor" in str(argument.type):
                inputs.append(self._value(value))
            elif argument.name in given and value is not None:
                attributes[argument.name] = _plain(value)
        return tuple(inputs), attributes

    def _value(self, value: Any) -> object:
        if isinstance(value, Tensor):
            return self.symbol(value)
        if isinstance(value, (list, tuple)):
            return tuple(self._value(item) for item in value)
        return value


class _Ops(TorchDispatchMode):
    """Sees ops as they run."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._recording = recording

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else torch imports its compiler at the first op, which takes a second

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self._recording.perform(func, tuple(args), kwargs or {})


class _Functions(TorchFunctionMode):
    """Sees what the user calls; only that tells his `detach` from those within autograd."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording = recording

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        cuts = func in {Tensor.detach, Tensor.data.__get__}  # type: ignore[attr-defined]
        if cuts and isinstance(result, Tensor):
            self._recording.detached(result)
        return result


def graph_of(calls: Sequence[Call], outputs: Sequence[Symbol], inputs: Sequence[Symbol]) -> Graph:
    """Recorded calls as a graph."""
    builder = Builder()
    made: dict[object, Symbol] = {}
    for number, symbol in enumerate(inputs):
        made[key(symbol)] = builder.input(f"input.{number}", symbol.shape, symbol.dtype)

    def place(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return tuple(place(item) for item in value)
        if not isinstance(value, Symbol):
            return value
        if key(value) not in made:
            made[key(value)] = builder.constant("constant", tensor_of(value).clone())
        return made[key(value)]

    wanted = needed(calls, outputs)
    for call in calls:
        if key(call.out) not in wanted or key(call.out) in made:
            continue
        if call.op == "getitem":
            whole = made[key(call.x())]
            made[key(call.out)] = builder.part(whole, int(str(call.attributes["index"])))
        else:
            made[key(call.out)] = builder.emit(call.op, place(call.inputs), dict(call.attributes))
    return builder.graph(*(place(output) for output in outputs))


def needed(calls: Sequence[Call], outputs: Sequence[Symbol]) -> set[object]:
    """The keys of the values that these depend on, and their own."""
    found = {key(output) for output in outputs}
    for call in reversed(calls):
        if key(call.out) in found:
            for value in call.inputs:
                items = value if isinstance(value, (list, tuple)) else (value,)
                found |= {key(item) for item in items if isinstance(item, Symbol)}
    return found


def _place(tensor: Tensor) -> _Place:
    storage = tensor.untyped_storage()._cdata
    return storage, int(tensor.storage_offset()), tuple(tensor.shape), tuple(tensor.stride())


def _elements(place: _Place) -> I64:
    """Where the elements of a tensor lie in its storage, in order."""
    _, offset, shape, stride = place
    found = np.array([offset], dtype=np.int64)
    for size, step in zip(shape, stride, strict=True):
        found = (found[:, None] + np.arange(size, dtype=np.int64) * step).reshape(-1)
    return found


def _pure(op: str) -> str:
    """The op that gives what this one writes in place."""
    namespace, packet, overload = op.split(".")
    pure = f"{namespace}.{packet.removesuffix('_')}.{overload}"
    return pure if packet.endswith("_") and is_op(pure) else op


def _copied(inputs: Any, result: Tensor) -> tuple[str, Any, dict[str, Any]]:
    """A copy into a tensor is the source, in the tensor's type, where the shapes are equal."""
    source = inputs[1]
    if source.shape != tuple(result.shape):
        raise GraphError("tape: a copy into a tensor of another shape: expand the source first")
    return "aten._to_copy.default", (source,), {"dtype": str(result.dtype)}


def _detached(result: Any) -> Any:
    if isinstance(result, Tensor):
        return result.detach()
    return tuple(torch.empty(0) if part is None else part.detach() for part in result)


def _plain(value: Any) -> object:
    try:
        return encode(value)
    except GraphError:
        return str(value)
