# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A program as statements of Python, which computes in double precision."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, final

from vynapse.deploy.lowered.program import Fold, Gather, Instruction, Map, Operand, Sparse, Take
from vynapse.deploy.lowered.text import LETTERS, Arrays, index

_OPERATORS: Final = {"add": "+", "sub": "-", "mul": "*"}
UNROLLED: Final = 0
"""Edges up to which weights are written out: none, since tables are shorter."""

FUNCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "neg": "-x",
        "abs": "abs(x)",
        "sign": "float(x > 0) - float(x < 0)",
        "exp": "math.inf if x > 709 else math.exp(x)",
        "expm1": "math.inf if x > 709 else math.expm1(x)",
        "log": "math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)",
        "log1p": "math.log1p(x) if x > -1 else (-math.inf if x == -1 else math.nan)",
        "sqrt": "math.sqrt(x) if x >= 0 else math.nan",
        "rsqrt": "1 / math.sqrt(x) if x > 0 else (math.inf if x == 0 else math.nan)",
        "reciprocal": "1 / x if x else math.copysign(math.inf, x)",
        "sin": "math.sin(x) if math.isfinite(x) else math.nan",
        "cos": "math.cos(x) if math.isfinite(x) else math.nan",
        "erf": "math.erf(x)",
        "tanh": "math.tanh(x)",
        "sigmoid": "0.0 if x < -709 else 1 / (1 + math.exp(-x))",
        "relu": "0.0 if x < 0 else x",
        "silu": "x * 0.0 if x < -709 else x / (1 + math.exp(-x))",
        "gelu": "0.5 * x * (1 + math.erf(x * 0.7071067811865476))",
        "gelu_tanh": "0.5 * x * (1 + math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))",
        "mish": "x * math.tanh(x if x > 20 else math.log1p(math.exp(x)))",
        "hardsigmoid": "min(max(x / 6 + 0.5, 0.0), 1.0)",
        "hardswish": "x * min(max(x / 6 + 0.5, 0.0), 1.0)",
        "floor": "float(math.floor(x)) if math.isfinite(x) else x",
        "ceil": "float(math.ceil(x)) if math.isfinite(x) else x",
        "trunc": "float(math.trunc(x)) if math.isfinite(x) else x",
        "round": "float(round(x)) if math.isfinite(x) else x",
        "not": "float(x == 0)",
        "isnan": "float(x != x)",
        "div": "x / y if y else x * math.copysign(math.inf, y)",
        "pow": "_power(x, y)",
        "floor_divide": "x // y if y else x * math.copysign(math.inf, y)",
        "remainder": "x % y if y and math.isfinite(x) else math.nan",
        "maximum": "x if x != x or x > y else y",
        "minimum": "x if x != x or x < y else y",
        "gt": "float(x > y)",
        "ge": "float(x >= y)",
        "lt": "float(x < y)",
        "le": "float(x <= y)",
        "eq": "float(x == y)",
        "ne": "float(x != y)",
        "logical_and": "float(x != 0 and y != 0)",
        "logical_or": "float(x != 0 or y != 0)",
        "leaky": "x if x > 0 else x * y",
        "where": "y if x else z",
    }
)
"""The functions of kernels/c/graph_table.h in Python; copies, sums and products have operators."""
_HELPERS: Final = {
    "pow": """def _power(x, y):
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0 and y % 2 else math.inf
    except ValueError:
        return math.inf if x == 0 else math.nan
""",
    "max": """def _max(values):
    best = -math.inf
    for value in values:
        if value > best or value != value:
            best = value
    return best
""",
    "min": """def _min(values):
    return -_max(-value for value in values)
""",
    "argmax": """def _argmax(values):
    best = _max(values)
    return float(next(i for i, x in enumerate(values) if x == best or x != x))
""",
}
_NEEDED: Final = {
    "pow": ("pow",),
    "max": ("max",),
    "min": ("max", "min"),
    "argmax": ("max", "argmax"),
}
"""Element or fold -> helpers that must be there, in order."""


