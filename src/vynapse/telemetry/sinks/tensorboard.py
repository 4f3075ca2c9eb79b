# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Event files of TensorBoard: a scalar for each column, a text for each kind of event.

The step is that of the run, counted over its stages. TensorBoard itself shows a sample of at most a
thousand points of a curve and of ten texts. So not every row of a fast run is written: four a
second, and the last of each stage. Of the events of a mode each kind is told as often at most; what
every run tells, as its warnings, is always there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, final

from pydantic import Field

from vynapse.settings import Settings
from vynapse.telemetry.events import KINDS, Event, json_line
from vynapse.telemetry.sink import Row, SinkKind
from vynapse.telemetry.sinks.event_file import EventFile
from vynapse.telemetry.sinks.steps import Steps

FLUSH_SECONDS: Final = 1.0
"""How long a row may wait in memory before TensorBoard can read it."""


class TensorBoardSettings(Settings):
    """Where the files lie, and how much is written."""

    folder: str = Field("tensorboard", min_length=1, description="a folder, below that of the run")
    every_seconds: float = Field(
        0.25, ge=0, description="seconds between two rows, and two events of a kind; 0 writes all"
    )


@final
class TensorBoardSink:
    """Writes event files; a resumed run has another file, which hides what it does again.

    Args:
        directory: that of the run.
        folder: where the files lie, below it.
        every_seconds: seconds between two rows, at least.
        clock: seconds since 1970 at a row; by default the present time.
    """

    def __init__(
        self,
        directory: Path,
        folder: str = "tensorboard",
        every_seconds: float = 0.25,
        clock: Callable[[Row], float] = lambda _row: time.time(),
    ) -> None:
        self._folder, self._every, self._clock = directory / folder, every_seconds, clock
        self._steps = Steps(directory)
        self._file: EventFile | None = None
        self._written_at = self._flushed_at = float("-inf")
        self._told_at: dict[str, float] = {}
        self._left: Row | None = None

    def event(self, event: Event) -> None:
        """A text under the kind of the event."""
        now = time.monotonic()
        if event.kind not in KINDS:
            if now - self._told_at.get(event.kind, float("-inf")) < self._every:
                return
            self._told_at[event.kind] = now
        elif self._left is not None:
            self._write(self._left)
        at = self._steps.total(event.stage, event.step)
        again = 0 if event.kind == "run.started" and self._folder.exists() else None
        resumed = at + 1 if event.kind == "run.resumed" else again
        self._steps.see(event.kind, event.stage, event.step)
        told = "\n\n".join(f"{key}: {_word(value)}" for key, value in event.data.items())
        moment = datetime.fromisoformat(event.time).timestamp()
        file = self._open(resumed)
        file.text(event.kind, told or "-", at, moment)
        file.flush()

    def row(self, row: Row) -> None:
        """A scalar for each number, unless the last row was written a moment ago."""
        self._left = row
        if time.monotonic() - self._written_at >= self._every:
            self._write(row)

    def close(self) -> None:
        """Write what is left."""
        if self._left is not None:
            self._write(self._left)
        if self._file is not None:
            self._file.close()

    def _write(self, row: Row) -> None:
        self._left, self._written_at = None, time.monotonic()
        values = {
            name: float(value)
            for name, value in row.items()
            if name not in ("stage", "step") and not isinstance(value, str)
        }
        at = self._steps.total(row.get("stage"), row.get("step"))
        file = self._open(None)
        file.scalars(values, at, self._clock(row))
        if self._written_at - self._flushed_at >= FLUSH_SECONDS:
            self._flushed_at = self._written_at
            file.flush()

    def _open(self, purge_step: int | None) -> EventFile:
        if self._file is None:
            self._file = EventFile(self._folder, purge_step)
        return self._file


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json_line(value)


def _build(settings: TensorBoardSettings, directory: Path) -> TensorBoardSink:
    return TensorBoardSink(directory, settings.folder, settings.every_seconds)


KIND = SinkKind("tensorboard", "event files that TensorBoard shows", TensorBoardSettings, _build)
