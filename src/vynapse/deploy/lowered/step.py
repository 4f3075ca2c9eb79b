# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A node as its rule sees it while a graph is lowered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from vynapse.deploy.lowered.program import Draft, Place, contiguous
from vynapse.errors import GraphError
from vynapse.graph.nodes import Node
from vynapse.graph.ops.row import said, wholes
from vynapse.graph.values import Attribute


@dataclass(frozen=True, slots=True)
class Step:
    """One op on one example.

    Attributes:
        node: the node.
        draft: the program so far.
        place_of: where the value of a node lies.
        fixed_of: the value of a node that depends on weights and constants alone, else None.
        result: what torch made of it: a tensor, or several.
    """

    node: Node
    draft: Draft
    place_of: Callable[[str], Place]
    fixed_of: Callable[[str], Tensor | None]
    result: Any

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """What is said beside the inputs."""
        return dict(self.node.attributes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the first result."""
        first = self.result[0] if isinstance(self.result, (tuple, list)) else self.result
        return tuple(first.shape)

    def x(self, place: int = 0) -> Place:
        """The input at this place; a number is a constant."""
        found = self.node.inputs[place]
        if isinstance(found, str):
            return self.place_of(found)
        if isinstance(found, (bool, int, float)):
            return self.draft.fixed(float(found))
        raise self.refused(f"input {place} is no tensor")

    def optional(self, place: int) -> Place | None:
        """The input at this place; None where there is none."""
        given = self.node.inputs[place] if place < len(self.node.inputs) else None
        return None if given is None else self.x(place)

    def listed(self) -> tuple[str, ...]:
        """The names in the list that is the first input."""
        found = self.node.inputs[0]
        if not isinstance(found, tuple):
            raise self.refused("its first input is no list")
        return tuple(str(name) for name in found)

    def fixed(self, place: int) -> Tensor:
        """The input at this place, which must not depend on what is given.

        Raises:
            GraphError: it does.
        """
        found = self.node.inputs[place]
        value = self.fixed_of(found) if isinstance(found, str) else None
        if value is None:
            raise self.refused("its numbers are known only when it runs")
        return value

    def attribute(self, name: str) -> object:
        """What is said under a name, or its default."""
        return said(self.node.op, self.attributes, name)

    def number(self, name: str) -> float:
        """An attribute that is a number."""
        value = self.attribute(name)
        if not isinstance(value, (int, float)):
            raise self.refused(f"{name} is no number")
        return float(value)

    def wholes(self, name: str) -> tuple[int, ...]:
        """An attribute that is a list of whole numbers."""
        return wholes(self.attribute(name))

    def scalar(self, value: float) -> Place:
        """A constant."""
        return self.draft.fixed(float(value))

    def out(self) -> Place:
        """Memory for the result, laid out as torch laid it out."""
        if isinstance(self.result, (tuple, list)):
            return self.draft.work(self.shape)
        return mirrored(self.draft, self.result)

    def mapped(self, function: str, *inputs: Place) -> Place:
        """A map of the shape of the result into new memory."""
        return self.draft.mapped(function, self.shape, *inputs)

    def refused(self, why: str) -> GraphError:
        """What is raised where there is no such form."""
        return GraphError(f"node {self.node.name!r}: {self.node.op}: {why}: use onnx or pt2")


Rule = Callable[[Step], Place | Sequence[Place | None]]
"""Writes the loops of an op; where its results lie."""


def mirrored(draft: Draft, tensor: Tensor) -> Place:
    """Memory that is laid out like a tensor of torch's, so that views of both are the same."""
    shape, strides = tuple(tensor.shape), tuple(tensor.stride())
    if strides == contiguous(shape):
        return draft.work(shape)
    room = draft.work((tensor.untyped_storage().nbytes() // tensor.element_size(),))
    return seen(room.buffer, tensor)


def seen(buffer: int, tensor: Tensor) -> Place:
    """A tensor of torch's as a walk through a buffer that is laid out like its memory."""
    return Place(buffer, int(tensor.storage_offset()), tuple(tensor.shape), tuple(tensor.stride()))
