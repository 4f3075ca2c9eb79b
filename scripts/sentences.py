# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Find sentences that are too long, and entries that begin without their noun.

Read are the pages of docs/, README.md, CONTRIBUTING.md, what CHANGELOG.md says of the next version,
and the docstrings, descriptions of keys and help texts of the package. Of tables only the heads of
cells are looked at; code is left out.

python scripts/sentences.py            list what is wrong
python scripts/sentences.py --check    the same, and exit 1 if there is anything
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
WORDS: Final = 35
"""How many words a sentence may have."""

EXCEPTIONS: Final[Mapping[str, str]] = {}
"""Text of a problem -> why the sentence may be longer, or the entry lack its noun."""

_HEADLESS: Final = re.compile(
    r"(of|with|for|to|in|as|from|by|at(?! least| most)|on|under|without) "
)
_HEADLESS_LINE: Final = re.compile(r"(Of|By|As) ")
_SECTIONS: Final = ("Args:", "Attributes:", "Raises:", "Returns:", "Yields:")
_END: Final = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)[)\"'*]*\s+(?=[\"'`*(\[A-Z])")
_TEXTS: Final = {"description", "help", "summary", "details"}


class Problem(NamedTuple):
    """Where something is, what it is, and the text."""

    place: str
    what: str
    text: str


def problems(root: Path) -> list[Problem]:
    """All that is wrong in the pages and in the package below `root`."""
    pages = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").glob("*.md"))]
    texts = [(page, page.read_text(encoding="utf-8")) for page in pages]
    changes = root / "CHANGELOG.md"
    texts.append((changes, unreleased(changes.read_text(encoding="utf-8"))))
    found = [
        Problem(page.relative_to(root).as_posix(), what, text)
        for page, content in texts
        for paragraph in paragraphs(content)
        for what, text in long_sentences(paragraph)
    ]
    found += [
        Problem(page.relative_to(root).as_posix(), "no noun at the head", cell)
        for page, content in texts
        for cell in re.findall(r"(?<=\| )(?:of|with) [^|]+(?= \|)", content)
    ]
    for file in sorted((root / "src").rglob("*.py")):
        place = file.relative_to(root).as_posix()
        found += [Problem(place, what, text) for what, text in in_code(file.read_text("utf-8"))]
    return found


def unreleased(changes: str) -> str:
    """The section of the changelog about the next version."""
    _, _, rest = changes.partition("## Unreleased\n")
    return rest.partition("\n## ")[0]


def paragraphs(page: str) -> Iterator[str]:
    """The prose of a page of Markdown, a paragraph or an item of a list at a time."""
    page = re.sub(r"^(```|~~~).*?^\1", "", page, flags=re.DOTALL | re.MULTILINE)
    page = re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
    page = re.sub(r"^\s*(\||#|!\[).*$", "", page, flags=re.MULTILINE)
    page = re.sub(r"^\s*([-*]|\d+\.)\s", "\n", page, flags=re.MULTILINE)
    page = re.sub(r"\]\([^)]*\)", "]", page)
    for paragraph in re.split(r"\n\s*\n", page):
        if text := " ".join(paragraph.split()):
            yield text


def long_sentences(paragraph: str) -> Iterator[tuple[str, str]]:
    """Sentences of more than `WORDS` words. Code in backquotes is one word."""
    for sentence in _END.split(" ".join(paragraph.split())):
        counted = re.sub(r"`[^`]*`", "code", sentence)
        words = re.findall(r"[^\s]*\w[^\s]*", counted)
        if len(words) > WORDS:
            yield f"{len(words)} words", sentence


def in_code(source: str) -> Iterator[tuple[str, str]]:
    """What is wrong in the docstrings, descriptions and help texts of a module."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _TEXTS:
            if (text := _string(node.value)) is not None:
                yield from in_entry(text)
        elif isinstance(node, ast.Expr) and (text := _string(node.value)) is not None:
            margin = "\n" + " " * node.col_offset
            yield from in_docstring(text.replace(margin, "\n"))


def _string(node: ast.expr) -> str | None:
    found = node.value if isinstance(node, ast.Constant) else None
    return found if isinstance(found, str) else None


def in_docstring(text: str) -> Iterator[tuple[str, str]]:
    """What is wrong in a docstring: its prose, and the entries of its sections."""
    for number, block in enumerate(re.split(r"\n\s*\n", text)):
        heading, _, rest = block.partition("\n")
        if heading.strip() in _SECTIONS:
            for entry in re.split(r"\n(?! {5})", rest):
                _, colon, said = entry.strip().partition(": ")
                raised = heading.strip() == "Raises:"
                yield from (long_sentences if raised else in_entry)(said if colon else entry)
        else:
            prose = re.sub(r"^(    |\S+ {2,}).*$", "", block, flags=re.MULTILINE)
            for paragraph in paragraphs(prose):
                yield from long_sentences(paragraph)
        if number == 0 and _HEADLESS_LINE.match(block):
            yield "no noun at the head", block


def in_entry(text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with what an entry says."""
    said = " ".join(text.split())
    if _HEADLESS.match(said):
        yield "no noun at the head", said
    yield from long_sentences(said)


def main() -> int:
    """List the problems, and the exceptions that are not needed."""
    found = problems(ROOT)
    lines = [f"{p.place}: {p.what}: {p.text}" for p in found if p.text not in EXCEPTIONS]
    stale = EXCEPTIONS.keys() - {p.text for p in found}
    lines += [f"remove the exception, it is not needed: {text}" for text in sorted(stale)]
    print("\n".join(lines) or "All sentences are short, and all entries have their noun.")
    return int(bool(lines) and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
