# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The table of a comparison: means and 95 % intervals over seeds, as Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vynapse.experiment.statistics import Mean, mean_of

Summary = dict[str, Any]


def _key(*path: str) -> Callable[[Summary], float | None]:
    def read(summary: Summary) -> float | None:
        value: Any = summary
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return None if value is None else float(value)

    return read


def _gigaflops(summary: Summary) -> float | None:
    return float(summary["cost"]["flops"]) / 1e9


def _cpu_percent(summary: Summary) -> float | None:
    return 100 * float(summary["cpu_seconds"]) / float(summary["wall_seconds"])


# column -> what it reads from a run's summary; absent measurements stay absent.
COLUMNS: dict[str, Callable[[Summary], float | None]] = {
    "loss": _key("loss"),
    "accuracy": _key("metrics", "accuracy"),
    "test accuracy": _key("test", "accuracy"),
    "GFLOP": _gigaflops,
    "forwards": _key("cost", "forwards"),
    "backwards": _key("cost", "backwards"),
    "wall s": _key("wall_seconds"),
    "CPU %": _cpu_percent,
    "parameters": _key("parameters"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One arm: the summaries of its runs, one per seed, and the peak memory of its process."""

    task: str
    mode: str
    runs: list[Summary]
    peak_megabytes: float

    def mean(self, column: str) -> Mean | None:
        """Over the runs that have the measurement; None when none has."""
        values = [COLUMNS[column](run) for run in self.runs]
        return mean_of([value for value in values if value is not None])

    def text(self, column: str) -> str:
        """Mean +- half-width, or an empty cell."""
        mean = self.mean(column)
        if mean is None:
            return ""
        if not mean.half_width:
            return _number(mean.value)
        return f"{_number(mean.value)} ± {_number(mean.half_width)}"

    def converged(self) -> str:
        """How many runs reached the target, or an empty cell when there was none."""
        known = [run["converged"] for run in self.runs if run["converged"] is not None]
        return f"{sum(known)}/{len(known)}" if known else ""


@dataclass(frozen=True, slots=True)
class Table:
    """All arms of a comparison."""

    rows: list[Row]

    def markdown(self) -> str:
        """A table for people; columns that nothing measured are left out."""
        shown = [name for name in COLUMNS if any(row.mean(name) for row in self.rows)]
        converged = any(row.converged() for row in self.rows)
        header = ["task", "mode", "seeds", *(["converged"] if converged else []), *shown, "peak MB"]
        lines = [header, ["---"] * len(header)]
        for row in self.rows:
            lines.append(
                [
                    row.task,
                    row.mode,
                    str(len(row.runs)),
                    *([row.converged()] if converged else []),
                    *(row.text(name) for name in shown),
                    _number(row.peak_megabytes),
                ]
            )
        text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return f"{text}\n\nMean ± 95 % confidence interval over seeds (Student's t).\n"

    def csv(self) -> str:
        """One line per run, unrounded."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["task", "mode", "seed", "converged", *COLUMNS, "network_sha256"])
        for row in self.rows:
            for run in row.runs:
                values = [read(run) for read in COLUMNS.values()]
                fixed = [row.task, row.mode, run["seed"], run["converged"]]
                writer.writerow([*fixed, *values, run["network_sha256"]])
        return file.getvalue()

    def json(self) -> list[dict[str, Any]]:
        """One object per arm with means, half-widths and the summaries of its runs."""
        return [
            {
                "task": row.task,
                "mode": row.mode,
                "peak_megabytes": row.peak_megabytes,
                "means": {
                    name: {"mean": mean.value, "half_width_95": mean.half_width}
                    for name in COLUMNS
                    if (mean := row.mean(name)) is not None
                },
                "runs": row.runs,
            }
            for row in self.rows
        ]


def _number(value: float) -> str:
    """Three significant digits, without an exponent where that is readable."""
    return f"{value:.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"
