# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Refuse files and functions that have grown too long to be read in one go.

A file of the package, the scripts, the examples or the benchmarks may have 400 lines and a
function 60, its decorators and docstring included; a file of tests may have 600 lines.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

FILE_LINES = {"src": 400, "scripts": 400, "examples": 400, "benchmarks": 400, "tests": 600}
FUNCTION_LINES = {"src": 60, "scripts": 60, "examples": 60, "benchmarks": 60}

EXCEPTIONS: Mapping[str, str] = {}
"""Why a "path" or a "path:function" may be longer. An entry that is not needed is refused too."""


def too_long(root: Path) -> Iterator[tuple[str, int, int]]:
    """Places below `root` that exceed their limit: (place, lines, limit)."""
    for folder, limit in FILE_LINES.items():
        for file in sorted((root / folder).rglob("*.py")):
            place, text = file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")
            lines = len(text.splitlines())
            if lines > limit:
                yield place, lines, limit
            if folder in FUNCTION_LINES:
                yield from _long_functions(ast.parse(text), place, FUNCTION_LINES[folder])


def _long_functions(tree: ast.Module, place: str, limit: int) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            begin = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines = (node.end_lineno or node.lineno) - begin + 1
            if lines > limit:
                yield f"{place}:{node.name}", lines, limit


def problems(root: Path, exceptions: Mapping[str, str]) -> list[str]:
    """One sentence for everything below `root` that is too long or wrongly excepted."""
    found = {place: (lines, limit) for place, lines, limit in too_long(root)}
    sentences = [
        f"{place} has {lines} lines, {limit} are allowed: split it"
        for place, (lines, limit) in found.items()
        if place not in exceptions
    ]
    stale = exceptions.keys() - found.keys()
    sentences += [f"{place} is short enough: remove its exception" for place in sorted(stale)]
    return sentences


if __name__ == "__main__":
    sentences = problems(Path(__file__).parents[1], EXCEPTIONS)
    print("\n".join(sentences) or "Sizes are within their limits.")
    sys.exit(bool(sentences))
