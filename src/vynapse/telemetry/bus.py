# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The one way from a run to its record and to the sinks that observe it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, final

from vynapse.errors import TrainingError
from vynapse.telemetry.events import Event
from vynapse.telemetry.record import EventsJsonl, MetricsCsv
from vynapse.telemetry.sink import Row, Sink, SpanSink
from vynapse.telemetry.span import Span

WAITING: Final = 10_000
"""How many events, rows and spans may wait for a sink before further ones are dropped."""
PAUSE: Final = 0.1
"""Seconds between two looks of a sink at what waits for it.

A run hands over by an append to a list. To wake a thread for each row would cost it more than the
row.
"""
PATIENCE: Final = 5.0
"""Seconds that a sink has for what still waits when the run ends."""


@final
class Bus:
    """Writes the record at once and hands a copy to each sink.

    Args:
        metrics: the file of rows.
        events: the file of events.
        kinds: the kinds of events that the run may have.
        sinks: observers by name.
        waiting: how many events, rows and spans may wait for each.

    Attributes:
        traced: whether a sink takes spans.
    """

    def __init__(
        self,
        metrics: MetricsCsv,
        events: EventsJsonl,
        kinds: Collection[str],
        sinks: Mapping[str, Sink] | None = None,
        waiting: int = WAITING,
    ) -> None:
        self._metrics, self._events, self._kinds = metrics, events, frozenset(kinds)
        self._observers = [_Observer(name, sink, waiting) for name, sink in (sinks or {}).items()]
        self._closed = False
        self.traced = any(observer.span is not None for observer in self._observers)

    def event(
        self,
        kind: str,
        stage: int | None = None,
        step: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Something happened.

        Raises:
            TrainingError: no mode of the run declares this kind.
            StorageError: the disk refuses.
        """
        if kind not in self._kinds:
            raise TrainingError(
                f"no mode of the run declares events of kind {kind!r}: add it to the `events` of "
                "the mode"
            )
        event = self._events.write(kind, stage, step, data)
        for observer in self._observers:
            observer.put(observer.sink.event, event)
        self._tell_of_failures(stage, step)

    def row(self, row: Row) -> None:
        """A step was logged.

        Raises:
            TrainingError: a name is not among the columns.
            StorageError: the disk refuses.
        """
        self._metrics.write(row)
        for observer in self._observers:
            observer.put(observer.row, dict(row))
        self._tell_of_failures(row.get("stage"), row.get("step"))

    def span(self, span: Span) -> None:
        """Something has lasted; it goes to the sinks that take spans, and to no file of the run."""
        for observer in self._observers:
            if observer.span is not None:
                observer.put(observer.span, span)

    def missed(self) -> dict[str, int]:
        """How many events, rows and spans each sink was too slow for, where there are any."""
        return {one.name: one.dropped for one in self._observers if one.dropped}

    def positions(self) -> dict[str, int]:
        """Sizes of both files in bytes, once everything is on the disk."""
        return {"metrics": self._metrics.position(), "events": self._events.position()}

    def close(self) -> None:
        """Let the sinks finish and close both files; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            for observer in self._observers:
                observer.finish()
            self._tell_of_failures(None, None)
        finally:
            self._metrics.close()
            self._events.close()

    def _tell_of_failures(self, stage: Any, step: Any) -> None:
        """A warning for each sink that failed since the last look, or that missed something."""
        for observer in self._observers:
            message = observer.complaint()
            if message is not None:
                self._events.write("warning", stage, step, {"message": message})


@final
class _Observer:
    """A sink, what waits for it, and its thread."""

    def __init__(self, name: str, sink: Sink, waiting: int) -> None:
        self.sink, self.name, self.dropped = sink, name, 0
        self.span = sink.span if isinstance(sink, SpanSink) else None
        self.row = sink.row  # one object, by which `_take` knows it
        self._newest = bool(getattr(sink, "newest_rows", False))
        self._told, self._late = False, False
        self._error: Exception | None = None
        self._most = waiting
        self._waiting: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._ended = threading.Event()
        # a daemon: a sink that hangs does not keep the process
        self._thread = threading.Thread(target=self._work, name=f"sink {name}", daemon=True)
        self._thread.start()

    def put(self, take: Callable[[Any], None], value: Event | Row | Span) -> None:
        """Hand something over, or count it as dropped."""
        if self._error is not None:
            return
        if len(self._waiting) < self._most:
            self._waiting.append((take, value))
        else:
            self.dropped += 1

    def finish(self) -> None:
        """Wait, for a while, until the sink has taken everything and is closed."""
        self._ended.set()
        self._thread.join(PATIENCE)
        self._late = self._thread.is_alive()

    def complaint(self) -> str | None:
        """What is to be told of this sink, once: that it failed, hangs, or missed something."""
        if self._told:
            return None
        reasons: Sequence[str] = [
            *([f"it failed: {_said(self._error)}"] if self._error is not None else []),
            *([f"it hangs since {PATIENCE:g} s"] if self._late else []),
        ]
        if reasons:
            self._told = True
            return f"sink {self.name} was detached: {reasons[0]}; the run is not affected"
        if self.dropped and not self._thread.is_alive():
            self._told = True
            return f"sink {self.name} was too slow: {self.dropped} events and rows were dropped"
        return None

    def _work(self) -> None:
        try:
            while not self._ended.wait(PAUSE):
                self._take()
            self._take()
            self.sink.close()
        except Exception as error:  # noqa: BLE001 - whatever a user's sink raises
            self._error = error
            self._waiting.clear()

    def _take(self) -> None:
        """Let the sink have what waits; of one that wants the newest rows alone, the last row."""
        newest: Any = None
        while self._waiting:
            take, value = self._waiting.popleft()
            if self._newest and take is self.row:
                newest = value
            else:
                take(value)
        if newest is not None:
            self.row(newest)


def _said(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
