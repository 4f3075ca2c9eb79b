# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a part of a network hands on the channels that enter it, by the ties of its ops.

Growth asks this of each module between two layers, `classes` of a whole graph: which channels move
together is stated once, in `ties`. Here a part is watched in one small run, and no graph is
verified, since that takes a second when a process does it first.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vynapse.graph.nodes import Node
from vynapse.graph.recording import Recording, needed
from vynapse.graph.reverse import key
from vynapse.graph.symbol import Symbol
from vynapse.graph.ties import Elements, tie
from vynapse.graph.values import Input

_GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Passage:
    """A part that works on each channel by itself.

    Attributes:
        rank: axes of what it gives.
        places: elements of the result that each channel has along the axis of the channels. There
            are several where a picture was flattened.
        tensors: names of its tensors that have one element for each channel.
    """

    rank: int
    places: int
    tensors: tuple[str, ...]


def passage(
    part: Callable[[Tensor], object], x: Tensor, axis: int, held: Mapping[str, Tensor]
) -> Passage | None:
    """How the channels along an axis of `x` leave a part.

    Args:
        part: run once, without gradients.
        x: an input that it takes.
        axis: that of the channels, in the input and in the result.
        held: parameters and buffers of the part, by name.

    Returns:
        None where a channel meets another one, where the part gives no single tensor, or where it
        is not known what one of its ops does with channels.
    """
    found = _watched(part, x, held)
    if found is None:
        return None
    nodes, result = found
    elements = Elements(nodes)
    for node in nodes.values():
        tie(node, nodes, elements)
    own = elements.roots((_GIVEN, axis))
    classes = set(own.tolist())
    if len(classes) < len(own) or classes & elements.stuck():
        return None
    tensors, places = [], 0
    for (name, dim), _ in elements.places.items():
        there = elements.roots((name, dim))
        if name == result and dim == axis:
            places = len(there) // len(own)
            if len(there) % len(own) or (there != np.repeat(own, places)).any():
                return None
        elif nodes[name].op in {"parameter", "constant"} or name == result:
            follows = nodes[name].op == "parameter" and np.array_equal(there, own)
            if follows and len(nodes[name].shape) == 1:
                tensors.append(name)
            elif classes & set(there.tolist()) and name != _GIVEN:
                return None
    return Passage(len(nodes[result].shape), places, tuple(tensors)) if places else None


def _watched(
    part: Callable[[Tensor], object], x: Tensor, held: Mapping[str, Tensor]
) -> tuple[dict[str, Node], str] | None:
    """What ran, as nodes, and the name of the result."""
    recording = Recording()
    names = {key(recording.symbol(tensor)): name for name, tensor in held.items()}
    names[key(recording.symbol(x))] = _GIVEN
    recording.start()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = part(x)
    except Exception:  # noqa: BLE001 - a module that cannot take it may raise anything
        return None
    finally:
        recording.stop()
    given = recording.known(result) if isinstance(result, Tensor) else None
    if given is None:
        return None
    nodes = {
        name: Node(name, "parameter", (), (), tuple(tensor.shape))
        for name, tensor in {**held, _GIVEN: x}.items()
    }

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

    wanted = needed(recording.calls, [given])
    for call in recording.calls:
        if key(call.out) not in wanted:
            continue
        inputs = tuple(read(value) for value in call.inputs)
        name = f"value.{len(names)}"
        names[key(call.out)] = name
        said = tuple(sorted(call.attributes.items()))
        nodes[name] = Node(name, call.op, inputs, said, call.out.shape, call.out.dtype)
    return nodes, name_of(given)
