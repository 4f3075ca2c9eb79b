# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""LaTeX: a small network as formulas, one line for each of its nodes and outputs.

The loops of the network are run on names in place of numbers. A sum of products becomes a node with
a line of its own; what is done to it alone, such as an activation, stands around it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vynapse.deploy.lowered.lower import lowered
from vynapse.deploy.lowered.program import Fold, Gather, Instruction, Map, Operand, Program, Sparse
from vynapse.deploy.rows import classes_of, inputs_told, rows_of, told
from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.errors import GraphError
from vynapse.registry import NoKeys

EDGES: Final = 200
"""Products up to which a formula can be read."""

_WRITTEN: Final = {
    "abs": r"\left|{x}\right|", "exp": "e^{{{x}}}", "log": r"\ln({x})",
    "sqrt": r"\sqrt{{{x}}}", "rsqrt": r"\frac{{1}}{{\sqrt{{{x}}}}}", "sin": r"\sin({x})",
    "cos": r"\cos({x})", "tanh": r"\tanh({x})", "sigmoid": r"\sigma({x})",
    "relu": r"\max(0, {x})", "gelu": r"\operatorname{{GELU}}({x})",
    "gelu_tanh": r"\operatorname{{GELU}}({x})", "silu": r"\operatorname{{SiLU}}({x})",
    "div": r"\frac{{{x}}}{{{y}}}", "maximum": r"\max({x}, {y})", "minimum": r"\min({x}, {y})",
    "expm1": "(e^{{{x}}} - 1)", "log1p": r"\ln(1 + {x})", "reciprocal": r"\frac{{1}}{{{x}}}",
    "pow": "({x})^{{{y}}}", "where": r"\operatorname{{if}}({x}, {y}, {z})", "copy": "{x}",
}  # fmt: skip
_COMPARED: Final = {"gt": ">", "ge": r"\ge", "lt": "<", "le": r"\le"}


@dataclass(slots=True)
class _Formulas:
    """Names in place of numbers while the loops are run."""

    program: Program
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    edges: int = 0

    def read(self, buffer: int, place: int) -> str:
        values = self.program.buffers[buffer].values
        if values is not None:
            return _number(float(values[place]))
        return self.cells[buffer, place]

    def node(self, terms: Sequence[str]) -> str:
        """A sum with a name of its own, unless it is a single term."""
        self.edges += len(terms)
        if self.edges > EDGES:
            raise GraphError(
                f"latex: a network of up to {EDGES} edges was wanted, this one has more: use c, "
                "python or onnx"
            )
        kept = [term for term in terms if term not in ("0", "")]
        if len(kept) < 2:
            return kept[0] if kept else "0"
        name = f"h_{{{len(self.lines) + 1}}}"
        self.lines.append(f"{name} &= {_sum(kept)}")
        return name


def export(subject: Subject) -> Files:
    """The formulas, as an environment `align*`.

    Raises:
        GraphError: the network has more than 200 edges, or a part that no formula is written for.
    """
    program = lowered(subject.graph)
    made = _Formulas(program)
    given = ["x", "s"] if subject.recurrent else _numbered("x", len(program.inputs))
    for place, letter in zip(program.inputs, given, strict=True):
        for number in range(place.size):
            made.cells[place.buffer, place.offset + number] = f"{letter}_{{{number + 1}}}"
    for one in program.instructions:
        _run(made, one)
    for place, letter in zip(program.outputs, _letters(subject), strict=True):
        for number in range(place.size):
            value = made.read(place.buffer, place.offset + number)
            made.lines.append(f"{letter}_{{{number + 1}}} &= {value}")
    body = " \\\\\n".join(f"  {line}" for line in made.lines)
    head = _head(subject)
    text = f"{head}\\begin{{align*}}\n{body}\n\\end{{align*}}\n"
    return Files(text.encode(), told="weights rounded to four digits")


def _letters(subject: Subject) -> list[str]:
    if subject.recurrent:
        return ["y", "s'"]
    return _numbered("y", len(subject.outputs))


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}^{{({number + 1})}}" for number in range(count)] if count > 1 else [letter]


