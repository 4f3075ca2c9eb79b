# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The networks among which a run with several objectives, or with an archive, lets you choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.fronts import read_front
from vynapse.pages.report.blocks import Grid, Section
from vynapse.pages.report.looking import Seen
from vynapse.pages.report.wording import number

_SHOWN: Final = 30


def front(seen: Seen) -> Section:
    """A table of them, the first thirty; nothing for a run without such a thing.

    Raises:
        RunDirectoryError: front.safetensors is damaged.
    """
    if seen.loaded is None or not RunDirectory(seen.path).front.exists():
        return Section("The front", [])
    rows = read_front(seen.path).rows(seen.loaded.network)
    cells = [_cells(row) for row in rows[:_SHOWN]]
    header = list(dict.fromkeys(name for row in cells for name in row))
    note = "vynapse show RUN --front lists all; a number chooses one in vynapse.load(RUN, front=…)."
    if len(rows) > _SHOWN:
        note = f"{_SHOWN} of {len(rows):,}. {note}"
    return Section(
        "The front", [Grid(header, [[r.get(n, "–") for n in header] for r in cells], note)]
    )


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    """The numbers of a network by column."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, list):
            cells |= {f"{name} {place}": number(one) for place, one in enumerate(value)}
        elif value is None or isinstance(value, (int, float)):
            cells["FLOP" if name == "flops" else name] = number(value)
    return cells
