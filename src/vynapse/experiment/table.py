# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The table of a comparison: means and 95 % intervals over seeds, as Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vynapse.experiment import endings
from vynapse.experiment.notebook import table_html
from vynapse.experiment.repeats import Repeats
from vynapse.statistics import Mean, half_width, mean_of

Summary = dict[str, Any]


def _key(*path: str) -> Callable[[Summary], float | None]:
    def read(summary: Summary) -> float | None:
        value: Any = summary
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return None if value is None else float(value)

    return read


def _gigaflops(summary: Summary) -> float | None:
    flops = summary["cost"].get("flops")
    return None if flops is None else float(flops) / 1e9


def _cpu_percent(summary: Summary) -> float | None:
    return 100 * float(summary["cpu_seconds"]) / float(summary["wall_seconds"])


# column -> what it reads from a run's summary; absent measurements stay absent.
COLUMNS: dict[str, Callable[[Summary], float | None]] = {
    "loss": _key("loss"),
    "return": _key("return"),
    "test return": _key("test", "return"),
    "accuracy": _key("metrics", "accuracy"),
    "test accuracy": _key("test", "accuracy"),
    "GFLOP": _gigaflops,
    "forwards": _key("cost", "forwards"),
    "backwards": _key("cost", "backwards"),
    "env steps": _key("cost", "env_steps"),
    "wall s": _key("wall_seconds"),
    "CPU %": _cpu_percent,
    "parameters": _key("parameters"),
}


# what the difference of a control to the arm it controls is told of
PAIRED = ("loss", "return", "test return", "accuracy", "test accuracy")


@dataclass(frozen=True, slots=True)
class Row:
    """One arm.

    Attributes:
        task: name of the task.
        mode: the mode, or the name of the arm where there are controls.
        runs: the summaries of its runs, one per seed.
        control_of: the `mode` of the row it is a control of, or is compared with.
        repeats: what repeated runs have shown, where there were any.
        note: a sentence that stands below the table.
    """

    task: str
    mode: str
    runs: list[Summary]
    control_of: str | None = None
    repeats: Repeats | None = None
    note: str = ""

    @property
    def peak_megabytes(self) -> float:
        """Largest memory of its process."""
        return max(float(run["peak_megabytes"]) for run in self.runs)

    def mean(self, column: str) -> Mean | None:
        """Over the runs that have the measurement; None when none has."""
        values = [COLUMNS[column](run) for run in self.runs]
        return mean_of([value for value in values if value is not None])

    def text(self, column: str) -> str:
        """Mean +- half-width, or an empty cell."""
        mean = self.mean(column)
        return "" if mean is None else interval(mean)

    def difference(self, other: Row, column: str) -> Mean | None:
        """This row minus another, paired by seed; None where no seed has both measurements."""
        theirs = {run["seed"]: COLUMNS[column](run) for run in other.runs}
        pairs = [(COLUMNS[column](run), theirs.get(run["seed"])) for run in self.runs]
        return mean_of([one - two for one, two in pairs if one is not None and two is not None])

    def converged(self) -> str:
        """How many runs reached the target, or an empty cell when there was none."""
        known = [run["converged"] for run in self.runs if run["converged"] is not None]
        return f"{sum(known)}/{len(known)}" if known else ""


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """All arms of a comparison."""

    rows: list[Row]

    def __repr__(self) -> str:
        arms = ", ".join(f"{row.task} {row.mode} x {len(row.runs)}" for row in self.rows)
        return f"Table({arms})"

    def _repr_html_(self) -> str:
        return _html(self.markdown())

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
        text = (
            f"{markdown_table(lines)}\nMean ± 95 % confidence interval over seeds (Student's t).\n"
        )
        notes = dict.fromkeys(f"{row.note}\n" for row in self.rows if row.note)
        text = "\n".join([text, *notes])
        controls = [row for row in self.rows if self.reference(row)]
        text = f"{text}\n{self._differences(controls)}" if controls else text
        repeated = [row for row in self.rows if row.repeats is not None]
        text = f"{text}\n{_repeats(repeated)}" if repeated else text
        ended = self.endings()
        return f"{text}\n{ended}" if ended else text

    def endings(self) -> str:
        """How runs ended, and the episodes of their winners; empty where no run says so."""
        found = [endings.cells(row.runs) for row in self.rows]
        shown = endings.columns(found)
        if not shown:
            return ""
        lines = [["task", "mode", *shown], ["---"] * (2 + len(shown))]
        for row, cells in zip(self.rows, found, strict=True):
            lines.append([row.task, row.mode, *(cells.get(name, "") for name in shown)])
        episodes = any("steps of an episode" in cells for cells in found)
        more = ", and how the episodes of their winners did, on average" if episodes else ""
        return f"{markdown_table(lines)}\nHow many runs ended by what{more}.\n"

    def reference(self, row: Row) -> Row | None:
        """The row that `row` is a control of."""
        names = row.task, row.control_of
        return next((other for other in self.rows if (other.task, other.mode) == names), None)

    def differences(self, row: Row) -> dict[str, Mean]:
        """What a control differs by from its reference, by column, paired by seed."""
        other = self.reference(row)
        means = {name: row.difference(other, name) for name in PAIRED} if other else {}
        return {name: mean for name, mean in means.items() if mean is not None}

    def _differences(self, controls: list[Row]) -> str:
        shown = [name for name in PAIRED if any(name in self.differences(row) for row in controls)]
        lines = [["task", "difference", "seeds", *shown], ["---"] * (3 + len(shown))]
        for row in controls:
            means = self.differences(row)
            count = max((mean.count for mean in means.values()), default=0)
            cells = [interval(means[name], "+") if name in means else "" for name in shown]
            lines.append([row.task, f"{row.mode} − {row.control_of}", str(count), *cells])
        return f"{markdown_table(lines)}\nDifferences are paired by seed; mean ± 95 % as above.\n"

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
        """One object per arm with means, half-widths and the summaries of its runs.

        A control also says what it is a control of, and the differences to it.
        """
        return [self._arm(row) for row in self.rows]

    def _arm(self, row: Row) -> dict[str, Any]:
        means = {name: mean for name in COLUMNS if (mean := row.mean(name)) is not None}
        arm: dict[str, Any] = {
            "task": row.task,
            "mode": row.mode,
            "peak_megabytes": row.peak_megabytes,
            "means": {name: _json(mean) for name, mean in means.items()},
        }
        if row.control_of is not None:
            found = {name: _json(mean) for name, mean in self.differences(row).items()}
            arm |= {"control_of": row.control_of, "differences": found}
        if row.repeats is not None:
            arm["repeats"] = row.repeats.json()
        return arm | {"runs": row.runs}


