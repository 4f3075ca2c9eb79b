# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A program as the body of a C function: C99, no call but those of math.h."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Final, final

from vynapse.deploy.lowered.program import Fold, Gather, Instruction, Map, Operand, Sparse, Take
from vynapse.deploy.lowered.text import LETTERS, Arrays, index, nested, shortest
from vynapse.deploy.lowered.words import elements

_OPERATORS: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_LIBRARY: Final = {
    "FABS": "fabsf", "EXP": "expf", "EXPM1": "expm1f", "LOG": "logf", "LOG1P": "log1pf",
    "SQRT": "sqrtf", "SIN": "sinf", "COS": "cosf", "ERF": "erff", "TANH": "tanhf",
    "FLOOR": "floorf", "NEAREST": "rintf", "POW": "powf", "FMOD": "fmodf",
}  # fmt: skip
UNROLLED: Final = 64
"""Edges up to which each is written out, with its weight."""


@final
class CText:
    """Statements of a program.

    Args:
        arrays: names of its memory.
        prefix: what names of functions and tables begin with.

    Attributes:
        tables: declarations of the tables that the statements read.
    """

    def __init__(self, arrays: Arrays, prefix: str) -> None:
        self._arrays, self._prefix = arrays, prefix
        self._functions: dict[str, str] = {}
        self.tables: list[str] = []

    @property
    def functions(self) -> list[str]:
        """Definitions of the functions that the statements call."""
        return list(self._functions.values())

    def statements(self) -> Iterator[str]:
        """One line for each instruction."""
        for one in self._arrays.program.instructions:
            yield self._statement(one)

    def _statement(self, one: Instruction) -> str:
        if isinstance(one, Map):
            names = LETTERS[: len(one.shape)]
            read = [self._read(operand, names) for operand in one.inputs]
            to = self._arrays.place(one.out, names)
            return f"{nested(one.shape, names, _loop)}{to}={self._value(one.function, read)};"
        if isinstance(one, Fold):
            return self._fold(one)
        if isinstance(one, Gather):
            return self._gather(one)
        if isinstance(one, Sparse):
            return self._sparse(one)
        return self._take(one)

    def _fold(self, one: Fold) -> str:
        names = LETTERS[: len(one.shape) + len(one.row)]
        outer, inner = names[: len(one.shape)], names[len(one.shape) :]
        heads, rows = nested(one.shape, outer, _loop), nested(one.row, inner, _loop)
        read = [self._read(operand, names) for operand in one.inputs]
        to = self._arrays.place(one.out, outer)
        if one.kind in ("sum", "dot"):
            begin = "0" if one.start is None else self._read(one.start, outer)
            return f"{heads}{{float a={begin};{rows}a+={'*'.join(read)};{to}=a;}}"
        sign = "<" if one.kind == "min" else ">"
        worst = "INFINITY" if one.kind == "min" else "-INFINITY"
        better = f"if(v{sign}a||(v!=v&&a==a))"
        if one.kind == "argmax":
            body = f"{{float v={read[0]};{better}{{a=v;b=c;}}c++;}}"
            return f"{heads}{{float a={worst};int b=0,c=0;{rows}{body}{to}=b;}}"
        return f"{heads}{{float a={worst};{rows}{{float v={read[0]};{better}a=v;}}{to}=a;}}"

    def _gather(self, one: Gather) -> str:
        table = self._table(one.table)
        by = one.x.strides[0]
        name, begin = self._arrays.where(one.x.buffer)
        at = index(begin + one.x.offset, (by,), (f"{table}[i]",))
        to = self._arrays.place(Operand(one.out.buffer, one.out.offset, (1,)), "i")
        value = f"{name}[{at}]"
        if min(one.table) < 0:
            value = f"{table}[i]<0?0:{value}"
        return f"{_loop('i', len(one.table))}{to}={value};"

    def _sparse(self, one: Sparse) -> str:
        if len(one.source) <= UNROLLED:
            return self._unrolled(one)
        source, target = self._table(one.source), self._table(one.target)
        out = Operand(one.out.buffer, one.out.offset, (1,))
        x = self._arrays.place(one.x, (f"{source}[i]",))
        weight = "" if one.weight is None else f"*{self._read(one.weight, 'i')}"
        zero = f"{_loop('i', one.size)}{self._arrays.place(out, 'i')}=0;"
        to = self._arrays.place(out, (f"{target}[i]",))
        return f"{zero}\n {_loop('i', len(one.source))}{to}+={x}{weight};"

    def _unrolled(self, one: Sparse) -> str:
        sums: dict[int, list[str]] = {target: [] for target in range(one.size)}
        for edge, (source, target) in enumerate(zip(one.source, one.target, strict=True)):
            moved = Operand(one.x.buffer, one.x.offset + source * one.x.strides[0], ())
            x = self._arrays.place(moved, ())
            if one.weight is None:
                sums[target].append(x)
                continue
            at = one.weight.offset + edge * one.weight.strides[0]
            weight = self._read(Operand(one.weight.buffer, at, ()), ())
            sums[target].append(f"{weight}*{x}")
        return "\n ".join(
            f"{self._arrays.place(Operand(one.out.buffer, one.out.offset + target, ()), ())}="
            f"{'+'.join(terms) or '0'};"
            for target, terms in sums.items()
        )

    def _take(self, one: Take) -> str:
        value = self._arrays.place(one.numbers, "i")
        out, table = (Operand(o.buffer, o.offset, (1,)) for o in (one.out, one.table))
        to = self._arrays.place(out, (f"i*{one.width}+j",))
        source = self._arrays.place(table, (f"r*{one.width}+j",))
        last = one.rows - 1
        row = f"int r={value}>0?({value}<{one.rows}?(int){value}:{last}):0;"
        return f"{_loop('i', one.count)}{{{row}{_loop('j', one.width)}{to}={source};}}"

    def _read(self, operand: Operand, names: Sequence[str]) -> str:
        fixed = self._arrays.constant(operand)
        return self._arrays.place(operand, names) if fixed is None else number(fixed)

    def _value(self, name: str, read: list[str]) -> str:
        if name == "copy":
            return read[0]
        if name in _OPERATORS:
            return _OPERATORS[name].join(read)
        if name not in self._functions:
            self._functions[name] = self._function(name)
        return f"{self._prefix}_{name}({','.join(read)})"

    def _function(self, name: str) -> str:
        element = elements()[name]
        body = re.sub(r"\b[A-Z][A-Z0-9]+\b", lambda m: _LIBRARY[m[0]], element.expression)
        takes = ",".join(f"float {letter}" for letter in "xyz"[: element.count])
        return f"static float {self._prefix}_{name}({takes}){{return {body};}}"

    def _table(self, numbers: Sequence[int]) -> str:
        name = f"{self._prefix}_t{len(self.tables)}"
        kind = "short" if min(numbers) >= -(2**15) and max(numbers) < 2**15 else "int"
        values = ",".join(map(str, numbers))
        self.tables.append(f"static const {kind} {name}[{len(numbers)}]={{{values}}};")
        return name


def number(value: float) -> str:
    """A literal of the type float; a negative one in brackets."""
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "(-INFINITY)"
    text = f"{shortest(value)}f"
    return f"({text})" if value < 0 or text.startswith("-") else text


def _loop(name: str, size: int) -> str:
    return f"for(int {name}=0;{name}<{size};{name}++)"
