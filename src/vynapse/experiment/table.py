# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The table of a comparison: means and 95 % intervals over seeds, as Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
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
    if "cpu_seconds" not in summary or "wall_seconds" not in summary:
        return None
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
    def peak_megabytes(self) -> float | None:
        """Largest memory of its process; None where nobody measured it."""
        known = [float(run["peak_megabytes"]) for run in self.runs if "peak_megabytes" in run]
        return max(known, default=None)

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


@dataclass(frozen=True, slots=True)
class Part:
    """A table of texts with a sentence below it."""

    header: list[str]
    rows: list[list[str]]
    note: str

    def markdown(self) -> str:
        """The table, an empty line, and the sentence."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
        return f"{text}\n{self.note}\n"


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """All arms of a comparison."""

    rows: list[Row]

    def __repr__(self) -> str:
        arms = ", ".join(f"{row.task} {row.mode} x {len(row.runs)}" for row in self.rows)
        return f"Table({arms})"

    def _repr_html_(self) -> str:
        parts = [f"{table_html(p.header, p.rows)}<p>{escape(p.note)}</p>" for p in self.parts()]
        return "".join(parts)

    def markdown(self) -> str:
        """A table for people; columns that nothing measured are left out."""
        return "\n".join(part.markdown() for part in self.parts())

    def parts(self) -> list[Part]:
        """The table of means, then what it has of differences, repeats and endings."""
        controls = [row for row in self.rows if self.reference(row)]
        repeated = [row for row in self.rows if row.repeats is not None]
        parts = [self._means()]
        parts += [self._differences(controls)] if controls else []
        parts += [_repeats(repeated)] if repeated else []
        ended = self._endings()
        return [*parts, ended] if ended else parts

    def _means(self) -> Part:
        shown = [name for name in COLUMNS if any(row.mean(name) for row in self.rows)]
        converged = any(row.converged() for row in self.rows)
        memory = any(row.peak_megabytes is not None for row in self.rows)
        header = ["task", "mode", "seeds", *(["converged"] if converged else []), *shown]
        lines = [
            [
                row.task,
                row.mode,
                str(len(row.runs)),
                *([row.converged()] if converged else []),
                *(row.text(name) for name in shown),
                *([_cell(row.peak_megabytes)] if memory else []),
            ]
            for row in self.rows
        ]
        notes = ["Mean ± 95 % confidence interval over seeds (Student's t)."]
        note = "\n\n".join(dict.fromkeys([*notes, *(row.note for row in self.rows if row.note)]))
        return Part([*header, *(["peak MB"] if memory else [])], lines, note)

    def endings(self) -> str:
        """How runs ended, and the episodes of their winners; empty where no run says so."""
        part = self._endings()
        return part.markdown() if part else ""

    def _endings(self) -> Part | None:
        found = [endings.cells(row.runs) for row in self.rows]
        shown = endings.columns(found)
        if not shown:
            return None
        lines = [
            [row.task, row.mode, *(cells.get(name, "") for name in shown)]
            for row, cells in zip(self.rows, found, strict=True)
        ]
        episodes = any("steps of an episode" in cells for cells in found)
        more = ", and how the episodes of their winners did, on average" if episodes else ""
        note = f"How many runs ended by what{more}."
        return Part(["task", "mode", *shown], lines, note)

    def reference(self, row: Row) -> Row | None:
        """The row that `row` is a control of."""
        names = row.task, row.control_of
        return next((other for other in self.rows if (other.task, other.mode) == names), None)

    def differences(self, row: Row) -> dict[str, Mean]:
        """What a control differs by from its reference, by column, paired by seed."""
        other = self.reference(row)
        means = {name: row.difference(other, name) for name in PAIRED} if other else {}
        return {name: mean for name, mean in means.items() if mean is not None}

    def _differences(self, controls: list[Row]) -> Part:
        shown = [name for name in PAIRED if any(name in self.differences(row) for row in controls)]
        lines = []
        for row in controls:
            means = self.differences(row)
            count = max((mean.count for mean in means.values()), default=0)
            cells = [interval(means[name], "+") if name in means else "" for name in shown]
            lines.append([row.task, f"{row.mode} − {row.control_of}", str(count), *cells])
        note = "Differences are paired by seed; mean ± 95 % as above."
        return Part(["task", "difference", "seeds", *shown], lines, note)

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


def _repeats(rows: list[Row]) -> Part:
    """Whether repeated runs have the same bytes, and what their processor times spread over."""
    header = ["task", "mode", "runs of each seed", "same bytes", "largest spread of CPU time"]
    lines = []
    for row in rows:
        if row.repeats is not None:
            seeds = ", ".join(map(str, row.repeats.different))
            same = "yes" if row.repeats.same_bytes else f"no (seed {seeds})"
            spread = f"{100 * max(row.repeats.spreads):.0f} %"
            lines.append([row.task, row.mode, str(row.repeats.count), same, spread])
    note = "The spread is the interquartile range of the runs of a seed over their median."
    return Part(header, lines, note)


def _cell(megabytes: float | None) -> str:
    return "" if megabytes is None else _number(megabytes)


def interval(mean: Mean, sign: str = "-") -> str:
    """Mean and half-width as text; with the sign "+" a positive mean has one too."""
    value = _number(mean.value, sign)
    width = half_width(mean)
    return f"{value} ± {_number(width)}" if width else value


def _number(value: float, sign: str = "-") -> str:
    """Three significant digits, without an exponent where that is readable."""
    return f"{value:{sign}.0f}" if 100 <= abs(value) < 1e7 else f"{value:{sign}.3g}"
