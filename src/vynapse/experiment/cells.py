# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs and comparisons as cells of a notebook: tables, and curves where matplotlib is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path

from vynapse.errors import MissingExtra
from vynapse.experiment.bands import bands_picture
from vynapse.experiment.compared import Group, groups_of_table, read_table
from vynapse.experiment.drawn import with_unique_ids
from vynapse.experiment.notebook import Summary
from vynapse.experiment.run_curves import curves_of
from vynapse.experiment.store import read_summary


def run_cell(path: Path) -> str:
    """A run as it stands: where it is, its summary, its curves.

    Raises:
        RunDirectoryError: its files are damaged.
    """
    summary = Summary(read_summary(path))
    drawn = _drawn(lambda: curves_of(path), str(path))
    return f"<p>{escape(str(path))}</p>{summary._repr_html_()}{drawn}"


def comparison_cell(folder: Path) -> str | None:
    """The table of a comparison and the curves of its tasks; None where it has not ended.

    Raises:
        RunDirectoryError: its files are damaged.
    """
    table = read_table(folder)
    if table is None:
        return None
    parts = [f"<p>{escape(str(folder))}</p>", table._repr_html_()]
    groups = groups_of_table(folder, table)
    for task in dict.fromkeys(group.task for group in groups):
        own = [group for group in groups if group.task == task]
        parts.append(_drawn(partial(_bands, task, own), f"{folder}/{task}"))
    return "".join(parts)


def _bands(task: str, groups: Sequence[Group]) -> str | None:
    gained = all("return" in found for group in groups for found in group.summaries)
    arms = {group.name: group.runs for group in groups}
    return bands_picture(arms, gained=gained, title=task, purpose="a notebook")


def _drawn(draw: Callable[[], str | None], name: str) -> str:
    """A picture whose ids are those of no other cell; nothing where nothing draws it."""
    try:
        svg = draw()
    except MissingExtra:
        return ""
    prefix = f"v{hashlib.sha256(name.encode()).hexdigest()[:8]}-"
    return "" if svg is None else with_unique_ids(svg, prefix)
