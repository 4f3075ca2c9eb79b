# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The form of a row of the table of ops."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vynapse.graph.infer import TensorType, Typed
from vynapse.graph.schema import signature
from vynapse.graph.symbol import Symbol
from vynapse.graph.values import Attribute


@dataclass(frozen=True, slots=True)
class Call:
    """An op that was performed, as its reverse rule sees it.

    Attributes:
        op: its full name, or "getitem".
        inputs: symbols, numbers, None or lists of symbols.
        attributes: those that were said.
        out: the result.
    """

    op: str
    inputs: tuple[object, ...]
    attributes: Mapping[str, Attribute]
    out: Symbol

    def x(self, place: int = 0) -> Symbol:
        """The input at this place, which must be a tensor."""
        found = self.inputs[place]
        if not isinstance(found, Symbol):
            raise TypeError(f"{self.op}: input {place} is no tensor")
        return found

    def optional(self, place: int) -> Symbol | None:
        """The input at this place, if it is a tensor."""
        found = self.inputs[place] if place < len(self.inputs) else None
        return found if isinstance(found, Symbol) else None

    def listed(self, place: int = 0) -> tuple[Symbol | None, ...]:
        """The symbols of a list."""
        found = self.inputs[place]
        if not isinstance(found, (list, tuple)):
            raise TypeError(f"{self.op}: input {place} is no list")
        return tuple(found)

    def attribute(self, name: str) -> object:
        """What was said under this name, or the default."""
        return said(self.op, self.attributes, name)

    def number(self, name: str) -> float:
        """An attribute that is a number."""
        value = self.attribute(name)
        if isinstance(value, (int, float)):
            return value
        raise TypeError(f"{self.op}: {name} is no number")

    def whole(self, name: str) -> int:
        """An attribute that is a whole number."""
        return int(self.number(name))

    def wholes(self, name: str) -> tuple[int, ...]:
        """An attribute that is a list of whole numbers."""
        return wholes(self.attribute(name))


@dataclass(frozen=True, slots=True)
class Work:
    """An op that would be performed, as its cost is counted: the types of what goes in and out."""

    op: str
    inputs: tuple[Typed, ...]
    attributes: Mapping[str, Attribute]
    outputs: tuple[TensorType, ...]

    @property
    def written(self) -> int:
        """Elements of the first output."""
        return math.prod(self.outputs[0].shape)

    @property
    def read(self) -> int:
        """Elements of the first input."""
        return math.prod(self.shape(0))

    def shape(self, place: int) -> tuple[int, ...]:
        """The shape of the input at this place; () where it is no tensor."""
        found = self.inputs[place] if place < len(self.inputs) else None
        return found.shape if isinstance(found, TensorType) else ()

    def attribute(self, name: str) -> object:
        """What was said under this name, or the default."""
        return said(self.op, self.attributes, name)


Gradients = Sequence[Symbol | None]
"""One for each result of an op; None where nothing depends on it."""

Reverse = Callable[[Call, Gradients], Sequence[object]]
"""Gradients of the inputs, in order: a symbol, None, or a list of them for a list of tensors.

They have the shapes of the inputs; the last ones may be left out.
"""

Expand = Callable[[Call], Sequence[Symbol | None]]
"""The results of an op from simpler ops; None for one that is not wanted of it."""

Flops = Callable[[Work], int]
"""Floating-point operations; a multiplication and an addition are two."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of an op beside what torch knows.

    Attributes:
        op: its full name.
        flops: how many operations it takes.
        reverse: the gradients of its inputs by those of its results.
        expand: the same by simpler ops, which are differentiated in its place and exported where
            the format has no such op.
        view: whether it moves no bytes, since its result shares memory with its input.
        constant: whether no gradient passes through it, e.g. a comparison.
    """

    op: str
    flops: Flops
    reverse: Reverse | None = None
    expand: Expand | None = None
    view: bool = False
    constant: bool = False

    @property
    def differentiable(self) -> bool:
        """Whether gradients pass through it."""
        return self.reverse is not None or self.expand is not None


def each(operations: int) -> Flops:
    """So many operations for each element of the result."""
    return lambda work: operations * work.written


def over(operations: int) -> Flops:
    """So many operations for each element of the first input."""
    return lambda work: operations * work.read


def free(_work: Work) -> int:
    """No arithmetic."""
    return 0


def first(grads: Gradients) -> Symbol:
    """The gradient of the only result."""
    grad = grads[0]
    if grad is None:
        raise TypeError("the gradient of a result that nothing depends on was asked for")
    return grad


def said(op: str, attributes: Mapping[str, Attribute], name: str) -> object:
    """An attribute, or its default."""
    if name in attributes:
        return attributes[name]
    return signature(op).default(name)


def wholes(value: object) -> tuple[int, ...]:
    """Whole numbers as a tuple; none where nothing is said."""
    if value is None:
        return ()
    if isinstance(value, int):
        return (value,)
    return tuple(value)  # type: ignore[arg-type]