def _head(subject: Subject) -> str:
    about = f" of task {subject.metadata['task']}" if "task" in subject.metadata else ""
    lines = [f"A network{about}, exported by Vynapse: x are its inputs, y its outputs."]
    rows = rows_of(subject, "latex")
    if rows is not None:
        lines += [f"x_{k} is {what}" for k, what in enumerate(inputs_told(rows), 1)]
    target = {} if rows is None else rows.target
    if target.get("kind") == "regression":
        lines.append(f"{target['name']} is {target['scale']:.6g} y_1 + {target['mean']:.6g}")
    for k, name in enumerate(classes_of(subject) or (), 1):
        lines.append(f"y_{k} is the score of {name}")
    lines += told(subject)
    return "".join(f"% {' '.join(line.split())}\n" for line in lines)


def _run(made: _Formulas, one: Instruction) -> None:
    if isinstance(one, Map):
        for place in itertools.product(*map(range, one.shape)):
            values = [made.read(x.buffer, x.at(*place)) for x in one.inputs]
            made.cells[one.out.buffer, one.out.at(*place)] = _function(one.function, values)
    elif isinstance(one, Fold):
        _fold(made, one)
    elif isinstance(one, Gather):
        for number, source in enumerate(one.table):
            value = "0" if source < 0 else made.read(one.x.buffer, _along(one.x, source))
            made.cells[one.out.buffer, one.out.offset + number] = value
    elif isinstance(one, Sparse):
        _sparse(made, one)
    else:
        raise GraphError("latex: a table of numbers has no formula: use c, python or onnx")


def _fold(made: _Formulas, one: Fold) -> None:
    for place in itertools.product(*map(range, one.shape)):
        read = [
            [made.read(x.buffer, x.at(*place, *inner)) for x in one.inputs]
            for inner in itertools.product(*map(range, one.row))
        ]
        if one.kind in ("sum", "dot"):
            terms = [_function("mul", pair) if len(pair) == 2 else pair[0] for pair in read]
            if one.start is not None:
                terms.append(made.read(one.start.buffer, one.start.at(*place)))
            value = made.node(terms)
        else:
            name = one.kind if one.kind != "argmax" else r"operatorname{argmax}"
            value = f"\\{name}({', '.join(pair[0] for pair in read)})"
        made.cells[one.out.buffer, one.out.at(*place)] = value


def _sparse(made: _Formulas, one: Sparse) -> None:
    terms: dict[int, list[str]] = {target: [] for target in range(one.size)}
    for edge, (source, target) in enumerate(zip(one.source, one.target, strict=True)):
        x = made.read(one.x.buffer, _along(one.x, source))
        if one.weight is not None:
            x = _function("mul", [made.read(one.weight.buffer, _along(one.weight, edge)), x])
        terms[target].append(x)
    for target, parts in terms.items():
        made.cells[one.out.buffer, one.out.offset + target] = made.node(parts)


def _along(walk: Operand, number: int) -> int:
    return walk.offset + number * walk.strides[0]


def _function(name: str, values: Sequence[str]) -> str:
    x, y = values[0], values[-1]
    if name == "mul":
        return _product(x, y)
    if name == "neg":
        return _product("-1", x)
    if name in ("add", "sub"):
        sign = "" if name == "add" else "-"
        return f"({_sum([x, _product(f'{sign}1', y)])})"
    if name in _COMPARED:
        return f"[{x} {_COMPARED[name]} {y}]"
    if name not in _WRITTEN:
        raise GraphError(f"latex: the function {name} has no formula: use c, python or onnx")
    inside = [_bare(value) for value in values] if name != "copy" else list(values)
    return _WRITTEN[name].format(**dict(zip("xyz", inside, strict=False)))


def _product(x: str, y: str) -> str:
    if _is_number(y) and not _is_number(x):
        x, y = y, x
    if _is_number(x) and _is_number(y):
        return _number(float(x) * float(y))
    if x in ("0", "1", "-1"):
        return {"0": "0", "1": y, "-1": f"-{y}" if not y.startswith("-") else y[1:]}[x]
    return f"{x}\\,{y}"


def _sum(terms: Sequence[str]) -> str:
    text = " + ".join(term for term in terms if term != "0") or "0"
    return text.replace("+ -", "- ")


def _bare(text: str) -> str:
    """Without brackets around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth and place < len(text) - 1:
            return text
    return text[1:-1]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _number(value: float) -> str:
    """Four digits, without an exponent where that is short."""
    return np.format_float_positional(np.float64(value), precision=4, fractional=False, trim="-")


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("latex", "formulas of a small network", NoKeys, _build, text=True)
