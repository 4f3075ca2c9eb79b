# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How numbers, tables and objects look on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vynapse.errors import ConfigError, storage_errors
from vynapse.pages.figures import clock, duration, number, scientific
from vynapse.telemetry.events import json_line

__all__ = [
    "clock",
    "duration",
    "files_of",
    "headline",
    "measurements",
    "number",
    "print_json",
    "print_line",
    "refuse_overwriting",
    "scientific",
    "table",
    "times",
    "write_or_print",
]


def print_line(text: str = "") -> None:
    """A line on standard output; what its encoding cannot show becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")


def print_json(value: object) -> None:
    """One JSON object on one line, visible to a reader at once."""
    print_line(json_line(value))
    sys.stdout.flush()


def files_of(run: Path) -> list[Path]:
    """What a run directory holds of the run; other files may lie there too."""
    from vynapse.experiment.directory import RunDirectory

    files = RunDirectory(run)
    own = ("run.json", "summary.json", "recipe.yaml", "preprocessing.json", "checkpoints")
    return [files.metrics, files.events, files.network, *(run / name for name in own)]


def refuse_overwriting(out: Path | None, option: str, read: Iterable[Path]) -> None:
    """Refuse a file to be written that is one of those that are read, by whatever path.

    Args:
        out: the file; None where nothing is written.
        option: that names it.
        read: files, and folders of which every file counts.

    Raises:
        ConfigError: it is one of them.
    """
    if out is None or not out.exists():
        return
    written = out.resolve()
    for path in read:
        if path.exists() and (path.samefile(out) or path.resolve() in written.parents):
            raise ConfigError(
                f"{option}: {out} is read by this command and would be lost: choose another name"
            )


def write_or_print(text: str, file: Path | None) -> None:
    """Write `text` to a file, or to standard output when that is None.

    Raises:
        StorageError: the file cannot be written.
    """
    if file is None:
        sys.stdout.write(text)
        return
    with storage_errors(file):
        file.write_text(text, encoding="utf-8")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table; a column is right-aligned if every cell begins with a digit or a dash."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    right = [
        bool(rows) and all(row[i][:1] in "-0123456789" for row in rows) for i in range(len(header))
    ]
    lines = []
    for row in [header, *rows]:
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def headline(summary: dict[str, Any]) -> str:
    """One sentence about a run, finished or not."""
    who = f"{summary['task']} · {summary['mode']} · seed {summary['seed']}"
    if summary["status"] != "finished":
        where = f", step {summary['step']:,}" if "step" in summary else ""
        loss = f", loss {number(summary['loss'])}" if "loss" in summary else ""
        return f"{who}: {summary['status']}{where}{loss}"
    reached = {True: "converged, ", False: "not converged, ", None: ""}[summary["converged"]]
    return (
        f"{who}: {reached}loss {number(summary['loss'])} after {summary['steps']:,} steps "
        f"in {duration(summary['seconds'])}{_early(summary)}"
    )


def _early(summary: dict[str, Any]) -> str:
    """What a person is told where a search ended itself before its budget did."""
    from vynapse.core import NOTHING_FINITE

    ended = summary.get("stop") == NOTHING_FINITE
    return ", ended by a generation without a finite loss" if ended else ""


def measurements(summary: dict[str, Any]) -> list[str]:
    """Lines about metrics on the validation and the test split."""
    lines = []
    for title, values in (("validation", summary.get("metrics")), ("test", summary.get("test"))):
        if values:
            known = {name: value for name, value in values.items() if value is not None}
            words = ", ".join(f"{name} {number(value)}" for name, value in known.items())
            lines.append(f"{title}: {words}")
    return lines


def times(stage: dict[str, Any]) -> str | None:
    """Where the time of a stage went, or None where its mode does not say.

    Steps of environments per second are those of the whole stage over all of its time.
    """
    parts = dict(stage.get("timings", {}))
    total = parts.pop("total", 0.0)
    if not parts or total <= 0:
        return None
    parts["bookkeeping"] = max(0.0, total - sum(parts.values()))
    shares = ", ".join(f"{name} {100 * spent / total:.0f} %" for name, spent in parts.items())
    how = stage.get("choices", {}).get("path")
    name = f"{stage['mode']}{f' ({how})' if how else ''}"
    walked = stage.get("cost", {}).get("env_steps")
    speed = f"; {number(round(walked / total))} env steps/s" if walked else ""
    return f"time of {name}: {duration(total)} in all: {shares}{speed}"
