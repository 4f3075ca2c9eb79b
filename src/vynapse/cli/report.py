# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def report(
    runs: list[str],
    /,
    *,
    format: Annotated[Literal["html", "md"], Parameter(name="--format")] = "html",
    out: Path | None = None,
) -> None:
    """Write what a run, or runs side by side, have to tell into one file.

    Args:
        runs: directories of runs (also run:PATH, or last for the newest), or folders of runs, such
            as that of a comparison.
        format: html, one file; or md, Markdown with its pictures in a folder beside it.
        out: file to write; by default report.html or report.md in the run or the folder, or here
            where several are named.
    """
    from vynapse.cli.output import files_of, print_line, refuse_overwriting
    from vynapse.experiment.named_runs import named
    from vynapse.pages.report.writing import write_report

    paths = [Path(named(run, "report")).expanduser() for run in runs]
    refuse_overwriting(out, "--out", [file for path in paths for file in files_of(path)])
    print_line(str(write_report(paths, format, out)))
