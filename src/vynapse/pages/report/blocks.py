# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a report consists of, in whatever form; texts are plain, and writers escape them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, final


@final
@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@final
@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        header: names of the columns; empty for a list of facts, whose first column is their names.
        rows: texts of the cells.
        note: a sentence below it; may be empty.
        shades: how dark each cell behind the first column is, from 0 to 1; empty for none.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    shades: Sequence[Sequence[float]] = ()


@final
@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing.

    Attributes:
        svg: an <svg> element.
        about: what it shows, for those who do not see it, and as the name of its file.
        note: a sentence below it; may be empty.
        paper: it was made for white paper, and has colours of its own.
    """

    svg: str
    about: str
    note: str = ""
    paper: bool = False


@final
@dataclass(frozen=True, slots=True)
class Tile:
    """A small picture with a line or two.

    Attributes:
        png: bytes of a .png file.
        lines: texts below it.
    """

    png: bytes
    lines: Sequence[str]


@final
@dataclass(frozen=True, slots=True)
class Tiles:
    """Small pictures beside each other."""

    tiles: Sequence[Tile]
    about: str


@final
@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy, or drawn in letters."""

    text: str
    language: str = ""


Block = Words | Grid | Picture | Tiles | Code


@final
@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under a title."""

    title: str
    blocks: Sequence[Block]


@final
@dataclass(frozen=True, slots=True)
class Report:
    """All of it.

    Attributes:
        title: what it is of.
        status: one word, as "finished" or "running".
        lead: a few sentences that say it all.
        figures: the most important numbers, by name.
        sections: the parts; those without blocks are left out.
    """

    title: str
    status: str
    lead: Sequence[str]
    figures: Sequence[tuple[str, str]]
    sections: Sequence[Section] = field(default_factory=tuple)

    def parts(self) -> list[Section]:
        """The sections that have something in them."""
        return [section for section in self.sections if section.blocks]


NO_PICTURES: Final = (
    "Pictures of curves need the package matplotlib, which is not installed: run pip install "
    "'vynapse[viz]' and write the report again."
)
"""What stands in place of pictures where nothing draws them."""