@final
class PythonText:
    """Statements of a program, indented once.

    Args:
        arrays: names of its memory.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._functions: dict[str, str] = {}

    @property
    def functions(self) -> list[str]:
        """Definitions of the functions that the statements call."""
        return list(self._functions.values())

    def lines(self) -> Iterator[str]:
        """The body of a function."""
        for one in self._arrays.program.instructions:
            yield from (f"    {line}" for line in self._lines(one))

    def _lines(self, one: Instruction) -> Iterator[str]:
        if isinstance(one, Map):
            names = LETTERS[: len(one.shape)]
            read = [self._read(operand, names) for operand in one.inputs]
            value = self._value(one.function, read)
            yield from _nested(one.shape, names, f"{self._arrays.place(one.out, names)} = {value}")
        elif isinstance(one, Fold):
            yield from self._fold(one)
        elif isinstance(one, Gather):
            yield from self._gather(one)
        elif isinstance(one, Sparse):
            yield from self._sparse(one)
        else:
            yield from self._take(one)

    def _fold(self, one: Fold) -> Iterator[str]:
        names = LETTERS[: len(one.shape) + len(one.row)]
        outer, inner = names[: len(one.shape)], names[len(one.shape) :]
        read = [self._read(operand, names) for operand in one.inputs]
        rows = " ".join(f"for {n} in range({size})" for n, size in zip(inner, one.row, strict=True))
        values = f"{'*'.join(read)} {rows}"
        to = self._arrays.place(one.out, outer)
        if one.kind in ("sum", "dot"):
            begin = "" if one.start is None else f"{self._read(one.start, outer)} + "
            value = f"{begin}sum({values})"
        elif one.kind == "argmax":
            value = f"_argmax([{values}])"
        else:
            value = f"_{one.kind}({values})"
        self._needs(one.kind)
        yield from _nested(one.shape, outer, f"{to} = {value}")

    def _gather(self, one: Gather) -> Iterator[str]:
        name, begin = self._arrays.where(one.x.buffer)
        at = index(begin + one.x.offset, one.x.strides, ("j",))
        to = self._arrays.place(Operand(one.out.buffer, one.out.offset, (1,)), "i")
        yield f"for i, j in enumerate({list(one.table)}):"
        yield f"    {to} = {name}[{at}]" + (" if j >= 0 else 0.0" if min(one.table) < 0 else "")

    def _sparse(self, one: Sparse) -> Iterator[str]:
        out = Operand(one.out.buffer, one.out.offset, (1,))
        x = self._arrays.place(one.x, ("j",))
        weight = "" if one.weight is None else f" * {self._read(one.weight, 'i')}"
        yield f"for k in range({one.size}):"
        yield f"    {self._arrays.place(out, 'k')} = 0.0"
        pairs = f"zip({list(one.source)}, {list(one.target)})"
        yield f"for i, (j, k) in enumerate({pairs}):"
        yield f"    {self._arrays.place(out, 'k')} += {x}{weight}"

    def _take(self, one: Take) -> Iterator[str]:
        value = self._arrays.place(one.numbers, "i")
        out, table = (Operand(o.buffer, o.offset, (1,)) for o in (one.out, one.table))
        yield f"for i in range({one.count}):"
        yield f"    r = int(min({value}, {one.rows - 1})) if {value} > 0 else 0"
        yield f"    for j in range({one.width}):"
        to = self._arrays.place(out, (f"i*{one.width}+j",))
        yield f"        {to} = {self._arrays.place(table, (f'r*{one.width}+j',))}"

    def _read(self, operand: Operand, names: Sequence[str]) -> str:
        fixed = self._arrays.constant(operand)
        return self._arrays.place(operand, names) if fixed is None else literal(fixed)

    def _value(self, name: str, read: list[str]) -> str:
        if name == "copy":
            return read[0]
        if name in _OPERATORS:
            return f" {_OPERATORS[name]} ".join(read)
        if name not in self._functions:
            takes = ", ".join("xyz"[: len(read)])
            self._needs(name)
            self._functions[name] = f"def _{name}({takes}):\n    return {FUNCTIONS[name]}\n"
        return f"_{name}({', '.join(read)})"

    def _needs(self, name: str) -> None:
        for helper in _NEEDED.get(name, ()):
            self._functions[f"helper {helper}"] = _HELPERS[helper]


def literal(value: float) -> str:
    """A number; infinities and NaN have names of their own."""
    if not math.isfinite(value):
        return f'float("{value}")'
    return repr(value) if value >= 0 else f"({value!r})"


def _nested(sizes: Sequence[int], names: Sequence[str], body: str) -> Iterator[str]:
    depth = 0
    for name, size in zip(names, sizes, strict=True):
        if size != 1:
            yield f"{'    ' * depth}for {name} in range({size}):"
            depth += 1
    yield f"{'    ' * depth}{body}"
