# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the README and the pages of docs/ show is run.

Every Python block is executed, and every block of shell (`sh`, `bash` or `console`) that calls
`vynapse`. The blocks of a document share one namespace and one empty working directory,
whose modules can be imported. Blocks that only install are left alone; one that cannot run here,
for want of time or data, stands after the HTML comment `skip: next "reason"`. The command reference
is written by scripts/command_reference.py and checked with `--check`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import unittest
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.forked import vynapse

ROOT = Path(__file__).parents[1]
PAGES = set((ROOT / "docs").glob("*.md")) - {ROOT / "docs" / "commands.md"}
DOCUMENTS = [ROOT / "README.md", *sorted(PAGES)]
SHELLS = ("sh", "bash", "console")


def commands(block: str) -> list[str]:
    """The commands of a block: its lines, or where there are prompts, what follows a prompt."""
    lines = [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
    prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return prompted or lines


def is_plain(command: str) -> bool:
    """Whether it is a call of `vynapse` of which a shell would only split the words."""
    return command.startswith("vynapse ") and not re.search(r"[|&<>;$`\\]", command)


def parts(lines: list[str]) -> list[list[str]]:
    """Plain calls of `vynapse` each for itself, and between them what only a shell can do.

    A block that speaks of processes in the background is one part.
    """
    if any("$!" in line for line in lines):
        return [lines]
    found: list[list[str]] = []
    ending = ""
    for line in lines:
        plain = is_plain(line) and not ending
        if plain or not found or is_plain(found[-1][0]):
            found.append([])
        found[-1].append(line)
        if document := re.search(r"<<'?(\w+)'?$", line):
            ending = document[1]
        elif line == ending:
            ending = ""
    return found


def run_shell(example: Example) -> None:
    lines = commands(example.parsed)
    if not any(line.startswith("vynapse ") for line in lines):
        return
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for part in parts(lines):
        if is_plain(part[0]):
            result = vynapse(shlex.split(part[0])[1:])
        else:
            result = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", "\n".join(part)],
                capture_output=True,
                text=True,
                timeout=600,
                env={**os.environ, "PATH": path},
            )
        assert result.returncode == 0, result.stdout + result.stderr


def test_prompts_tell_commands_from_output() -> None:
    assert commands("$ vynapse tasks\nxor   four patterns\n") == ["vynapse tasks"]
    assert commands("# comment\nvynapse tasks\n\nvynapse modes") == [
        "vynapse tasks",
        "vynapse modes",
    ]


def test_a_shell_does_what_only_a_shell_can() -> None:
    document = ["cat > a.yaml <<'END'", "vynapse stands here", "END"]
    calls = ["vynapse run --recipe a.yaml", "vynapse show 'my run'", "vynapse runs | cat"]
    assert parts([*document, *calls]) == [document, [calls[0]], [calls[1]], [calls[2]]]
    background = ["vynapse run xor &", "kill $!", "vynapse runs"]
    assert parts(background) == [background]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_blocks_of_a_document_run(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    shells = [CodeBlockParser(language, run_shell) for language in SHELLS]
    sybil = Sybil([PythonCodeBlockParser(), SkipParser(), *shells])
    try:
        for example in sybil.parse(document).examples():
            with contextlib.suppress(unittest.SkipTest):
                example.evaluate()
    finally:
        for name in {file.stem for file in tmp_path.glob("*.py")}:
            sys.modules.pop(name, None)
