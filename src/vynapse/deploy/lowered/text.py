# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Loops as text: what the exports of source code share.

A printer says how a place in memory, a loop and an element are written in its language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vynapse.deploy.lowered.loops import merged, refuse_deep
from vynapse.deploy.lowered.memory import Memory, laid_out
from vynapse.deploy.lowered.program import Fold, Map, Operand, Program, Sparse, Take, operands

LETTERS: Final = "ijklmnpq"
"""Names of indices, outermost first."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """The arrays of a program, by name, and where each buffer lies in them.

    Attributes:
        program: whose memory it is.
        memory: what is fixed and what is computed.
        names: the arrays of inputs and outputs, by buffer, and where in them it begins.
    """

    program: Program
    memory: Memory
    names: dict[int, tuple[str, int]]

    @property
    def room(self) -> int:
        """Floats of the array in which is computed."""
        return self.memory.size - len(self.memory.fixed)

    def place(self, operand: Operand, indices: Sequence[str]) -> str:
        """An element, e.g. `m[3+i*4+j]`."""
        name, begin = self.where(operand.buffer)
        return f"{name}[{index(begin + operand.offset, operand.strides, indices)}]"

    def where(self, buffer: int) -> tuple[str, int]:
        """The array of a buffer, and where in it it begins."""
        if buffer in self.names:
            return self.names[buffer]
        begin, fixed = self.memory.begins[buffer], len(self.memory.fixed)
        return ("net_w", begin) if begin < fixed else ("net_m", begin - fixed)

    def constant(self, operand: Operand) -> float | None:
        """The number that a walk stays on, where it is fixed."""
        values = self.program.buffers[operand.buffer].values
        if values is None or any(operand.strides):
            return None
        return float(values[operand.offset])


def arrays_of(
    program: Program, inputs: Sequence[str], outputs: Sequence[str], unrolled: int
) -> Arrays:
    """Inputs and outputs of one name lie side by side in it; all else lies in `net_w` and `net_m`.

    Args:
        program: any.
        inputs, outputs: the names of the arrays that they lie in.
        unrolled: edges up to which weights are written where they are used.

    Raises:
        GraphError: a loop has too many axes.
    """
    program = replace(program, instructions=tuple(map(merged, program.instructions)))
    for one in program.instructions:
        if isinstance(one, (Map, Fold)):
            refuse_deep(one)
    names: dict[int, tuple[str, int]] = {}
    ends: dict[str, int] = {}
    for given, places in ((inputs, program.inputs), (outputs, program.outputs)):
        for name, place in zip(given, places, strict=True):
            names[place.buffer] = name, ends.get(name, 0)
            ends[name] = ends.get(name, 0) + place.size
    apart = frozenset(names) | _written_out(program, unrolled)
    return Arrays(program, laid_out(program, apart), names)


def _written_out(program: Program, unrolled: int) -> frozenset[int]:
    """Fixed buffers of which no loop reads."""
    found: set[int] = set()
    read: set[int] = set()
    for one in program.instructions:
        short = isinstance(one, Sparse) and len(one.source) <= unrolled
        for operand in operands(one):
            fixed = program.buffers[operand.buffer].role == "fixed"
            place = found if fixed and (short or not any(operand.strides)) else read
            place.add(operand.buffer)
        if isinstance(one, Take):
            read.add(one.table.buffer)
    return frozenset(found - read)


def index(begin: int, strides: Sequence[int], indices: Sequence[str]) -> str:
    """A sum such as `3+i*4+j`, without what is 0."""
    parts = [str(begin)] if begin else []
    for name, stride in zip(indices, strides, strict=True):
        if stride:
            parts.append(name if stride == 1 else f"{name}*{stride}")
    return "+".join(parts) or "0"


def nested(sizes: Sequence[int], names: Sequence[str], loop: Callable[[str, int], str]) -> str:
    """The heads of loops over these sizes; those of size 1 have none."""
    return "".join(loop(name, size) for name, size in zip(names, sizes, strict=True) if size != 1)


def shortest(value: float) -> str:
    """The shortest decimal that is this float32, and has a point or an exponent."""
    text = str(np.float32(value))
    if text.endswith(".0") and len(text) > 2:
        return text[:-1]
    return text.removeprefix("0") if text.startswith("0.") else text.replace("-0.", "-.", 1)
