# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The peers' own virtual environment, and the processes that are measured in turn.

The environment is `.peers/` in the repository, made once and anew when a pin changes. torch comes
first and alone: a CPU build satisfies its pin, so that nothing after it brings CUDA. Where the
default index offers CUDA builds alone, say PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu.
"""

import contextlib
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

import vynapse
from vynapse.kernels import native

BENCHMARKS = Path(__file__).parents[1]
FOLDER = BENCHMARKS.parent / ".peers"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")

# one thread for everyone; XLA has no such setting, but on one CPU it makes one thread a pool
ONE_CORE = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip(),
    "JAX_PLATFORMS": "cpu",
}


def pins() -> list[str]:
    lines = REQUIREMENTS.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def make_environment() -> Path:
    """The peers' interpreter."""
    python, done = FOLDER / "bin" / "python", FOLDER / "requirements.txt"
    if done.exists() and done.read_text() == REQUIREMENTS.read_text():
        return python
    shutil.rmtree(FOLDER, ignore_errors=True)
    print(f"Installing the peers in {FOLDER}.", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "-c", str(REQUIREMENTS)]
    subprocess.run([*pip, next(pin for pin in pins() if pin.startswith("torch=="))], check=True)
    subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
    done.write_text(REQUIREMENTS.read_text())
    return python


def use_one_core() -> None:
    """This process and its children share one CPU, of which one alone is busy at a time."""
    with contextlib.suppress(AttributeError):  # Linux alone has it
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def description() -> str:
    """Date, machine and versions."""
    cpuinfo, model = Path("/proc/cpuinfo"), platform.processor()
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    packages = ", ".join(pin.replace("==", " ") for pin in pins())
    kernels = native.status().name
    return (
        f"{datetime.date.today()}, one core of {model} ({os.cpu_count()} CPUs), "
        f"load {os.getloadavg()[0]:.1f}, {platform.system()}, "
        f"Python {platform.python_version()}; Vynapse {vynapse.__version__}, kernels {kernels}, "
        f"NumPy {np.__version__}; peers: {packages}."
    )


@dataclass(frozen=True)
class Row:
    """A library, an algorithm of it, and what the row says of them.

    Attributes:
        module: of this folder.
        own: runs in the interpreter of Vynapse.
        environment: further variables.
    """

    library: str
    algorithm: str
    module: str
    own: bool = False
    environment: tuple[tuple[str, str], ...] = ()


class Worker:
    """The process of a row."""

    def __init__(self, row: Row, python: Path) -> None:
        self.row = row
        self._log = FOLDER / f"{row.module}-{row.algorithm}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable if row.own else python, "-m", "peers.worker", row.module,
                 row.algorithm],
                cwd=BENCHMARKS, env={**os.environ, **ONE_CORE, **dict(row.environment)},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip

    def __call__(self, command: str, *arguments: object) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("a worker has pipes")
        stdin.write(json.dumps([command, *arguments]) + "\n")
        stdin.flush()
        if not (line := stdout.readline()):
            raise SystemExit(f"{self.row.library} {self.row.algorithm} failed: see {self._log}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()


@dataclass(frozen=True)
class Rates:
    """Units per second of wall-clock and of CPU time, in each round."""

    wall: list[float]
    cpu: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(min(self.wall))}–{short(max(self.wall))})"


def short(rate: float) -> str:
    """Three digits or more."""
    if rate >= 1e6:
        return f"{rate / 1e6:.2f}M"
    if rate >= 1e4:
        return f"{rate / 1e3:.1f}k" if rate < 1e5 else f"{rate / 1e3:.0f}k"
    return f"{rate:.3g}" if rate < 100 else f"{rate:,.0f}"


def measure(
    workers: Sequence[Worker], command: str, *arguments: object, rounds: int, seconds: float
) -> dict[Row, Rates]:
    """Each worker warms up; then all take turns, so that disturbances meet all alike."""
    for worker in workers:
        say(f"{command} {arguments}: preparing {worker.row.library} {worker.row.algorithm}")
        worker(command, *arguments)
    rates = {worker.row: Rates([], []) for worker in workers}
    for number in range(rounds):
        for worker in workers:
            say(f"{command} {arguments}: round {number + 1} of {rounds}, {worker.row.library}")
            found = worker("measure", seconds)
            rates[worker.row].wall.append(found["units"] / found["wall"])
            rates[worker.row].cpu.append(found["units"] / found["cpu"])
    return rates


def timed(row: Row, python: Path, command: str, *arguments: object) -> float:
    """Seconds of a cold process from its start to its answer."""
    begin = time.perf_counter()
    with Worker(row, python) as worker:
        worker(command, *arguments)
        return time.perf_counter() - begin


def say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text:<79}\r")
