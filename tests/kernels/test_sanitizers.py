# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The sanitizers find nothing in the kernels, and find faults that are put into a copy of them.

`make sanitize` runs every kernel test on every instruction set; here one kernel is enough. With
VYNAPSE_EVIDENCE set, the short run of all kernels is made, and faults of every kind are tried.
"""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evidence import EVIDENCE

SCRIPT = Path(__file__).parents[2] / "scripts" / "sanitize.py"
sanitize = runpy.run_path(str(SCRIPT))
ADDRESS, THREAD, SOURCES = (sanitize[name] for name in ("ADDRESS", "THREAD", "SOURCES"))

REASONS = {sanitizer.name: sanitize["missing"](sanitizer) for sanitizer in (ADDRESS, THREAD)}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources, to be spoilt."""
    return shutil.copytree(SOURCES, tmp_path / "c", ignore=shutil.ignore_patterns("*.so"))


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands once in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.skipif(bool(REASONS[ADDRESS.name]), reason=REASONS[ADDRESS.name])
@pytest.mark.skipif(not EVIDENCE, reason="a sample of it is tried below, the rest as evidence")
def test_nothing_is_found_in_the_kernels() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--short"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Sanitizers (address and undefined behaviour) found nothing in ")


@pytest.mark.skipif(bool(REASONS[ADDRESS.name]), reason=REASONS[ADDRESS.name])
def test_nothing_is_found_in_one_kernel(sources: Path, tmp_path: Path) -> None:
    replace(sources / "baseline.c", "kernels.h", "gemm.h")
    library = sanitize["build"](ADDRESS, tmp_path / "watched.so", sources, "-DBASELINE_ONLY")
    assert sanitize["run"](ADDRESS, library, ["tests/kernels/test_gemm.py"]) == ""


# The threads of one generation meet, as only what happens at the same time is surely a race; a
# thread that is alone has all chunks and does not wait.
RACE = """static int32_t here, raced;
    if (from > 0 || to * LANES < law->offspring) {
        __atomic_add_fetch(&here, 1, __ATOMIC_RELAXED);
        while (__atomic_load_n(&here, __ATOMIC_RELAXED) < 2) continue;
        raced++;
    }
"""
BEGIN = "    /* the common case has code of its own"
OVERFLOW = "int64_t i = 0; volatile int32_t most = 2147483647; most = most + (int32_t)m;\n"

FAULTS = {
    # no result depends on it, so that no other test can see it
    "a read of one lane too many": (
        *(ADDRESS, "gemm.h", "l < width ? b[", "l <= width ? b["),
        "heap-buffer-overflow",
    ),
    "a sum behind its array": (
        *(ADDRESS, "gemm.h", "sum[r][v] += ", "sum[r][v + (count > 3)] += "),
        "runtime error: index 2 out of bounds",
    ),
    "an integer that overflows": (
        *(ADDRESS, "gemm.h", "int64_t i = 0;\n", OVERFLOW),
        "runtime error: signed integer overflow",
    ),
    "a race": (THREAD, "evolve.h", BEGIN, RACE + BEGIN, "ThreadSanitizer: data race"),
}
# of a spoilt file: what to compile, as one kernel is soon compiled, and what to run
TRIALS = {
    "gemm.h": ("gemm.h", ["tests/kernels/test_gemm.py"]),
    "evolve.h": (
        "select.h",
        ["tests/kernels/test_evolve.py", "-k", "threads_change_no_bit and 70-2"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS if EVIDENCE else list(FAULTS)[:1])
def test_a_fault_in_a_copy_is_found(fault: str, sources: Path, tmp_path: Path) -> None:
    sanitizer, file, old, new, sentence = FAULTS[fault]
    if REASONS[sanitizer.name]:
        pytest.skip(REASONS[sanitizer.name])
    replace(sources / file, old, new)
    kernel, tests = TRIALS[file]
    replace(sources / "baseline.c", "kernels.h", kernel)
    library = sanitize["build"](sanitizer, tmp_path / "watched.so", sources, "-DBASELINE_ONLY")
    report = sanitize["run"](sanitizer, library, tests)
    assert sentence in report
    assert file in report, "it says where"
