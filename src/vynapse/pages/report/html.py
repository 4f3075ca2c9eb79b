# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A report as one HTML file: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from typing import Final

from vynapse.experiment.drawn import with_unique_ids
from vynapse.pages.report.blocks import Block, Grid, Picture, Report, Section, Tiles, Words
from vynapse.pages.report.style import STYLE

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_LONG: Final = 40
"""Lines of code from which they scroll within themselves."""
_NUMBER: Final = re.compile(r"[-+−]?[\d,.]+(e[-+]?\d+)?( ?±.*| ?%| s| [kMGT]?(B|FLOP))?|")
_SIZE: Final = re.compile(r' (width|height)="([0-9.]+)(pt)?"')
_WIDTH: Final = re.compile(r'viewBox="0 0 ([0-9.]+) ')
_PAPER: Final = re.compile(r'<rect width="[0-9.]+" height="[0-9.]+" fill="#fff"/>')
_SHORT: Final = 4
"""Letters of the names of classes that stand upright above a matrix if they are longer."""


def html_of(report: Report) -> str:
    """The text of the file."""
    kind = "finished" if report.status == "finished" else "other"
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{_text(report.title)}</title><style>{STYLE}</style></head><body><main>",
        f"<header><h1>{_text(report.title)}</h1>",
        f'<span class="status {kind}">{_text(report.status)}</span>',
        *(f'<p class="lead">{_text(line)}</p>' for line in report.lead),
        _figures(report.figures),
        "</header>",
    ]
    number = 0
    for section in report.parts():
        text, number = _section(section, number)
        parts.append(text)
    parts.append("<footer>Written by Vynapse</footer></main></body></html>")
    return "\n".join(parts) + "\n"


def _text(text: str) -> str:
    return escape(text, quote=True)


def _figures(figures: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in figures
    )
    return f'<dl class="figures">{cells}</dl>' if cells else ""


def _section(section: Section, number: int) -> tuple[str, int]:
    parts = [f"<section><h2>{_text(section.title)}</h2>"]
    for block in section.blocks:
        number += 1
        parts.append(_block(block, f"p{number}-"))
    return "\n".join([*parts, "</section>"]), number


def _block(block: Block, prefix: str) -> str:
    if isinstance(block, Words):
        return f"<p>{_text(block.text)}</p>"
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Picture):
        return _picture(block, prefix)
    if isinstance(block, Tiles):
        return _tiles(block)
    long = ' class="long"' if block.text.count("\n") > _LONG else ""
    return f'<pre{long} tabindex="0">{_text(block.text)}</pre>'


def _grid(grid: Grid) -> str:
    note = f'<p class="note">{_text(grid.note)}</p>' if grid.note else ""
    if grid.shades:
        return f'<div class="scroll" tabindex="0">{_shaded(grid)}</div>{note}'
    columns = len(grid.header) or max(map(len, grid.rows), default=0)
    right = [
        bool(grid.header) and all(_NUMBER.fullmatch(row[place]) for row in grid.rows)
        for place in range(columns)
    ]
    kinds = ['class="number"' if number else "" for number in right]
    if not grid.header:
        kinds = ['class="name"', *['class="fact"'] * (columns - 1)]
    head = "".join(
        f"<th {kind}>{_text(name)}</th>" for kind, name in zip(kinds, grid.header, strict=False)
    )
    body = "".join(
        f"<tr>{''.join(f'<td {k}>{_text(c)}</td>' for k, c in zip(kinds, row, strict=True))}</tr>"
        for row in grid.rows
    ).replace("<td >", "<td>")
    top = f"<thead><tr>{head}</tr></thead>".replace("<th >", "<th>") if grid.header else ""
    table = f"<table>{top}<tbody>{body}</tbody></table>"
    return f'<div class="scroll" tabindex="0">{table}</div>{note}'


def _shaded(grid: Grid) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in grid.header)
    rows = []
    for row, shades in zip(grid.rows, grid.shades, strict=True):
        cells = "".join(
            f'<td style="background:rgba(var(--shade),{0.75 * shade:.2f})">{_text(cell)}</td>'
            for cell, shade in zip(row[1:], shades, strict=True)
        )
        rows.append(f"<tr><td>{_text(row[0])}</td>{cells}</tr>")
    upright = " upright" if max(map(len, grid.header[1:]), default=0) > _SHORT else ""
    top = f"<thead><tr>{head}</tr></thead>"
    return f'<table class="shaded{upright}">{top}<tbody>{"".join(rows)}</tbody></table>'


def _picture(picture: Picture, prefix: str) -> str:
    svg = with_unique_ids(picture.svg[picture.svg.index("<svg") :].strip(), prefix)
    svg = svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    start, end = svg.split(">", 1)
    box = _WIDTH.search(start)
    width = float(box[1]) if box else 500.0
    start = _SIZE.sub("", start)
    if picture.paper:
        # in the dark its colours are turned, and the paper is the card
        end = _PAPER.sub("", end, count=1)
        size = f"width:{width:.0f}px;max-width:100%;min-width:{min(0.6 * width, 640):.0f}px"
    else:
        size = f"width:100%;max-width:{1.45 * width:.0f}px;min-width:{0.92 * width:.0f}px"
    start = f'{start} style="{size}" role="img" aria-label="{_text(picture.about)}"'
    kind = ' class="paper"' if picture.paper else ""
    note = f"<figcaption>{_text(picture.note)}</figcaption>" if picture.note else ""
    return f'<figure{kind}><div class="scroll" tabindex="0">{start}>{end}</div>{note}</figure>'


def _tiles(tiles: Tiles) -> str:
    items = []
    for tile in tiles.tiles:
        content = base64.b64encode(tile.png).decode()
        lines = "".join(f"<span>{_text(line)}</span>" for line in tile.lines)
        alt = _text("; ".join(tile.lines))
        items.append(f'<li><img alt="{alt}" src="data:image/png;base64,{content}">{lines}</li>')
    return f'<ul class="tiles" aria-label="{_text(tiles.about)}">{"".join(items)}</ul>'
