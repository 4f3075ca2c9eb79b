# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse runs` and `vynapse runs tag`."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from vynapse.cli.options import Json, Run

_COLUMNS: Final = ("run", "status", "loss", "steps", "seconds")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Meant:
    """Which runs are listed.

    Attributes:
        task: those on this task.
        mode: those with a stage in this mode.
        since: those begun since then: 2d, 12h, 30m, or a date such as 2026-11-01.
        where: those whose summary satisfies this, e.g. "loss<0.1 and steps<=500".
        tag: those that have this tag; may be repeated.
    """

    task: str | None = None
    mode: str | None = None
    since: str | None = None
    where: str | None = None
    tag: list[str] | None = None


def runs(
    root: Path = Path("runs"),
    /,
    *,
    meant: Meant | None = None,
    sort: str | None = None,
    reverse: Annotated[bool, Parameter(show_default=False)] = False,
    json: Json = False,
) -> None:
    """List the runs in a folder.

    Args:
        root: the folder.
        meant: which of them.
        sort: a field of the summaries to sort by, e.g. loss, seconds or begun; by default the name.
        reverse: the opposite order.
        json: one JSON object per run.
    """
    from vynapse.cli.output import print_json, print_line, table
    from vynapse.experiment.store import list_runs
    from vynapse.experiment.where import fields_of, names_in, place, refuse_unknown

    found = [(summary, fields_of(summary)) for summary in list_runs(root)]
    known = names_in(fields for _, fields in found)
    listed = _chosen(found, meant or Meant(), known)
    if sort is not None:
        refuse_unknown("--sort", sort, known)
        present = [item for item in listed if item[1].get(sort) is not None]
        present.sort(key=lambda item: place(item[1][sort]), reverse=reverse)
        listed = [*present, *(item for item in listed if item[1].get(sort) is None)]
    elif reverse:
        listed.reverse()
    if json:
        for summary, _ in listed:
            print_json(summary)
        return
    own = sort is not None and sort not in _COLUMNS
    columns = [*_COLUMNS, *([sort] if sort is not None and own else [])]
    rows = [[_cell(name, fields.get(name)) for name in columns] for _, fields in listed]
    header = ["time" if name == "seconds" else name for name in columns]
    if any(summary["tags"] for summary, _ in listed):
        header.append("tags")
        for row, (summary, _) in zip(rows, listed, strict=True):
            row.append(" ".join(summary["tags"]))
    for line in table(header, rows):
        print_line(line)
    if found and not listed:
        with suppress(OSError):
            sys.stderr.write(f"none of the {len(found):,} runs in {root} is meant\n")


def tag(
    run: Run,
    /,
    *tags: str,
    remove: Annotated[bool, Parameter(show_default=False)] = False,
) -> None:
    """Put tags on a run.

    Args:
        run: directory of the run, or last.
        tags: words; without one the tags of the run are shown.
        remove: take them off instead.
    """
    from vynapse.cli.output import print_line
    from vynapse.errors import ConfigError
    from vynapse.experiment.tags import add_tags, remove_tags, tags_of

    if remove and not tags:
        raise ConfigError("--remove: the tags to take off were wanted, got none")
    (remove_tags if remove else add_tags)(run, tags)
    print_line(f"{run}: {', '.join(tags_of(run)) or 'no tags'}")


def _chosen(
    found: list[tuple[dict[str, Any], dict[str, Any]]], meant: Meant, known: list[str]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    from vynapse.experiment.where import condition, since

    satisfied = None if meant.where is None else condition(meant.where, known)
    after = None if meant.since is None else since(meant.since, datetime.now().astimezone())

    def fits(summary: dict[str, Any], fields: dict[str, Any]) -> bool:
        return (
            meant.task in (None, summary.get("task"))
            and (meant.mode is None or meant.mode in summary.get("mode", "").split("+"))
            and {*(meant.tag or ())} <= {*summary["tags"]}
            and (after is None or datetime.fromisoformat(summary["begun"]) >= after)
            and (satisfied is None or satisfied(fields))
        )

    return [item for item in found if fits(*item)]


def _cell(name: str, value: Any) -> str:
    from vynapse.cli.output import duration, number

    if name == "seconds":
        return duration(value)
    return str(value) if isinstance(value, str | bool) else number(value)
