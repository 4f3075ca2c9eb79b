# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network as a list of loops over memory, for one example at a time.

    Map      each element of the result from those at its place
    Fold     each element of the result from a row of elements: a sum of products, a maximum
    Gather   elements from places that a table names; -1 is zero
    Sparse   edges that are added up: result[target[k]] += x[source[k]] * weight[k]
    Take     rows of a table, by numbers that are known only when it runs

Memory is made of buffers of float32. Fixed ones hold weights and constants, the others what is
given and computed. An operand is a walk through a buffer: where it begins, and how far each index
of the loops moves it. Views cost nothing, as they are other walks through the same buffer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from vynapse.seeding import F32

Role = Literal["input", "fixed", "work"]


@dataclass(frozen=True, slots=True, eq=False)
class Buffer:
    """Floats that lie side by side.

    Attributes:
        size: how many.
        role: given by the caller, fixed, or computed.
        values: what a fixed one holds.
    """

    size: int
    role: Role
    values: F32 | None = None


@dataclass(frozen=True, slots=True)
class Operand:
    """A walk through a buffer.

    Attributes:
        buffer: its number.
        offset: where it begins.
        strides: how far each index of the loops moves it.
    """

    buffer: int
    offset: int
    strides: tuple[int, ...]

    def at(self, *indices: int) -> int:
        """The place in the buffer at these indices."""
        return self.offset + sum(i * s for i, s in zip(indices, self.strides, strict=True))


@dataclass(frozen=True, slots=True)
class Map:
    """out[i] = function(inputs[i]), for all indices i of `shape`."""

    function: str
    shape: tuple[int, ...]
    out: Operand
    inputs: tuple[Operand, ...]


FoldKind = Literal["sum", "dot", "max", "min", "argmax"]


@dataclass(frozen=True, slots=True)
class Fold:
    """out[i] = the sum, the sum of products, the extreme or its number, over all j of `row`.

    Attributes:
        kind: what is made of a row.
        shape: sizes of i.
        row: sizes of j.
        out: walks by i.
        inputs: walk by i and then j.
        start: what a sum begins with, by i; 0 where it is None.
    """

    kind: FoldKind
    shape: tuple[int, ...]
    row: tuple[int, ...]
    out: Operand
    inputs: tuple[Operand, ...]
    start: Operand | None = None


@dataclass(frozen=True, slots=True)
class Gather:
    """out[k] = x[table[k]], side by side; 0 where the table says -1."""

    out: Operand
    x: Operand
    table: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sparse:
    """out[target[k]] += x[source[k]] * weight[k], from zeros.

    Attributes:
        size: numbers of the result, side by side.
        weight: walks by k; None where all are 1.
    """

    out: Operand
    size: int
    x: Operand
    weight: Operand | None
    source: tuple[int, ...]
    target: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """out[k] = the row numbers[k] of a fixed table; numbers outside are the nearest that is there.

    Attributes:
        out: begins where the first row goes; rows follow each other.
        numbers: walk by k.
        count: how many.
        rows, width: sizes of the table, whose rows lie side by side.
        table: where it begins.
    """

    out: Operand
    numbers: Operand
    count: int
    rows: int
    width: int
    table: Operand


Instruction = Map | Fold | Gather | Sparse | Take


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor in memory.

    Attributes:
        buffer, offset: where it begins.
        shape, strides: its sizes, and how far each index moves.
    """

    buffer: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    def walk(self, shape: tuple[int, ...] | None = None) -> Operand:
        """The walk by its own indices, or by those of a shape that it is broadcast to."""
        if shape is None:
            return Operand(self.buffer, self.offset, self.strides)
        strides = [0] * len(shape)
        for axis in range(1, len(self.shape) + 1):
            if self.shape[-axis] != 1:
                strides[-axis] = self.strides[-axis]
        return Operand(self.buffer, self.offset, tuple(strides))


@dataclass(frozen=True, slots=True)
class Program:
    """A network at rest, as loops.

    Attributes:
        buffers: memory, by number.
        instructions: what is done, in order.
        inputs: what is given, in order; they lie side by side.
        outputs: what it gives.
    """

    buffers: tuple[Buffer, ...]
    instructions: tuple[Instruction, ...]
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]


def operands(one: Instruction) -> tuple[Operand, ...]:
    """What an instruction reads."""
    if isinstance(one, Map):
        return one.inputs
    if isinstance(one, Fold):
        return one.inputs if one.start is None else (*one.inputs, one.start)
    if isinstance(one, Gather):
        return (one.x,)
    if isinstance(one, Sparse):
        return (one.x,) if one.weight is None else (one.x, one.weight)
    return (one.numbers, one.table)


@dataclass(slots=True)
class Draft:
    """A program that is being written."""

    buffers: list[Buffer] = field(default_factory=list)
    instructions: list[Instruction] = field(default_factory=list)

    def fixed(self, values: npt.ArrayLike) -> Place:
        """A constant, as it lies in memory."""
        array = np.ascontiguousarray(values, np.float32)
        self.buffers.append(Buffer(array.size, "fixed", array.reshape(-1)))
        strides = tuple(stride // 4 for stride in array.strides)
        return Place(len(self.buffers) - 1, 0, array.shape, strides)

    def work(self, shape: tuple[int, ...]) -> Place:
        """Memory for a tensor whose elements lie side by side."""
        self.buffers.append(Buffer(math.prod(shape), "work"))
        return Place(len(self.buffers) - 1, 0, shape, contiguous(shape))

    def map(self, function: str, out: Place, *inputs: Place) -> Place:
        """A map over the whole of `out`; inputs are broadcast to it."""
        walks = tuple(one.walk(out.shape) for one in inputs)
        self.instructions.append(Map(function, out.shape, out.walk(out.shape), walks))
        return out

    def mapped(self, function: str, shape: tuple[int, ...], *inputs: Place) -> Place:
        """A map into new memory."""
        return self.map(function, self.work(shape), *inputs)


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of elements that lie side by side, the last index fastest."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
