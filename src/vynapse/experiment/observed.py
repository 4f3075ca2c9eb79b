# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run as its files tell it, whether it goes on, has ended or was killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, final

from vynapse.errors import UNREADABLE, RunDirectoryError, first_line
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.store import read_summary
from vynapse.experiment.summary import facts
from vynapse.telemetry.reading import Logged, read_events, read_logged
from vynapse.telemetry.story import Story, Told
from vynapse.trainers.mode import MODES

T = TypeVar("T")


@final
@dataclass(frozen=True, slots=True)
class Observed:
    """A run as it stands.

    Attributes:
        path: the run directory.
        summary: that of `read_summary`, with what its modes make of the events.
        modes: the name of each stage's mode.
        stories: how the events of each stage are told.
        rows: the rows of metrics.csv.
        events: the envelopes of events.jsonl.
    """

    path: Path
    summary: dict[str, Any]
    modes: tuple[str, ...]
    stories: tuple[Story, ...]
    rows: list[Logged]
    events: list[dict[str, Any]]

    def of_stage(self, stage: int, tell: Callable[[list[Told], int], T]) -> T:
        """What a story makes of the events of a stage and of the steps that the stage made.

        Raises:
            RunDirectoryError: the events do not hold what those of the mode do.
        """
        steps = max((row.step for row in self.rows if row.stage == stage), default=0)
        told: list[Told] = [event for event in self.events if event["stage"] == stage]
        return _told(self.path, lambda: tell(told, steps))


def observe(run: Path | str, most: int | None = None) -> Observed:
    """A run as it stands now.

    Args:
        run: its directory.
        most: about how many rows of metrics.csv a picture needs; None for all.

    Raises:
        RunDirectoryError: no run is there, or its files are damaged.
        UnknownName: a mode of it is not installed.
    """
    files, summary = RunDirectory(Path(run)), read_summary(run)
    rows = read_logged(files.metrics, most) if files.metrics.exists() else []
    events = read_events(files.events) if files.events.exists() else []
    names = tuple(summary["mode"].split("+"))
    modes = [MODES.get(name) for name in names]
    for row in rows:
        if not 0 <= row.stage < len(modes):
            raise RunDirectoryError(
                f"{files.metrics}: a stage below {len(modes)} was wanted, got {row.stage}: restore "
                "the file from a copy"
            )
    known = _told(files.path, lambda: facts(modes, events))
    stories = tuple(mode.story for mode in modes)
    return Observed(files.path, {**known, **summary}, names, stories, rows, events)


def _told(run: Path, tell: Callable[[], T]) -> T:
    try:
        return tell()
    except UNREADABLE as error:
        raise RunDirectoryError(
            f"{run / 'events.jsonl'}: an event does not hold what those of its kind do "
            f"({first_line(error)}): restore the file from a copy"
        ) from None
