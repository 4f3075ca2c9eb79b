# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs side by side after the fact: the folder of a comparison, or any runs of several seeds."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from vynapse.errors import UNREADABLE, RunDirectoryError, first_line
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.repeats import Repeats
from vynapse.experiment.store import read_summary
from vynapse.experiment.table import Row, Table

_REPEATED: Final = re.compile(r"-repeat-\d+$")


def place_in(folder: Path, task: str, name: str, seed: int, number: int = 0) -> Path:
    """The directory of a run of an arm in the folder of a comparison."""
    arm = re.sub(r"[^\w.]+", "-", f"{task}-{name}").strip("-")
    again = f"-repeat-{number + 1}" if number else ""
    return folder / arm / f"seed-{seed}{again}"


@final
@dataclass(frozen=True, slots=True)
class Group:
    """Runs of one task that differ by their seeds.

    Attributes:
        task: name of the task.
        name: the mode, or the name of the arm.
        runs: their directories, by seed.
        summaries: what `read_summary` says of each.
    """

    task: str
    name: str
    runs: list[Path]
    summaries: list[dict[str, Any]]

    def finished(self) -> list[dict[str, Any]]:
        """The summaries of those that have finished."""
        return [found for found in self.summaries if found["status"] == "finished"]

    def best(self) -> Path | None:
        """The run with the lowest validation loss; None where none has one."""
        known = [
            (found["loss"], place)
            for place, found in enumerate(self.summaries)
            if isinstance(found.get("loss"), (int, float)) and found["loss"] == found["loss"]
        ]
        return self.runs[min(known)[1]] if known else None


def read_table(folder: Path) -> Table | None:
    """The table of a comparison that has ended; None where there is none.

    Raises:
        RunDirectoryError: table.json is damaged.
    """
    file = folder / "table.json"
    if not file.is_file():
        return None
    try:
        return Table([_row(arm) for arm in json.loads(file.read_bytes())])
    except UNREADABLE as error:
        raise RunDirectoryError(
            f"{file} is no table of a comparison ({first_line(error)}): run vynapse compare again "
            f"with --out {folder}"
        ) from None


def _row(arm: Mapping[str, Any]) -> Row:
    repeats = arm.get("repeats")
    runs = [dict(run) for run in arm["runs"]]
    for run in runs:
        if not {"seed", "cost", "converged", "loss"} <= run.keys():
            raise ValueError("a run without seed, cost, converged and loss")
    known = None if repeats is None else Repeats.from_json(repeats)
    return Row(str(arm["task"]), str(arm["mode"]), runs, arm.get("control_of"), known)


def groups_of_table(folder: Path, table: Table) -> list[Group]:
    """The groups of a comparison; runs that somebody removed are left out."""
    groups = []
    for row in table.rows:
        runs = [(_place(folder, row, run), run) for run in row.runs]
        kept = [(path, run) for path, run in runs if (path / "run.json").is_file()]
        if kept:
            paths, summaries = [path for path, _ in kept], [run for _, run in kept]
            groups.append(Group(row.task, row.mode, paths, summaries))
    return groups


def _place(folder: Path, row: Row, run: Mapping[str, Any]) -> Path:
    """The directory of a run; those of a sweep lie side by side, under their own names."""
    own = folder / Path(str(run.get("run", ""))).name
    beside = (own / "run.json").is_file()
    return own if beside else place_in(folder, row.task, row.mode, run["seed"])


def runs_below(folder: Path) -> list[Path]:
    """The runs in a folder or one folder deeper, but for those that repeat another."""
    found = [
        record.parent for pattern in ("*", "*/*") for record in folder.glob(f"{pattern}/run.json")
    ]
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not _REPEATED.search(path.name)
    )


def grouped(runs: Sequence[Path]) -> list[Group]:
    """Runs whose recipes agree but for the seed, together, named by their modes or by themselves.

    Raises:
        RunDirectoryError: a run is damaged.
    """
    groups: dict[str, Group] = {}
    for path in runs:
        recipe = dict(RunDirectory.open(path).record()["recipe"])
        recipe.pop("seed", None)
        summary = _with_machine(path, read_summary(path))
        key = json.dumps(recipe, sort_keys=True)
        group = groups.setdefault(key, Group(summary["task"], summary["mode"], [], []))
        group.runs.append(path)
        group.summaries.append(summary)
    found = list(groups.values())
    names = [(group.task, group.name) for group in found]
    return [
        group
        if names.count((group.task, group.name)) == 1
        else Group(group.task, _telling(group), group.runs, group.summaries)
        for group in found
    ]


def table_of(groups: Sequence[Group]) -> Table:
    """The table of those runs that have finished."""
    return Table([Row(g.task, g.name, ended) for g in groups if (ended := g.finished())])


def _telling(group: Group) -> str:
    """The name of a group beside others of its mode: that of its runs."""
    first = group.runs[0]
    return first.parent.name if first.name.startswith("seed-") else first.name


def _with_machine(path: Path, summary: dict[str, Any]) -> dict[str, Any]:
    """The summary with what a comparison measured of the machine, where the run is one of it."""
    file = path / "machine.json"
    try:
        return summary | json.loads(file.read_bytes()) if file.is_file() else summary
    except UNREADABLE:
        return summary
