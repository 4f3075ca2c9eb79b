# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run as a report sees it: its files, its winner, and its task where that can be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from vynapse.core import Task
from vynapse.errors import ConfigError, DataError, MissingExtra, UnknownName
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.kept import located
from vynapse.experiment.observed import Observed, observe
from vynapse.experiment.store import LoadedRun, load
from vynapse.tasks.registry import make_any_task

_POINTS: Final = 1000
"""Rows of metrics.csv that curves need, about."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is known of a run.

    Attributes:
        path: its directory.
        found: what its files tell.
        record: content of run.json.
        loaded: its best network; None where it has saved none yet.
        task: what it learns; None where that cannot be made here.
        trouble: why it cannot, as a sentence; None where it can.
    """

    path: Path
    found: Observed
    record: Mapping[str, Any]
    loaded: LoadedRun | None
    task: Task | None
    trouble: str | None

    @property
    def summary(self) -> Mapping[str, Any]:
        """What is known of the result."""
        return self.found.summary


def see(path: Path) -> Seen:
    """A run as it stands.

    Raises:
        RunDirectoryError, CheckpointError: it is no run, or its files are damaged.
        UnknownName: a mode of it is not installed.
    """
    files = RunDirectory.open(path)
    found = observe(path, _POINTS)
    loaded = load(path) if files.network.exists() else None
    record = files.record()
    task, trouble = _task(record, path)
    return Seen(path, found, record, loaded, task, trouble)


def _task(record: Mapping[str, Any], path: Path) -> tuple[Task | None, str | None]:
    try:
        named = dict(located(record["recipe"], path)["task"])
        return make_any_task(named.pop("name"), named), None
    except (ConfigError, DataError, MissingExtra, UnknownName) as error:
        return None, f"The task cannot be made here: {error}"
