# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A program as the words that the C engine reads (kernels/c/graph_engine.h)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from vynapse.deploy.lowered.loops import merged, refuse_deep
from vynapse.deploy.lowered.memory import Memory, laid_out
from vynapse.deploy.lowered.program import (
    Fold,
    FoldKind,
    Gather,
    Instruction,
    Map,
    Operand,
    Program,
    Sparse,
)

_FOLDS: Final[tuple[FoldKind, ...]] = ("sum", "dot", "max", "min", "argmax")
_END: Final = -1


@dataclass(frozen=True, slots=True)
class Element:
    """A function of up to three numbers.

    Attributes:
        name: its name.
        count: how many numbers it takes: x, y and z.
        expression: what it is, in C.
    """

    name: str
    count: int
    expression: str


@cache
def elements() -> Mapping[str, Element]:
    """The table that the engine is made from, in its order."""
    text = files("vynapse.kernels").joinpath("c", "graph_table.h").read_text(encoding="utf-8")
    rows = re.findall(r"^ELEMENT\((\w+), (\d), (.*)\)$", text, re.MULTILINE)
    return {name: Element(name, int(count), expression) for name, count, expression in rows}


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A program for the engine.

    Attributes:
        words: what it reads.
        memory: the array that it works on.
        inputs, outputs: (begin, count) of each in the array.
    """

    words: npt.NDArray[np.int32]
    memory: Memory
    inputs: tuple[tuple[int, int], ...]
    outputs: tuple[tuple[int, int], ...]


def words_of(program: Program) -> Words:
    """The program as words.

    Raises:
        GraphError: it has a loop of more axes than the engine knows.
    """
    memory = laid_out(program)
    listed = list(chain.from_iterable(_words(merged(one), memory) for one in program.instructions))
    inputs = tuple((memory.begins[p.buffer] + p.offset, p.size) for p in program.inputs)
    outputs = tuple((memory.begins[p.buffer] + p.offset, p.size) for p in program.outputs)
    return Words(np.array([*listed, _END], np.int32), memory, inputs, outputs)


def _words(one: Instruction, memory: Memory) -> Iterator[int]:
    def walk(operand: Operand) -> tuple[int, ...]:
        return memory.begins[operand.buffer] + operand.offset, *operand.strides

    if isinstance(one, Map):
        refuse_deep(one)
        number = list(elements()).index(one.function)
        yield from (0, number, len(one.shape), len(one.inputs), *one.shape, *walk(one.out))
        yield from chain.from_iterable(map(walk, one.inputs))
    elif isinstance(one, Fold):
        refuse_deep(one)
        begins = one.start is not None
        yield from (1, _FOLDS.index(one.kind), len(one.shape), len(one.row), len(one.inputs))
        yield from (int(begins), *one.shape, *one.row, *walk(one.out))
        yield from chain.from_iterable(map(walk, one.inputs))
        yield from () if one.start is None else walk(one.start)
    elif isinstance(one, Gather):
        out, x, by = walk(one.out)[0], *walk(one.x)
        yield from (2, len(one.table), out, x, by, *one.table)
    elif isinstance(one, Sparse):
        out, x, by = walk(one.out)[0], *walk(one.x)
        weighted = (0, 0, 0) if one.weight is None else (1, *walk(one.weight))
        yield from (3, len(one.source), one.size, out, x, by, *weighted, *one.source, *one.target)
    else:
        out, numbers, by = walk(one.out)[0], *walk(one.numbers)
        yield from (4, one.count, one.rows, one.width, out, numbers, by, walk(one.table)[0])
