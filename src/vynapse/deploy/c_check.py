# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compile an exported header, where a compiler is at hand, and run it beside the network."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from vynapse.core import Array
from vynapse.deploy.parity import compare
from vynapse.deploy.target import Subject
from vynapse.errors import GraphError
from vynapse.seeding import F32

COMPILERS: Final = ("cc", "gcc", "clang")
_FLAGS: Final = ("-std=c99", "-O2", "-shared", "-fPIC")
_FORWARD: Final = """
#include "net.h"
void run(const float *in, float *out) { net_forward(in, out); }
"""
_STEP: Final = """
#include "net.h"
static net_state state;
void reset(const float *from) { for (int i = 0; i < (int)(sizeof state.v / sizeof *state.v); i++)
    state.v[i] = from[i]; }
void run(const float *in, float *out)
{
    net_step(&state, in, out);
    for (int i = 0; i < (int)(sizeof state.v / sizeof *state.v); i++)
        out[NET_OUTPUTS + i] = state.v[i];
}
"""


def check(subject: Subject, text: str) -> str:
    """Compare the compiled header with the network; without a compiler, its loops by the engine.

    Returns what they were compared on, as `Files.told`.

    Raises:
        GraphError: it does not compile, or an output differs.
    """
    compiler = next((found for name in COMPILERS if (found := shutil.which(name))), None)
    if compiler is None:
        from vynapse.deploy.engine import CEngine

        done = compare(subject, CEngine(subject.graph).run_arrays, "c")
        return f"{done}, by its loops alone as there is no C compiler here"
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder), text, compiler, _STEP if subject.recurrent else _FORWARD)
        return compare(subject, lambda inputs: _run(library, subject, inputs), "c")


def compiled(folder: Path, text: str, compiler: str, around: str) -> ctypes.CDLL:
    """The header and what calls it as a library.

    Raises:
        GraphError: the compiler refuses it; its first line of complaint is in the sentence.
    """
    (folder / "net.h").write_text(text, encoding="utf-8")
    (folder / "net.c").write_text(around, encoding="utf-8")
    command = [compiler, *_FLAGS, "-o", str(folder / "net.so"), str(folder / "net.c"), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        complaint = next(iter(done.stderr.strip().splitlines()), "it says nothing")
        raise GraphError(f"c: {compiler} refused the header: {complaint}")
    return ctypes.CDLL(str(folder / "net.so"))


def _run(library: ctypes.CDLL, subject: Subject, inputs: list[Array]) -> list[F32]:
    """Outputs (n, o), and for a recurrent network the next states (n, s)."""
    rows = [np.ascontiguousarray(x.reshape(len(x), -1), np.float32) for x in inputs]
    given = rows[:1] if subject.recurrent else [np.concatenate(rows, axis=1)]
    sizes = subject.output_sizes
    found: F32 = np.empty((len(rows[0]), sum(sizes)), np.float32)
    for number in range(len(found)):
        if subject.recurrent:
            library.reset(_pointer(rows[1][number]))
        library.run(_pointer(given[0][number]), _pointer(found[number]))
    ends = np.cumsum(sizes)[:-1]
    return list(np.split(found, ends, axis=1))


def _pointer(array: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
