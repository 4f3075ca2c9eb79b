# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gates: a number for each channel that can leave, by which all that reads the channel is told.

    opened = rewritten(graph, (gated,))        # the same bits: every gate is 1
    masked = opened.with_tensors({"0.gate": torch.tensor([1.0, 0, 1, 0])})
    smaller = selected(masked)                 # channels 1 and 3 are gone

A gate is a parameter, so gradient descent can learn it (Liu et al. 2017, Learning efficient
convolutional networks through network slimming, ICCV, scales channels the same way), and a search
can flip it. It stands where a channel is read, behind activations and pooling: at 0 the network
computes what the pruned one does, whatever an activation makes of 0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import torch

from vynapse.errors import GraphError
from vynapse.graph.builder import Builder
from vynapse.graph.dependencies import classes, groups
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.rewrite.prune import pruned
from vynapse.graph.symbol import Symbol
from vynapse.graph.ties import Place, summed
from vynapse.graph.values import dtype_of
from vynapse.seeding import I64

SUFFIX: Final = ".gate"
"""What the names of gates end with; before it stands the layer that comes first in the graph."""


def gated(graph: Graph) -> Graph:
    """The graph with a gate for each channel of each group of layers, all of them 1.

    Groups that have gates already get no others.
    """
    builder = Builder(graph.batch, reserved=graph.by_name)
    gates = _Gates(graph, builder)
    for node in graph:
        builder.include(gates.before(node), graph.tensors.get(node.name))
    return builder.graph(*(builder.symbol(name) for name in graph.outputs))


def selected(graph: Graph) -> Graph:
    """The graph without the channels whose gate is 0; the other gates stay as they are.

    Raises:
        GraphError: all channels of a layer are closed.
    """
    for name in [name for name in graph.parameters if name.endswith(SUFFIX)]:
        keep = torch.nonzero(graph.parameters[name]).flatten().tolist()
        if not keep:
            raise GraphError(f"{name!r} is 0 throughout: a layer needs one channel at least")
        graph = pruned(graph, name, 0, keep)
    return graph


class _Gates:
    """The gates of a graph, each made where the first op reads through it."""

    def __init__(self, graph: Graph, builder: Builder) -> None:
        self._graph, self._builder = graph, builder
        self._classes = classes(graph).of
        self._order: dict[str, I64] = {}
        self._owner: dict[int, str] = {}
        self._made: dict[str, Symbol] = {}
        self._behind: dict[Place, Symbol] = {}
        for group in groups(graph):
            (first, axis), *_ = group.members
            if any(name.endswith(SUFFIX) for name, _ in group.members):
                continue
            name = (first.rpartition(".")[0] or first) + SUFFIX
            order = list(dict.fromkeys(self._classes[first, axis].tolist()))
            self._order[name] = np.array(order, dtype=np.int64)
            self._owner |= dict.fromkeys(order, name)

    def before(self, node: Node) -> Node:
        """The node, reading through gates the axis that it sums over."""
        place = summed(node, self._graph.by_name)
        if place is None or (place not in self._behind and not self._close(place)):
            return node
        source, through = place[0], str(self._behind[place].value)
        at = node.inputs.index(source)
        return replace(node, inputs=(*node.inputs[:at], through, *node.inputs[at + 1 :]))

    def _close(self, place: Place) -> bool:
        """Put gates behind a value, if its channels along the axis are all those of a group."""
        own = self._classes[place]
        name = self._owner.get(int(own[0])) if own.size else None
        if name is None:
            return False
        order = self._order[name]
        if len(own) % len(order) or (own != np.repeat(order, len(own) // len(order))).any():
            return False
        if name not in self._made:
            dtype = dtype_of(self._graph[place[0]].dtype)
            self._made[name] = self._builder.parameter(name, torch.ones(len(order), dtype=dtype))
        value = self._builder.symbol(place[0])
        self._behind[place] = _through(value, place[1], self._made[name])
        return True


def _through(value: Symbol, axis: int, gate: Symbol) -> Symbol:
    """The value times the gates of its channels, each of which may have several places."""
    channels = int(str(gate.shape[0]))
    whole = value.shape
    places = int(str(whole[axis])) // channels
    behind = whole[axis + 1 :]
    if places == 1:
        return value * gate.reshape((channels, *(1 for _ in behind)))
    apart = value.reshape((*whole[:axis], channels, places, *behind))
    return (apart * gate.reshape((channels, 1, *(1 for _ in behind)))).reshape(whole)
