# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows of metrics.csv as columns, with the steps of all stages counted through.

A run may have more rows than a picture has points. Those of a long run are thinned: a few rows
become one, which has the last value of each column among them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, final

from vynapse.experiment.following import Figures

Column = list[float | int | None]

STEP: Final = "#step"
"""The column of steps over all stages; no column of metrics.csv has such a name."""
POINTS: Final = 4000
"""Rows that a browser is sent at first."""
AXES: Final[Mapping[str, tuple[str, str]]] = {
    STEP: ("step", ""),
    "seconds": ("time", "s"),
    "flops": ("work", "FLOP"),
    "forwards": ("forward passes", "examples"),
    "backwards": ("backward passes", "examples"),
    "env_steps": ("steps of environments", ""),
}
"""What curves may be drawn over: label and unit. All of these are counted over the whole run."""


@final
class Counter:
    """Counts the steps of a run through its stages, whose own steps begin at 0."""

    def __init__(self) -> None:
        self._stage, self._before, self._last = 0, 0, 0
        self.begins: dict[int, int] = {0: 0}

    def place(self, row: Figures) -> int:
        """The step over all stages of a row, which follows those before."""
        stage, step = int(row["stage"]), int(row["step"])
        if stage != self._stage:
            self._before += self._last
            self._stage = stage
            self.begins[stage] = self._before
        self._last = step
        return self._before + step

    def begin(self, stage: int) -> int:
        """The step over all stages at which a stage begins; one without rows yet begins now."""
        return self.begins.get(stage, self._before + self._last)


def numbered(rows: Sequence[Figures], counter: Counter) -> list[Figures]:
    """Rows with their step over all stages in the column `STEP`."""
    return [{**row, STEP: counter.place(row)} for row in rows]


def thinned(rows: list[Figures], points: int = POINTS) -> list[Figures]:
    """At most so many rows: each has the last value of each column among those it stands for."""
    if len(rows) <= points:
        return rows
    many = math.ceil(len(rows) / points)
    groups = (rows[begin : begin + many] for begin in range(0, len(rows), many))
    merged: list[Figures] = []
    for group in groups:
        one: Figures = {}
        for row in group:
            one |= row
        merged.append(one)
    return merged


def columns(rows: Sequence[Figures]) -> dict[str, Column]:
    """The cells of each column that has any, one for each row; None where nothing was measured."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [_number(row.get(name)) for row in rows] for name in names}


def _number(value: float | int | str | None) -> float | int | None:
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return None
    return value
