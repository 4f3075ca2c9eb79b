# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From what a person names to the file of a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from vynapse.errors import ConfigError, RunDirectoryError, storage_errors
from vynapse.experiment.compared import Group, grouped, groups_of_table, read_table, runs_below
from vynapse.experiment.files import write_atomically
from vynapse.pages.report.blocks import Report
from vynapse.pages.report.html import html_of
from vynapse.pages.report.markdown import markdown_of
from vynapse.pages.report.one_run import report_of_run
from vynapse.pages.report.several import report_of_groups

Format = Literal["html", "md"]
_NAMES: Final = {"html": "report.html", "md": "report.md"}
_BEST: Final = 8
"""Points of a sweep that have curves; all are in its table."""


def write_report(paths: Sequence[Path], form: Format = "html", out: Path | None = None) -> Path:
    """Write the report of runs, or of folders of runs, into one file.

    Args:
        paths: run directories and folders of runs.
        form: "html", or "md" for Markdown with its pictures in a folder beside it.
        out: the file; by default report.html or report.md in the run or folder, or in the working
            directory where several are named.

    Returns:
        The file.

    Raises:
        ConfigError: nothing was named.
        RunDirectoryError, CheckpointError: there is no run, or its files are damaged.
        StorageError: the file cannot be written.
    """
    if not paths:
        raise ConfigError("report: a run or a folder of runs was wanted, got none")
    home = paths[0] if len(paths) == 1 else Path()
    file = home / _NAMES[form] if out is None else out
    report = report_of(paths)
    if form == "html":
        write_file(file, html_of(report).encode())
        return file
    folder = file.parent / f"{file.stem}-pictures"
    text, pictures = markdown_of(report, folder.name)
    for name, content in pictures.items():
        write_file(folder / name, content)
    write_file(file, text.encode())
    return file


def write_file(file: Path, content: bytes) -> None:
    """Write a file, and its folder where that is not there.

    Raises:
        StorageError: that cannot be done.
    """
    with storage_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, content)


def report_of(paths: Sequence[Path]) -> Report:
    """The report of run directories and of folders of runs.

    Raises:
        RunDirectoryError, CheckpointError: there is no run, or its files are damaged.
    """
    if len(paths) == 1 and (paths[0] / "run.json").exists():
        return report_of_run(paths[0])
    if len(paths) == 1 and (table := read_table(paths[0])) is not None:
        groups = groups_of_table(paths[0], table)
        if (paths[0] / "sweep.json").exists():
            groups = groups[:_BEST]
        if groups:
            return report_of_groups(_title(groups), groups, table)
    runs = [run for path in paths for run in _runs(path)]
    if len(runs) == 1:
        return report_of_run(runs[0])
    groups = grouped(list(dict.fromkeys(runs)))
    return report_of_groups(_title(groups), groups)


def _runs(path: Path) -> list[Path]:
    if (path / "run.json").exists():
        return [path]
    found = runs_below(path) if path.is_dir() else []
    if not found:
        raise RunDirectoryError(
            f"{path} is no run and no folder of runs: name a directory that holds run.json, or a "
            "folder of such"
        )
    return found


def _title(groups: Sequence[Group]) -> str:
    tasks = ", ".join(dict.fromkeys(group.task for group in groups))
    arms = " · ".join(dict.fromkeys(group.name for group in groups))
    return f"{tasks}: {arms}"
