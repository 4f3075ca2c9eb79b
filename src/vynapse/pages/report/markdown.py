# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A report as Markdown, with its pictures as files beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from vynapse.experiment.drawn import with_unique_ids
from vynapse.pages.report.blocks import Block, Grid, Picture, Report, Tiles, Words

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")
_MARKS: Final = re.compile(r"([\\`*_\[\]|~$])")


def markdown_of(report: Report, folder: str) -> tuple[str, dict[str, bytes]]:
    """The text, and the pictures by the names of their files.

    Args:
        report: what is written.
        folder: the folder of the pictures, as the text names it.
    """
    files: dict[str, bytes] = {}
    parts = [f"# {_text(report.title)}", f"**{_text(report.status)}**", *map(_text, report.lead)]
    if report.figures:
        names, values = zip(*report.figures, strict=True)
        parts.append(_table(names, [values]))
    for section in report.parts():
        parts.append(f"## {_text(section.title)}")
        parts += [_block(block, folder, files) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n", files


def _text(text: str) -> str:
    """A text that means itself: no tags, no marks of Markdown."""
    line = " ".join(text.split())
    marked = _MARKS.sub(r"\\\1", escape(line, quote=False))
    return _SPECIAL.sub(r"\\\1", marked, count=1) if marked[:1] in "#+-" else marked


def _block(block: Block, folder: str, files: dict[str, bytes]) -> str:
    if isinstance(block, Words):
        return _text(block.text)
    if isinstance(block, Grid):
        header = block.header or ["", *[""] * (max(map(len, block.rows), default=1) - 1)]
        table = _table(header, block.rows)
        return f"{table}\n\n{_text(block.note)}" if block.note else table
    if isinstance(block, Picture):
        name = _name(block.about, len(files) + 1, "svg")
        svg = with_unique_ids(block.svg, f"p{len(files) + 1}-")
        files[name] = svg.encode()
        link = f"![{_text(block.about)}]({folder}/{name})"
        return f"{link}\n\n{_text(block.note)}" if block.note else link
    if isinstance(block, Tiles):
        rows = []
        for tile in block.tiles:
            name = _name(block.about, len(files) + 1, "png")
            files[name] = tile.png
            rows.append([f"![]({folder}/{name})", *map(_text, tile.lines)])
        width = max(map(len, rows), default=1)
        return _rows([""] * width, [[*row, *[""] * (width - len(row))] for row in rows])
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", block.text)), default=0))
    return f"{fence}{block.language}\n{block.text.rstrip()}\n{fence}"


def _name(about: str, number: int, ending: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", about.lower()).strip("-")[:40].strip("-")
    return f"{number:02d}-{words}.{ending}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return _rows([*map(_text, header)], [[*map(_text, row)] for row in rows])


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
