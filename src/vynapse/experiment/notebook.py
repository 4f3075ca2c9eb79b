# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Results as people see them in Python: short texts, tables for notebooks, columns of numbers."""

from __future__ import annotations

import csv
from html import escape
from pathlib import Path
from typing import Any, final

import numpy as np

from vynapse.core import Array
from vynapse.errors import RunDirectoryError


@final
class Summary(dict[str, Any]):
    """The summary of a run (`vynapse.experiment.summary` says which keys), short when shown."""

    def __repr__(self) -> str:
        words = [f"{key} {_short(value)}" for key, value in self._facts()]
        return f"Summary({', '.join(words)})"

    def _repr_html_(self) -> str:
        return table_html(["", ""], [[key, _short(value)] for key, value in self._facts()])

    def _facts(self) -> list[tuple[str, Any]]:
        keys = ("task", "mode", "seed", "status", "loss")
        facts = [(key, self[key]) for key in keys if key in self]
        facts += list((self.get("metrics") or {}).items())
        facts += [(f"test {key}", value) for key, value in (self.get("test") or {}).items()]
        later = ("stop", "steps", "seconds", "parameters")
        return facts + [(key, self[key]) for key in later if key in self]


def table_html(header: list[str], rows: list[list[Any]], more: int = 0) -> str:
    """A table for notebooks.

    Args:
        header: names of the columns; all empty for none.
        rows: texts of the cells.
        more: how many rows are left out.
    """
    head = "".join(f"<th>{escape(str(cell))}</th>" for cell in header)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    rest = f"<p>{more:,} more rows</p>" if more else ""
    top = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    return f"<table>{top}<tbody>{body}</tbody></table>{rest}"


def columns_of(file: Path) -> dict[str, Array]:
    """The columns of metrics.csv: name -> (rows,) float64, not-a-number where nothing was measured.

    Raises:
        RunDirectoryError: it cannot be read.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            header, *rows = list(csv.reader(lines)) or [[]]
            whole = [row for row in rows if len(row) == len(header)]
            cells = [[float(cell) if cell else np.nan for cell in row] for row in whole]
    except (OSError, ValueError) as error:
        raise RunDirectoryError(f"{file} cannot be read: {error}") from None
    values = np.array(cells, np.float64).reshape(-1, len(header))
    return {name: values[:, place].copy() for place, name in enumerate(header)}


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
