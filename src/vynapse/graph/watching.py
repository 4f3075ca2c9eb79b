# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What runs in one call, as nodes that `ties` understands: no graph is verified, so it is quick."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vynapse.graph.nodes import Node
from vynapse.graph.recording import Recording, needed
from vynapse.graph.reverse import key
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Input


@dataclass(frozen=True, slots=True)
class Watched:
    """One call.

    Attributes:
        nodes: what ran and matters for the results, by name; given and held tensors, of op
            "parameter", are there as well, under their own names.
        results: nodes of the tensors that were returned, in order.
        single: the node of the result where that is one tensor; else None.
        owners: what `Watch.enter` said was running when a node ran; "" where nothing was.
        noted: nodes by the names that `Watch.note` was given.
    """

    nodes: dict[str, Node]
    results: tuple[str, ...]
    single: str | None
    owners: Mapping[str, str]
    noted: Mapping[str, str]


class Watch:
    """What hooks may tell about a call that is being watched.

    Args:
        recording: what is recorded.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._running: list[str] = []
        self.began: list[tuple[int, str]] = [(0, "")]
        self.noted: dict[str, object] = {}

    def enter(self, name: str) -> None:
        """A part of this name runs from here on."""
        self._running.append(name)
        self.began.append((len(self._recording.calls), name))

    def leave(self) -> None:
        """The part that was entered last has ended."""
        self._running.pop()
        now = self._running[-1] if self._running else ""
        self.began.append((len(self._recording.calls), now))

    def note(self, name: str, tensor: Tensor) -> None:
        """Remember the value that a tensor has now."""
        self.noted[name] = key(self._recording.symbol(tensor))


def watched(
    call: Callable[[], object],
    given: Mapping[str, Tensor],
    held: Mapping[str, Tensor],
    prepare: Callable[[Watch], None] | None = None,
) -> Watched | None:
    """Run a call once, without gradients.

    Args:
        call: what to run.
        given: its inputs by name.
        held: parameters and buffers that it uses, by name.
        prepare: gets the watch before the call, to set hooks.

    Returns:
        What ran; None where the call fails or returns no tensor that depends on something.
    """
    recording = Recording()
    names = {key(recording.symbol(t)): name for name, t in {**held, **given}.items()}
    watch = Watch(recording)
    if prepare is not None:
        prepare(watch)
    recording.start()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call()
    except Exception:  # noqa: BLE001 - a module that cannot take it may raise anything
        return None
    finally:
        recording.stop()
    tensors = list(tensors_in(result))
    known = [symbol for tensor in tensors if (symbol := recording.known(tensor)) is not None]
    if not known or len(known) < len(tensors):
        return None
    nodes = {
        name: Node(name, "parameter", (), (), tuple(tensor.shape))
        for name, tensor in {**held, **given}.items()
    }
    owners = _as_nodes(recording, known, names, nodes, watch.began)
    results = tuple(names[key(symbol)] for symbol in known if key(symbol) in names)
    noted = {name: names[at] for name, at in watch.noted.items() if at in names}
    single = results[0] if isinstance(result, Tensor) and results else None
    return Watched(nodes, results, single, owners, noted)


def tensors_in(value: object) -> Iterable[Tensor]:
    """The tensors in what a module returns: one, or several in lists, tuples and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)


def _as_nodes(
    recording: Recording,
    results: list[Symbol],
    names: dict[object, str],
    nodes: dict[str, Node],
    began: list[tuple[int, str]],
) -> dict[str, str]:
    """Add a node for each call that matters; returns who ran it."""

    def name_of(symbol: Symbol) -> str:
        if key(symbol) not in names:  # a tensor from outside
            names[key(symbol)] = f"value.{len(names)}"
            nodes[names[key(symbol)]] = Node(names[key(symbol)], "constant", (), (), symbol.shape)
        return names[key(symbol)]

    def read(value: Any) -> Input:
        if isinstance(value, Symbol):
            return name_of(value)
        if isinstance(value, (list, tuple)):
            return tuple(name_of(item) for item in value if isinstance(item, Symbol))
        known: Input = value
        return known

    owners, wanted = dict[str, str](), needed(recording.calls, results)
    turn, owner = 0, ""
    for index, call in enumerate(recording.calls):
        while turn < len(began) and began[turn][0] <= index:
            owner, turn = began[turn][1], turn + 1
        if key(call.out) not in wanted:
            continue
        inputs = tuple(read(value) for value in call.inputs)
        name = f"value.{len(names)}"
        names[key(call.out)] = name
        said = tuple(sorted(call.attributes.items()))
        nodes[name] = Node(name, call.op, inputs, said, call.out.shape, call.out.dtype)
        owners[name] = owner
    for symbol in results:
        name_of(symbol)
    return owners
