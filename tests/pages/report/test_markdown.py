# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A report as Markdown, and how texts mean themselves in it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pages.report.conftest import ATTACK
from vynapse.cli.main import main
from vynapse.pages.report.blocks import Block, Code, Grid, Report, Section, Tile, Tiles, Words
from vynapse.pages.report.markdown import markdown_of

Make = Callable[[str], Path]


def test_pictures_lie_beside_the_text(runs: Make, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "first.md"
    assert main(["report", str(runs("deap")), "--format", "md", "--out", str(out)]) == 0
    text = out.read_text()
    links = re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)
    assert links
    assert {str(Path(link).parent) for link in links} == {"first-pictures"}
    on_disk = {f"first-pictures/{file.name}" for file in (tmp_path / "first-pictures").iterdir()}
    assert on_disk == set(links)
    for link in links:
        content = (tmp_path / link).read_bytes()
        if link.endswith(".svg"):
            root = ET.fromstring(content)
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            ids = [own.get("id") for own in root.iter() if own.get("id")]
            assert len(ids) == len(set(ids))
        else:
            assert content.startswith(b"\x89PNG")
    assert text.startswith("# digits · deap · seed 0\n\n**finished**\n")
    assert "\n## Provenance\n" in text


def test_hostile_names_are_no_tags_and_keep_tables_whole(runs: Make, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "first.md"
    assert main(["report", str(runs("classes")), "--format", "md", "--out", str(out)]) == 0
    prose = re.sub(r"^(```+).*?^\1$", "", out.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert "<img" not in prose
    assert "&lt;img" in prose
    assert r"plain\|pipe" in prose
    for block in re.findall(r"(?:^\|.*\n)+", prose, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block


def test_every_block_is_written() -> None:
    blocks: list[Block] = [
        Words("# no title, *no* emphasis"),
        Grid([], [["name", "value"]]),
        Grid(["a", "b"], [["1", "2|3"]], "a note"),
        Tiles([Tile(b"png", ["one"]), Tile(b"png", ["one", "two"])], "tiles"),
        Code("```\ninside", "sh"),
    ]
    report = Report("a_title", "finished", ["lead"], [("loss", "1")], [Section("part", blocks)])
    text, files = markdown_of(report, "folder")
    assert files == {"01-tiles.png": b"png", "02-tiles.png": b"png"}
    assert r"\# no title, \*no\* emphasis" in text
    assert "|  |  |\n| --- | --- |\n| name | value |" in text
    assert r"| 1 | 2\|3 |" in text
    assert "````sh\n```\ninside\n````" in text
    assert text.count(ATTACK) == 0
