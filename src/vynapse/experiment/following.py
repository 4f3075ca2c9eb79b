# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is new in a run that another process may be writing; nothing is ever written to it."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from vynapse.errors import RunDirectoryError
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.store import status_after, unfinished
from vynapse.telemetry.reading import Logged, parse_event, parse_logged, parse_rows

Figures = dict[str, float | int | str]
"""A row of metrics.csv by column: numbers where the cell is one; empty cells are left out."""

_GUARD: Final = 512
"""Bytes before the place reached that have to be the same at the next look."""

_DIGITS: Final = 19
"""Characters of a whole number that is read as one."""
_BLOCK: Final = 32
"""Lines that are read one after the other where not all are."""


@final
@dataclass(frozen=True, slots=True)
class News:
    """What a look at a run has found.

    Attributes:
        summary: that of `read_summary`; its `status` says whether the run goes on.
        rows: rows of metrics.csv since the last look.
        events: envelopes of events.jsonl since the last look.
        restarted: the files were cut back or replaced: forget what came before; `rows` and
            `events` are all there are.
    """

    summary: dict[str, Any]
    rows: list[Figures]
    events: list[dict[str, Any]]
    restarted: bool


@final
class Follower:
    """Reads a run again and again, each time what has been added.

    Attributes:
        directory: where it is.
        recipe: that of run.json.

    Args:
        path: the run directory.
        most: rows that a look tells at most; where more are new, the newest and others between,
            in blocks, so that what is measured now and then is among them. By default all.

    Raises:
        RunDirectoryError: no run is there.
    """

    def __init__(self, path: Path | str, most: int | None = None) -> None:
        self._most = most
        self.directory = RunDirectory.open(Path(path))
        self._failed = False
        self._begin()

    def poll(self) -> News:
        """What is new since the last call; of the first call, and after an error, everything.

        Raises:
            RunDirectoryError: the run is gone, or its files are damaged.
        """
        # first who writes, then what was written: of a run that has ended nothing is missed
        busy, summary = self.directory.busy(), self.directory.summary()
        metrics, events = self._metrics.read(), self._events.read()
        restarted = self._failed or metrics is None or events is None
        if restarted or metrics is None or events is None:
            self._begin()
            metrics, events = self._metrics.read() or [], self._events.read() or []
        self._failed = True
        rows, told = self._rows(metrics), self._told(events)
        self._failed = False
        if summary is None:
            status = "running" if busy else status_after(self._last_event)
            summary = unfinished(self.directory, self.recipe, status, self._last_row)
        return News(summary, rows, told, restarted)

    def _begin(self) -> None:
        self.recipe: dict[str, Any] = self.directory.record()["recipe"]
        self._metrics, self._events = _Tail(self.directory.metrics), _Tail(self.directory.events)
        self._header: list[str] = []
        self._last_row: Logged | None = None
        self._last_event: dict[str, Any] | None = None

    def _rows(self, lines: list[str]) -> list[Figures]:
        if not self._header:
            self._header, lines = lines[:1], lines[1:]
        path, rows = self.directory.metrics, []
        first: int | None = self._metrics.lines - len(lines) + 1
        if self._most is not None and len(lines) > self._most:
            lines, first = _thinned(lines, self._most), None
        for place, cells in enumerate(parse_rows(path, self._header, lines, first)):
            number = None if first is None else first + place
            row, last = parse_logged(path, cells, number), self._last_row
            self._last_row = row if last is None else _with_measured(row, last)
            rows.append({name: _figure(cell) for name, cell in cells.items()})
        return rows

    def _told(self, lines: list[str]) -> list[dict[str, Any]]:
        path, first = self.directory.events, self._events.lines - len(lines) + 1
        events = [parse_event(path, line, number) for number, line in enumerate(lines, first)]
        told = [event for event in events if event["kind"] != "warning"]
        self._last_event = told[-1] if told else self._last_event
        return events


@final
class _Tail:
    """A file that grows by whole lines."""

    def __init__(self, path: Path) -> None:
        self._path, self._place, self._inode = path, 0, 0
        self._guard = b""
        self.lines = 0

    def read(self) -> list[str] | None:
        """Whole lines since the last call; None where those read before are there no more."""
        try:
            with self._path.open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                file.seek(self._place - len(self._guard))
                content = file.read()
        except FileNotFoundError:
            return None if self._place else []
        except OSError as error:
            raise RunDirectoryError(f"cannot read {self._path}: {error.strerror}") from None
        if self._place and (inode != self._inode or not content.startswith(self._guard)):
            return None
        new = content[len(self._guard) : content.rfind(b"\n") + 1]
        self._inode, self._place = inode, self._place + len(new)
        self._guard = (self._guard + new)[-_GUARD:]
        lines = new.decode(errors="replace").split("\n")[:-1]
        self.lines += len(lines)
        return lines


def _thinned(lines: list[str], most: int) -> list[str]:
    """Blocks of lines from the first to the last."""
    count = max(2, most // _BLOCK)
    starts = [place * (len(lines) - _BLOCK) // (count - 1) for place in range(count)]
    return [line for start in starts for line in lines[start : start + _BLOCK]]


def _with_measured(row: Logged, earlier: Logged) -> Logged:
    """A row that has the loss and the time of an earlier one where it has none itself."""
    loss = earlier.loss if row.loss is None else row.loss
    seconds = earlier.seconds if row.seconds is None else row.seconds
    return dataclasses.replace(row, loss=loss, seconds=seconds)


def _figure(cell: str) -> float | int | str:
    for kind in (int, float) if len(cell) < _DIGITS else (float,):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell
