# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The size gate can fail."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

problems = runpy.run_path(str(Path(__file__).parents[1] / "scripts" / "size_gate.py"))["problems"]


def function(lines: int) -> str:
    return "@property\ndef long(self):\n" + "    pass\n" * (lines - 2)


@pytest.mark.parametrize(
    ("place", "text", "found"),
    [
        ("src/a.py", "x = 1\n" * 400, []),
        ("src/a.py", "x = 1\n" * 401, ["src/a.py has 401 lines, 400 are allowed: split it"]),
        ("src/b/c.py", function(60), []),
        ("src/b/c.py", function(61), ["src/b/c.py:long has 61 lines, 60 are allowed: split it"]),
        ("tests/a.py", function(600), []),
        ("tests/a.py", function(601), ["tests/a.py has 601 lines, 600 are allowed: split it"]),
    ],
)
def test_limits(tmp_path: Path, place: str, text: str, found: list[str]) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert problems(tmp_path, {}) == found


def test_an_exception_holds_as_long_as_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "src" / "a.py"
    file.parent.mkdir()
    file.write_text("x = 1\n" * 401)
    assert problems(tmp_path, {"src/a.py": "a table"}) == []
    file.write_text("x = 1\n")
    assert problems(tmp_path, {"src/a.py": "a table"}) == [
        "src/a.py is short enough: remove its exception"
    ]