def _json(mean: Mean) -> dict[str, float | None]:
    return {"mean": mean.value, "half_width_95": mean.half_width}


def _repeats(rows: list[Row]) -> str:
    """Whether repeated runs have the same bytes, and what their processor times spread over."""
    lines = [["task", "mode", "runs of each seed", "same bytes", "largest spread of CPU time"]]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        if row.repeats is not None:
            seeds = ", ".join(map(str, row.repeats.different))
            same = "yes" if row.repeats.same_bytes else f"no (seed {seeds})"
            spread = f"{100 * max(row.repeats.spreads):.0f} %"
            lines.append([row.task, row.mode, str(row.repeats.count), same, spread])
    spread = "The spread is the interquartile range of the runs of a seed over their median."
    return f"{markdown_table(lines)}\n{spread}\n"


def _html(markdown: str) -> str:
    """Tables and the sentences below them, for notebooks."""
    parts = []
    for is_table, lines in itertools.groupby(
        filter(None, markdown.splitlines()), lambda line: line.startswith("|")
    ):
        if is_table:
            cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
            parts.append(table_html(cells[0], cells[2:]))
        else:
            parts.append(f"<p>{' '.join(lines)}</p>")
    return "".join(parts)


def markdown_table(lines: list[list[str]]) -> str:
    """Markdown of a table: its header, a row of dashes, and the rows."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def interval(mean: Mean, sign: str = "-") -> str:
    """Mean and half-width as text; with the sign "+" a positive mean has one too."""
    value = _number(mean.value, sign)
    width = half_width(mean)
    return f"{value} ± {_number(width)}" if width else value


def _number(value: float, sign: str = "-") -> str:
    """Three significant digits, without an exponent where that is readable."""
    return f"{value:{sign}.0f}" if 100 <= abs(value) < 1e7 else f"{value:{sign}.3g}"
