# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sizes of the exports, and how long each takes for one example, in one thread.

    python benchmarks/exports.py [FOLDER] > benchmarks/results/exports.md

Three tiny runs are made in the folder, or in a temporary one, and exported. Times are processor
time for one example: the least of seven repeats of a loop of a fifth of a second.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from vynapse.cli.main import main as vynapse
from vynapse.deploy.c_check import _FORWARD, COMPILERS, compiled
from vynapse.deploy.target import TARGETS, Subject
from vynapse.deploy.writing import exported
from vynapse.errors import GraphError
from vynapse.experiment.graphs import Given, subject_of
from vynapse.graph.execute.interpreter import Interpreter

RUNS: Final[Mapping[str, tuple[str, ...]]] = {
    "XOR, NEAT": ("xor", "--mode", "neat", "--steps", "100"),
    "CartPole, NEAT": ("cartpole", "--mode", "neat", "--steps", "10"),
    "digits, 64-64-10": ("digits", "--mode", "sgd", "--steps", "200"),
    "glyphs, convolutions": (
        "glyphs", "--mode", "sgd", "--steps", "20", "--network", "{cnn: [8, 16]}"
    ),
}  # fmt: skip
_LOOP: Final = (
    _FORWARD
    + """
void many(const float *in, float *out, long count)
{ while (count--) { net_forward(in, out); __asm__ volatile("" ::: "memory"); } }
"""
)
Times = Callable[[int], None]


def main() -> int:
    """Write the table."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        subjects = {name: _subject(words, folder / str(k)) for k, (name, words) in _numbered()}
        # REUSE-IgnoreStart
        print(
            "<!-- SPDX-FileCopyrightText: 2026 Vynapse contributors -->\n"
            "<!-- SPDX-License-Identifier: MIT OR Apache-2.0 -->\n\n"
            "# Sizes and latencies of exports\n\n"
            f"{platform.machine()}, Python {platform.python_version()}. Bytes of the files, and "
            "processor time for one example.\n"
        )
        # REUSE-IgnoreEnd
        print("| format | " + " | ".join(subjects) + " |\n|" + "---|" * (len(subjects) + 1))
        for form in TARGETS.names():
            cells = [_cell(subject, form) for subject in subjects.values()]
            print(f"| `{form}` | " + " | ".join(cells) + " |", flush=True)
        cells = [_time(_eager(subject)) for subject in subjects.values()]
        print("| torch itself | " + " | ".join(cells) + " |")
    return 0


def _numbered() -> list[tuple[int, tuple[str, tuple[str, ...]]]]:
    return list(enumerate(RUNS.items()))


def _subject(words: tuple[str, ...], out: Path) -> Subject:
    if not out.is_dir():
        said, sys.stdout = sys.stdout, sys.stderr
        try:
            if vynapse(["run", *words, "--seed", "1", "--out", str(out)]):
                raise SystemExit(1)
        finally:
            sys.stdout = said
    return subject_of(str(out), Given())


def _cell(subject: Subject, form: str) -> str:
    try:
        _, files = exported(subject, form)
    except GraphError:
        return "-"
    size = len(files.content) + sum(map(len, files.beside.values()))
    told = f"{size / 1000:,.1f} kB"
    calls = _CALLS.get(form)
    return told if calls is None else f"{told}, {_time(calls(subject, files.content))}"


def _time(run: Times) -> str:
    count, spent = 1, 0.0
    while spent < 0.2:
        count *= 2
        spent = _spent(run, count)
    best = min(_spent(run, count) for _ in range(7)) / count
    told = float(f"{best * 1e6:.3g}")
    return f"{told:,g} µs" if told < 1e5 else f"{told / 1e3:,g} ms"


def _spent(run: Times, count: int) -> float:
    begin = time.process_time()
    run(count)
    return time.process_time() - begin


def _input(subject: Subject) -> np.ndarray[Any, np.dtype[np.float32]]:
    shape = [int(str(size)) for size in subject.graph.at(1).inputs[0].shape]
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def _repeated(call: Callable[[], object]) -> Times:
    def run(count: int) -> None:
        for _ in range(count):
            call()

    return run


def _eager(subject: Subject) -> Times:
    graph, x = Interpreter(subject.graph), torch.from_numpy(_input(subject))
    return _repeated(lambda: graph.run(x))


def _c(subject: Subject, content: bytes) -> Times:
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder), content.decode(), COMPILERS[0], _LOOP)
    x, out = _input(subject), np.zeros(sum(subject.output_sizes), np.float32)
    places = [ctypes.c_void_p(part.ctypes.data) for part in (x, out)]
    held = [x, out]  # they live as long as the loop

    def run(count: int) -> None:
        assert held
        library.many(*places, ctypes.c_long(count))

    return run


def _python(subject: Subject, content: bytes) -> Times:
    found: dict[str, Any] = {}
    exec(content, found)
    x = _input(subject).reshape(-1).astype(float).tolist()
    return _repeated(lambda: found["forward"](x))


def _wasm(subject: Subject, content: bytes) -> Times:
    import wasmtime

    store = wasmtime.Store()
    parts: Any = wasmtime.Instance(store, wasmtime.Module(store.engine, content), []).exports(store)
    parts["memory"].write(store, _input(subject).tobytes(), parts["net_in"](store))
    return _repeated(lambda: parts["net_forward"](store))


def _onnx(subject: Subject, content: bytes) -> Times:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options)
    given = {session.get_inputs()[0].name: _input(subject)}
    return _repeated(lambda: session.run(None, given))


_CALLS: Final[Mapping[str, Callable[[Subject, bytes], Times]]] = {
    "c": _c, "python": _python, "wasm": _wasm, "onnx": _onnx
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
