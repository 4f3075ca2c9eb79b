# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every example is run as a user would run it.

An example is a Python file in examples/, or a folder there with a `run.sh`, which is run in a copy
of its folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evidence import EVIDENCE
from tests.programs import Programs

EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAMS = sorted([*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*/run.sh")])


def test_nothing_among_the_examples_escapes() -> None:
    entries = {path for path in EXAMPLES.iterdir() if path.name not in {"README.md", "__pycache__"}}
    assert entries == {path if path.parent == EXAMPLES else path.parent for path in PROGRAMS}


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs() as running:
        yield running


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.relative_to(EXAMPLES).as_posix())
def test_an_example_runs(program: Path, programs: Programs, tmp_path: Path) -> None:
    """As evidence, and the quickstart always, by an interpreter that has loaded nothing before."""
    folder = tmp_path / "example"
    if program.suffix == ".py":
        folder.mkdir()
        if not EVIDENCE and program.name != "quickstart.py":
            code, said = programs.run(program, folder)
            assert code == 0, said
            return
        command = [sys.executable, "-W", "error", str(program)]
    else:
        shutil.copytree(program.parent, folder)
        command = ["bash", "-e", "-o", "pipefail", program.name]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PATH": path},
    )
    assert result.returncode == 0, result.stdout + result.stderr
