# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What docs/take-it-with-you.md shows in C and JavaScript runs; its Python runs with the pages."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vynapse.cli.main import main
from vynapse.kernels import native

PAGE = (Path(__file__).parents[2] / "docs" / "take-it-with-you.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.skipif(
    native.status().library is None, reason="the kernels were not compiled"
)


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of the page's run."""
    place = tmp_path_factory.mktemp("page")
    rows = re.search(r"<<'END'\n(.*?)END", PAGE, re.DOTALL)
    assert rows is not None
    (place / "flowers.csv").write_text(rows[1])
    words = ["--set", f"task.path={place / 'flowers.csv'}", "--set", "task.target=kind"]
    run = ["run", "csv", *words, "--mode", "sgd", "--steps", "300", "--out", str(place / "run")]
    assert main(run) == 0
    for form, name in (("c", "net.h"), ("wasm", "net.wasm")):
        assert (
            main(["export", str(place / "run"), "--format", form, "--out", str(place / name)]) == 0
        )
    return place


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc here")
def test_the_program_in_c_says_a_class(folder: Path) -> None:
    (folder / "main.c").write_text(block("c"))
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2"]
    subprocess.run(["gcc", *flags, "main.c", "-lm", "-o", "main"], cwd=folder, check=True)
    said = subprocess.run([str(folder / "main")], capture_output=True, text=True, check=True)
    assert said.stdout == "tulip\n"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here")
def test_the_program_in_javascript_says_scores(folder: Path) -> None:
    (folder / "main.mjs").write_text(
        'import { createRequire } from "module";\n'
        f"const require = createRequire(import.meta.url);\n{block('js')}"
    )
    said = subprocess.run(
        ["node", "main.mjs"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert re.match(r"Float32Array\(2\) \[\s*-?\d", said.stdout)
