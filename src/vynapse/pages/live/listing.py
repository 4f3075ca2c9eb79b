# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A line for each run, kept up to date for all browsers at once.

What has not changed on the disk is not read again. Runs that go on are looked at again and again;
new ones and all others now and then, the more rarely the more there are.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

from vynapse.errors import VynapseError
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.store import read_summary
from vynapse.pages.live.places import Places, is_plain

Line = Mapping[str, Any]
"""A run in the list; the same object as long as nothing changes."""

_FRESH: Final = 0.15
"""Seconds for which a look serves every browser."""
_WHOLE: Final = 0.5
"""Seconds between two looks at all runs, at least."""
_SHARE: Final = 20
"""How many times as long as a look at all runs takes passes until the next."""
_COPIED: Final = ("task", "mode", "seed", "status", "loss", "seconds", "parameters", "reason")


@final
class Listing:
    """The lines of all runs; safe to use from several threads.

    Args:
        places: the runs.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lines: dict[str, tuple[object, Line]] = {}
        self._looked, self._next = -_FRESH, 0.0
        self._lock = threading.Lock()

    def look(self) -> dict[str, Line]:
        """The present line of each run, by its id."""
        with self._lock:
            if time.monotonic() - self._looked >= _FRESH:
                self._refresh()
                self._looked = time.monotonic()
            return {name: line for name, (_, line) in self._lines.items()}

    def _refresh(self) -> None:
        begin = time.monotonic()
        if begin >= self._next:
            runs = self._places.runs()
            found = {name: self._line(name, path) for name, path in runs.items()}
            took = time.monotonic() - begin
            self._next = begin + max(_WHOLE, _SHARE * took)
        else:
            going = [name for name, (_, line) in self._lines.items() if line["status"] == "running"]
            fresh = {name: self._line(name, self._places.root / name) for name in going}
            found = {**self._lines, **fresh}
        self._lines = {name: line for name, line in found.items() if line is not None}

    def _line(self, identity: str, path: Path) -> tuple[object, Line] | None:
        state = _state(path)
        if state is None:
            return None
        before = self._lines.get(identity)
        return before if before and before[0] == state else (state, _read(identity, path))


def _state(path: Path) -> object:
    """What differs whenever a line may differ; None where the run is gone."""
    files, record = RunDirectory(path), _stat(path / "run.json")
    summary = _stat(path / "summary.json")
    if record is None or summary is not None:
        return record and (record, summary)
    return record, _stat(files.metrics), _stat(files.events), files.busy()


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(identity: str, path: Path) -> Line:
    line: dict[str, Any] = {"id": identity, "began": _began(path)}
    if not is_plain(path):
        return line | {"status": "unreadable", "reason": "it has links in place of files"}
    try:
        summary = read_summary(path)
    except VynapseError as error:
        return line | {"status": "unreadable", "reason": str(error)}
    line |= {name: summary[name] for name in _COPIED if name in summary}
    line["steps"] = summary.get("steps", summary.get("step"))
    line["flops"] = summary.get("cost", {}).get("flops")
    line["stop"] = summary.get("stop")
    metric = metric_of(summary)
    return line if metric is None else line | {"metric": metric[0], "value": metric[1]}


def metric_of(summary: Mapping[str, Any]) -> tuple[str, float] | None:
    """The measurement beside the loss that says most: the first one of validation."""
    for name, value in (summary.get("metrics") or {}).items():
        if value is not None:
            return name, value
    return None


def _began(path: Path) -> float | None:
    """When the run began, in seconds since 1970: its record is written once."""
    try:
        return (path / "run.json").stat().st_mtime
    except OSError:
        return None
