# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse data cache`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from vynapse.cli.options import Json


def cache(
    path: Path,
    /,
    *,
    target: str,
    set: Annotated[list[str] | None, Parameter(name="--set")] = None,
    verify: bool = False,
    json: Json = False,
) -> None:
    """Read a CSV file once, so that runs start at once and read it in place.

    Args:
        path: a CSV file, which may be compressed, or a folder of CSV files.
        target: column to predict.
        set: a key of the task csv, as KEY=VALUE, e.g. missing=median; may be repeated.
        verify: read file and cache through, and say whether they are as they were.
        json: one JSON object instead of lines.
    """
    from vynapse.cli.output import print_json, print_line
    from vynapse.data.csv_cache import cached_table, verify_table
    from vynapse.errors import DataError
    from vynapse.experiment.reading import text_value
    from vynapse.settings import validate
    from vynapse.tasks.csv_settings import CsvSettings
    from vynapse.tasks.streamed.task import StreamedTask
    from vynapse.tasks.tabular import plan_of

    keys: dict[str, object] = {"path": str(path), "target": target}
    for word in set or ():
        key, _, value = word.partition("=")
        keys[key.removeprefix("task.")] = text_value(value, f"--set {key[:99]}")
    plan = plan_of(validate(CsvSettings, keys, "task"))
    table = cached_table(plan.path, plan.wanted())
    if verify and (change := verify_table(plan.path, table)):
        raise DataError(f"{path}: {change} since it was read")
    task = StreamedTask(plan)
    size = sum(file.stat().st_size for file in table.folder.rglob("*") if file.is_file())
    if json:
        print_json(
            {
                "path": str(plan.path),
                "rows": len(table),
                "columns": len(table.places),
                "sha256": table.sha256,
                "folder": str(table.folder),
                "bytes": size,
                "fingerprint": task.fingerprint(),
                "verified": verify,
                "warnings": list(task.warnings),
            }
        )
        return
    print_line(f"{len(table):,} rows, {len(table.places)} columns: {task.description}")
    print_line(f"sha256 {table.sha256}")
    print_line(f"cache {table.folder}: {size / 1e6:,.1f} MB")
    if verify:
        print_line("file and cache are as they were")
    for sentence in task.warnings:
        print_line(sentence)
