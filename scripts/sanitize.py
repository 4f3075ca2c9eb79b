# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run the tests of the kernels on a library that GCC's sanitizers watch.

The address and undefined-behaviour sanitizers see every kernel test; the thread sanitizer sees
those marked `threads`. Sources and tests are found by their place, so new ones join. With --short,
the baseline alone is compiled, and the tests that have "bit" in their name run on it.

Exit codes: 0 nothing was found, 1 something was, 2 a sanitizer cannot run here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "vynapse" / "kernels" / "c"

# These load or compile other libraries than the one that is watched.
ELSEWHERE = ("tests/kernels/test_native.py", "tests/kernels/test_sanitizers.py")
TESTS = (
    "tests/kernels",
    "tests/evolution/test_fused.py",
    *(f"--ignore={path}" for path in ELSEWHERE),
    "--deselect=tests/kernels/test_evolve.py::test_a_build_without_any_choice_of_instructions_gives_the_same_bits",
)


class Sanitizer(NamedTuple):
    """How to compile for a sanitizer, and how to run what it watches.

    Attributes:
        name: for the reader.
        flags: of the compiler.
        runtime: the library to load before all others.
        options: environment variables that the runtime reads.
        tests: arguments of pytest.
    """

    name: str
    flags: tuple[str, ...]
    runtime: str
    options: Mapping[str, str]
    tests: tuple[str, ...]


ADDRESS = Sanitizer(
    "address and undefined behaviour",
    (
        "-fsanitize=address,undefined",
        # they double the compiler's work: a bad pointer is found when it is used
        "-fno-sanitize=null,object-size,pointer-overflow",
        "-fno-sanitize-recover=all",
    ),
    "libasan.so",
    # Python itself leaves memory to the end of the process
    {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"},
    TESTS,
)
THREAD = Sanitizer(
    "threads",
    ("-fsanitize=thread",),
    "libtsan.so",
    {"TSAN_OPTIONS": "halt_on_error=1"},
    (*TESTS, "-m", "threads"),
)


def environment(sanitizer: Sanitizer, library: Path | None = None) -> dict[str, str]:
    """Variables of a process that can load a watched library, and does so if one is given."""
    short = {
        k: v for k, v in os.environ.items() if k not in ("VYNAPSE_EVIDENCE", "VYNAPSE_KERNELS")
    }
    named = {"VYNAPSE_KERNEL_LIBRARY": str(library)} if library else {}
    return short | named | dict(sanitizer.options) | {"LD_PRELOAD": _runtime(sanitizer)}


def _runtime(sanitizer: Sanitizer) -> str:
    """The path of the runtime; its bare name where GCC has none."""
    words = ["gcc", f"-print-file-name={sanitizer.runtime}"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def missing(sanitizer: Sanitizer) -> str:
    """Why the sanitizer cannot run here; empty where it can."""
    if shutil.which("gcc") is None:
        return "there is no gcc"
    if not Path(_runtime(sanitizer)).is_absolute():
        return f"gcc has no {sanitizer.runtime}"
    words = [sys.executable, "-c", ""]
    started = subprocess.run(
        words, check=False, env=environment(sanitizer), capture_output=True, text=True
    )
    if started.returncode:
        return f"{sanitizer.runtime} does not start: {started.stderr.strip()[-200:]}"
    return ""


def build(sanitizer: Sanitizer, target: Path, sources: Path = SOURCES, *more: str) -> Path:
    """Compile the C files of the wheel in `sources` with its flags; returns `target`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module = project["tool"]["setuptools"]["ext-modules"][0]
    flags, named = module["extra-compile-args"], [Path(name).name for name in module["sources"]]
    # -O1 changes no bit, compiles faster and leaves more of each access to be seen
    words = ["gcc", *flags, "-O1", "-g1", *sanitizer.flags, *more, "-shared", "-fPIC"]
    subprocess.run([*words, "-o", target, *(sources / name for name in named)], check=True)
    return target


def run(sanitizer: Sanitizer, library: Path, tests: Sequence[str]) -> str:
    """Test a watched library; returns the report of what was found, empty for nothing."""
    words = [
        *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
        # the runtime writes to the file that it takes for stderr; types are not what is tested
        *("--capture=sys", "-o", "addopts=--import-mode=importlib --strict-markers"),
    ]
    watched = environment(sanitizer, library)
    done = subprocess.run(
        [*words, *tests],
        cwd=ROOT,
        env=watched,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    return done.stdout + done.stderr if done.returncode else ""


def main(arguments: Sequence[str]) -> int:
    """Run every sanitizer, or with --short the first on part of the tests."""
    short = "--short" in arguments
    begun, sanitizers = time.monotonic(), (ADDRESS,) if short else (ADDRESS, THREAD)
    for sanitizer in sanitizers:
        if reason := missing(sanitizer):
            print(f"The sanitizer of {sanitizer.name} cannot run here: {reason}.")
            return 2
    for sanitizer in sanitizers:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "watched.so"
            library = build(sanitizer, target, SOURCES, *(["-DBASELINE_ONLY"] if short else []))
            report = run(sanitizer, library, [*sanitizer.tests, *(["-k", "bit"] if short else [])])
        if report:
            print(f"{report}\nThe sanitizer of {sanitizer.name}, or a test on it, found a fault.")
            return 1
    names = "; ".join(sanitizer.name for sanitizer in sanitizers)
    print(f"Sanitizers ({names}) found nothing in {time.monotonic() - begun:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
