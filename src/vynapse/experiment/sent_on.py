# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run sent on from its files: a sink gets what it would have got while the run was going on."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from vynapse.errors import ConfigError, RunDirectoryError, first_line, storage_errors
from vynapse.experiment.directory import RunDirectory
from vynapse.telemetry.events import Event
from vynapse.telemetry.reading import read_events, read_metrics
from vynapse.telemetry.sink import SINKS, Cell, Row, Sink, SpanSink
from vynapse.telemetry.sinks.tensorboard import TensorBoardSink
from vynapse.telemetry.span import FILE, read_spans

_Place = tuple[int, int, int]
"""Stage, step, and whether an event stands there (after the row of the step)."""


def send_on(run: Path, kind: str, out: Path | None = None) -> Path:
    """Hand the events, rows and spans of a run to a sink, in the order in which they happened.

    Args:
        run: directory of the run.
        kind: a name of the sinks, or package.module:name.
        out: the folder in which the sink works; by default one in the run's directory.

    Returns:
        That folder.

    Raises:
        ConfigError: there is no such sink, it shows nothing but runs that are going on, or the
            folder holds something.
        RunDirectoryError: it is no run, or its files are damaged.
        StorageError: the sink cannot write.
    """
    files, choice = RunDirectory.open(run), SINKS.choose(kind, "--to")
    if choice.kind.name == "prometheus":
        raise ConfigError("--to: prometheus shows runs that are going on: choose another sink")
    folder = out or run / "exported"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"--out: {folder} holds something already: choose another folder")
    if choice.kind.check is not None:
        choice.kind.check(choice.settings)
    events = [_event(content) for content in read_events(files.events)]
    rows = [_row(content) for content in read_metrics(files.metrics)]
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if choice.kind.name == "tensorboard":
            sink: Sink = TensorBoardSink(folder, every_seconds=0.0, clock=_Clock(events))
        else:
            sink = choice.build(folder)
        _feed(sink, events, rows)
        if isinstance(sink, SpanSink) and (run / FILE).exists():
            for span in read_spans(run / FILE):
                sink.span(span)
        sink.close()
    return folder


class _Clock:
    """When a row was logged, as far as its files tell: the time of its stepping after the start."""

    def __init__(self, events: list[Event]) -> None:
        first = next((event.time for event in events), "1970-01-01T00:00:00Z")
        self._began = datetime.fromisoformat(first).timestamp()

    def __call__(self, row: Row) -> float:
        """Seconds since 1970."""
        seconds = row.get("seconds", 0.0)
        return self._began + (0.0 if isinstance(seconds, str) else seconds)


def _feed(sink: Sink, events: list[Event], rows: list[dict[str, Cell]]) -> None:
    placed_rows = ((_place(row), row) for row in rows)
    for _, what in heapq.merge(_placed(events), placed_rows, key=lambda pair: pair[0]):
        if isinstance(what, Event):
            sink.event(what)
        else:
            sink.row(what)


def _place(row: dict[str, Cell]) -> _Place:
    return int(row["stage"]), int(row["step"]), 0


def _placed(events: list[Event]) -> Iterator[tuple[_Place, Event | dict[str, Cell]]]:
    """Each event with its place, which never goes back: a resumed run has told later ones."""
    place: _Place = (0, 0, 1)
    for event in events:
        if event.stage is not None and event.step is not None:
            place = max(place, (event.stage, event.step, 1))
        yield place, event


def _event(content: dict[str, Any]) -> Event:
    try:
        return Event(
            int(content["seq"]),
            str(content["time"]),
            content["kind"],
            content["stage"],
            content["step"],
            content["data"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunDirectoryError(f"an event lacks its envelope: {first_line(error)}") from None


def _row(content: dict[str, str]) -> dict[str, Cell]:
    return {name: _cell(text) for name, text in content.items()}


def _cell(text: str) -> Cell:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
