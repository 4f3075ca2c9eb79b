# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Python: one file that needs nothing but Python itself.

forward([0.0, 1.0])            numbers in, numbers out
predict({"age": "22", ...})    a row of the CSV file, where the network has learnt one
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import numpy as np

from vynapse.core import Array
from vynapse.deploy.lowered.lower import lowered
from vynapse.deploy.lowered.python_text import UNROLLED, PythonText, literal
from vynapse.deploy.lowered.text import Arrays, arrays_of
from vynapse.deploy.parity import compare
from vynapse.deploy.rows import told
from vynapse.deploy.rows_python import row_lines
from vynapse.deploy.target import Export, Files, Subject, Target
from vynapse.registry import NoKeys
from vynapse.seeding import F32

_OPERATIONS: Final = 30_000_000
"""Operations for the comparison, which takes seconds."""


def export(subject: Subject) -> Files:
    """The file.

    Raises:
        GraphError: an op has no form as loops, or what it computes differs from eager.
    """
    program = lowered(subject.graph)
    inputs, outputs = ["inputs"] * len(program.inputs), ["out"] * len(program.outputs)
    if subject.recurrent:
        inputs[-1], outputs[-1] = "state", "after"
    text = "\n".join(_lines(subject, arrays_of(program, inputs, outputs, UNROLLED))) + "\n"
    found: dict[str, Any] = {}
    exec(compile(text, "exported.py", "exec"), found)  # noqa: S102 - the file, as it will be run

    def run(given: list[Array]) -> list[F32]:
        return _run(found, subject, given)

    return Files(text.encode(), told=compare(subject, run, "python", _OPERATIONS))


def _lines(subject: Subject, arrays: Arrays) -> Iterator[str]:
    made = PythonText(arrays)
    body = list(made.lines())
    about = f" of task {subject.metadata['task']}" if "task" in subject.metadata else ""
    lines = [f"A network{about}, exported by Vynapse. It needs Python alone.", *told(subject)]
    said = "\n".join(lines).replace("\\", "/").replace('"', "'")
    yield f'"""{said}"""\n\nimport math\n'
    yield from row_lines(subject)
    fixed = ", ".join(literal(float(value)) for value in arrays.memory.fixed)
    yield f"net_w = [{fixed}]\n"
    yield from (f"\n{function}" for function in made.functions)
    sizes = subject.output_sizes
    if subject.recurrent:
        yield f"\nSTATE = [0.0] * {sizes[-1]}\n\n"
        yield "def step(inputs, state):"
        yield '    """Outputs, and the next state; the first one is STATE."""'
        yield f"    after = [0.0] * {sizes[-1]}"
    else:
        yield "\ndef forward(inputs):"
        yield '    """Outputs of the network, as a list."""'
    yield f"    net_m = [0.0] * {arrays.room}"
    yield f"    out = [0.0] * {sum(sizes[:-1] if subject.recurrent else sizes)}"
    yield from body
    yield "    return out, after" if subject.recurrent else "    return out"


def _run(found: dict[str, Any], subject: Subject, given: list[Array]) -> list[F32]:
    rows = [x.reshape(len(x), -1).astype(float).tolist() for x in given]
    if subject.recurrent:
        pairs = [found["step"](x, state) for x, state in zip(*rows, strict=True)]
        return [np.array(part, np.float32) for part in zip(*pairs, strict=True)]
    made = [found["forward"]([*chain(*parts)]) for parts in zip(*rows, strict=True)]
    ends = np.cumsum(subject.output_sizes)[:-1]
    with np.errstate(over="ignore"):  # what float32 does not hold is infinite there
        outputs = np.array(made, np.float64).astype(np.float32)
    return list(np.split(outputs, ends, axis=1))


def _build(_settings: NoKeys) -> Export:
    return export


KIND: Final = Target("python", "one file of plain Python", NoKeys, _build, text=True)
