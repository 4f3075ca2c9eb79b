# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which layers move together: the channels that must leave a network at the same time.

Every index of every axis of every value is an element. Ops tie elements: a sum ties those that are
added, a product of matrices ties columns of one to rows of the other, and so on. Elements that are
tied, directly or through others, form a class. A class is free where no input or output of the
graph, no mixing op and no op of unknown kind holds one of its elements. It can leave the network as
a whole (Fang et al. 2023, DepGraph: towards any structural pruning, CVPR).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vynapse.errors import GraphError
from vynapse.graph.ir import Graph
from vynapse.graph.ties import Elements, tie
from vynapse.seeding import I64


@dataclass(frozen=True, slots=True)
class Group:
    """Weights whose channels leave together.

    Attributes:
        members: (parameter, axis), in the order of the graph.
        channels: how many classes there are, each of which can leave by itself.
    """

    members: tuple[tuple[str, int], ...]
    channels: int


@dataclass(frozen=True, slots=True)
class Classes:
    """The class of every element.

    Attributes:
        of: (node, axis) -> number of the class of each index.
        free: numbers of the classes that can leave.
    """

    of: dict[tuple[str, int], I64]
    free: frozenset[int]


def classes(graph: Graph) -> Classes:
    """Tie all elements of a graph; sizes that follow the batch count as one of its trace."""
    fixed = graph.at(graph.batch or 1)
    elements = Elements(fixed.by_name)
    for node in fixed:
        tie(node, fixed.by_name, elements)
    for name in fixed.outputs:
        elements.fix(name)
    found = {place: elements.roots(place) for place in elements.places}
    stuck = {int(root) for root in elements.stuck()}
    weights = {node.name for node in fixed if node.op == "parameter"}
    seen = {int(c) for (name, _), own in found.items() if name in weights for c in own}
    return Classes(found, frozenset(seen - stuck))


def groups(graph: Graph) -> tuple[Group, ...]:
    """All groups of weights that have channels which can leave, in the order of the graph."""
    known = classes(graph)
    by_class: dict[int, set[tuple[str, int]]] = {}
    for place, own in known.of.items():
        if place[0] in graph.parameters:
            for number in set(own.tolist()) & known.free:
                by_class.setdefault(number, set()).add(place)
    joined: list[tuple[set[tuple[str, int]], set[int]]] = []
    for number, places in by_class.items():
        touching = [entry for entry in joined if entry[0] & places]
        merged = (set(places), {number})
        for entry in touching:
            merged[0].update(entry[0])
            merged[1].update(entry[1])
            joined.remove(entry)
        joined.append(merged)
    order = {node.name: place for place, node in enumerate(graph)}
    found = [
        Group(tuple(sorted(places, key=lambda p: (order[p[0]], p[1]))), len(numbers))
        for places, numbers in joined
    ]
    return tuple(sorted(found, key=lambda group: order[group.members[0][0]]))


def leaving(known: Classes, parameter: str, axis: int, keep: Sequence[int]) -> frozenset[int]:
    """The classes that go when only some channels of a parameter are kept.

    Raises:
        GraphError: there is no such axis, `keep` is not some of its channels, or one that would go
            cannot leave.
    """
    own = known.of.get((parameter, axis))
    if own is None:
        raise GraphError(f"there is no parameter {parameter!r} with an axis {axis}")
    kept = sorted(set(keep))
    if not kept or list(keep) != kept or kept[0] < 0 or kept[-1] >= len(own):
        raise GraphError(
            f"{parameter!r}: some of its {len(own)} channels in ascending order were wanted, "
            f"got {list(keep)}"
        )
    gone = {int(c) for c in np.delete(own, kept)}
    if not gone <= known.free:
        raise GraphError(
            f"{parameter!r}: channels along axis {axis} cannot leave: an input, an output or an op "
            "that mixes them needs all of them"
        )
    staying = {int(c) for c in own[list(keep)]}
    if gone & staying:
        raise GraphError(f"{parameter!r}: a channel that is kept is tied to one that goes")
    return frozenset(gone)
