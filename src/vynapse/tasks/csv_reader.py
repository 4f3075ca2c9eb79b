# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows of a CSV task that are in memory: frames, columns by name, rows by name, lists."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vynapse.core import Array
from vynapse.data.csv import Table, read_table, text_table
from vynapse.data.encoded import ClassTarget, NumberTarget
from vynapse.data.preprocessing import Preprocessing, Target
from vynapse.data.targets import LabelsTarget
from vynapse.errors import DataError
from vynapse.tasks.losses.binary import BinaryCrossEntropy
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.losses.weighted import WeightedCrossEntropy
from vynapse.tasks.reader import Reader
from vynapse.tasks.scoring import Scoring

_ROWS = Path("rows")


class CsvReader(Reader):
    """What turns rows into inputs as the run did with those of its file.

    Args:
        encoding: content of preprocessing.json.
    """

    def __init__(self, encoding: Mapping[str, Any]) -> None:
        self._preprocessing = Preprocessing.from_json(encoding)
        self.output_size = self._preprocessing.output_size
        self.scoring = _scoring(self._preprocessing.target)

    def inputs(self, rows: Any) -> Array:
        return self._preprocessing.inputs(self._table(rows))

    def values(self, outputs: Array) -> Array:
        return np.array(self._preprocessing.decode(outputs), np.float64)

    def _table(self, rows: Any) -> Table:
        texts = self._preprocessing.texts()
        if isinstance(rows, (str, os.PathLike)):
            return read_table(Path(rows), texts, self._preprocessing.form)
        names = [column.name for column in self._preprocessing.columns]
        window = self._preprocessing.window
        if window is not None and window.group is not None and window.group not in names:
            names.append(window.group)
        columns = _columns(rows, names)
        if nul := [name for name in columns if "\0" in name]:
            raise DataError(f"rows: the name {nul[0]!r} holds a NUL character: take it out")
        file = io.StringIO(newline="")
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        writer.writerows(zip(*(map(_cell, cells) for cells in columns.values()), strict=True))
        return text_table(_ROWS, file.getvalue(), texts)


def _scoring(target: Target) -> Scoring:
    if isinstance(target, NumberTarget):
        return Scoring(MeanSquaredError(), None, target.scale)
    if isinstance(target, ClassTarget):
        weighted = None if target.weights is None else WeightedCrossEntropy(target.weights)
        return Scoring(weighted or CrossEntropy(), target.classes)
    if isinstance(target, LabelsTarget):
        return Scoring(BinaryCrossEntropy(), None, names=target.names)
    return Scoring(MeanSquaredError(), None, target.scales, target.names)


def _columns(rows: Any, names: Sequence[str]) -> dict[str, list[Any]]:
    """The cells of each column by name: all that there are where they have names."""
    if hasattr(rows, "columns") and hasattr(rows, "__getitem__"):
        return _even({str(name): list(rows[name]) for name in rows.columns})
    if isinstance(rows, Mapping):
        return _even({str(name): list(cells) for name, cells in rows.items()})
    listed = rows.tolist() if hasattr(rows, "tolist") else rows
    listed = list(listed) if isinstance(listed, Iterable) else []
    if listed and all(isinstance(row, Mapping) for row in listed):
        found = dict.fromkeys(name for row in listed for name in row)
        return {str(name): [row.get(name) for row in listed] for name in found}
    if not listed or not all(
        isinstance(row, Iterable) and not isinstance(row, str) for row in listed
    ):
        raise DataError(
            "rows: a frame, columns by name, or a list of rows was wanted, got "
            f"{type(rows).__name__}"
        )
    cells = [list(row) for row in listed]
    for place, row in enumerate(cells):
        if len(row) != len(names):
            raise DataError(
                f"rows: row {place} (counted from 0): {len(names)} values were wanted, in the "
                f"order {', '.join(names[:8])}{' …' if len(names) > 8 else ''}, got {len(row)}"
            )
    return {name: [row[place] for row in cells] for place, name in enumerate(names)}


def _even(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) != 1:
        raise DataError(f"rows: columns of one length were wanted, got {lengths or 'none'}")
    return columns


def _cell(value: Any) -> str:
    """The text that would stand in a file."""
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return ""
    if type(value).__name__ in ("NAType", "NaTType"):
        return ""
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)
