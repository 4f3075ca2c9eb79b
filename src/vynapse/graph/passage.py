# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a part of a network hands on the channels that enter it, by the ties of its ops.

Growth asks this of each module between two layers, `classes` of a whole graph: which channels move
together is stated once, in `ties`. Here a part is watched in one small run, and no graph is
verified, since that takes a second when a process does it first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from vynapse.graph.ties import Elements, tie
from vynapse.graph.watching import watched

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
    found = watched(lambda: part(x), {_GIVEN: x}, held)
    if found is None or found.single is None:
        return None
    nodes, result = found.nodes, found.single
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
