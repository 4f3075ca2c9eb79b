# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""C: one header without allocation, for a microcontroller or any other program.

    void net_forward(const float *in, float *out);

A network that keeps a state has `net_state`, `net_reset` and `net_step` in its place. Rows of a CSV
file, pixels and answers have functions too (rows_c.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vynapse.deploy.c_check import check
from vynapse.deploy.lowered.c_text import UNROLLED, CText, number
from vynapse.deploy.lowered.lower import lowered
from vynapse.deploy.lowered.program import Program
from vynapse.deploy.lowered.text import Arrays, arrays_of
from vynapse.deploy.rows import told
from vynapse.deploy.rows_c import row_lines
from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.registry import NoKeys

_PREFIX: Final = "net"


def export(subject: Subject) -> Files:
    """The header.

    Raises:
        GraphError: an op has no form as loops, or what it computes differs from eager.
    """
    text = header(subject, lowered(subject.graph))
    return Files(text.encode(), told=check(subject, text))


def header(subject: Subject, program: Program) -> str:
    """The text of the header."""
    inputs = ["in"] * len(program.inputs)
    outputs = ["out"] * len(program.outputs)
    if subject.recurrent:
        inputs[-1], outputs[-1] = "s->v", "s->n"
    arrays = arrays_of(program, inputs, outputs, UNROLLED)
    made = CText(arrays, _PREFIX)
    body = [f" {line}" for line in made.statements()]
    sizes = _sizes(program, subject.recurrent)
    lines = [
        *_head(subject, sizes),
        *_memory(arrays),
        *made.tables,
        *made.functions,
        *(_step(body, sizes[2]) if subject.recurrent else _forward(body)),
        *row_lines(subject),
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def _sizes(program: Program, recurrent: bool) -> tuple[int, int, int]:
    """Numbers of inputs, outputs, and of the state."""
    inputs, outputs = ([place.size for place in part] for part in (program.inputs, program.outputs))
    state = inputs.pop() if recurrent else 0
    if recurrent:
        outputs.pop()
    return sum(inputs), sum(outputs), state


def _head(subject: Subject, sizes: tuple[int, int, int]) -> Iterator[str]:
    about = f" Task: {subject.metadata['task']}." if "task" in subject.metadata else ""
    lines = [f"A network, exported by Vynapse.{about} In and out may not overlap.", *told(subject)]
    yield "/* " + "\n * ".join(line.replace("*/", "* /") for line in lines) + " */"
    yield "#ifndef NET_H\n#define NET_H\n#include <math.h>"
    yield f"#define NET_INPUTS {sizes[0]}\n#define NET_OUTPUTS {sizes[1]}"


def _memory(arrays: Arrays) -> Iterator[str]:
    """The arrays that loops walk through; what is written out as a number is in neither."""
    fixed = arrays.memory.fixed
    if len(fixed):
        values = ",".join(number(float(value)).strip("()").removesuffix("f") for value in fixed)
        yield f"static const float {_PREFIX}_w[{len(fixed)}]={{{values}}};"
    if arrays.room:
        yield f"static float {_PREFIX}_m[{arrays.room}];"


def _forward(body: list[str]) -> Iterator[str]:
    yield "static inline void net_forward(const float *in, float *out)\n{"
    yield from body
    yield "}"


def _step(body: list[str], state: int) -> Iterator[str]:
    yield f"typedef struct {{ float v[{state}], n[{state}]; }} net_state;"
    yield f"static inline void net_reset(net_state *s){{for(int i=0;i<{state};i++)s->v[i]=0;}}"
    yield "static inline void net_step(net_state *s, const float *in, float *out)\n{"
    yield from body
    yield f" for(int i=0;i<{state};i++)s->v[i]=s->n[i];\n}}"


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("c", "a C header without allocation", NoKeys, _build, text=True)
