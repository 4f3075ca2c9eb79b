# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of sinks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from vynapse.telemetry.events import Event
from vynapse.telemetry.sink import Cell, Sink, SpanSink
from vynapse.telemetry.span import Span
from vynapse.testing.demand import demand

_PATIENCE = 10.0
"""Seconds that a sink has for a few events and rows."""
_EVENTS = (
    Event(0, "2026-03-01T12:00:00.000Z", "run.started", 0, 0, {"task": "xor", "seed": 0}),
    Event(1, "2026-03-01T12:00:01.000Z", "warning", None, None, {"message": 'a | b, "c"'}),
    Event(2, "2026-03-01T12:00:02.000Z", "a.kind.nobody.knows", 0, 1, {"deep": {"list": [1]}}),
)
_ROWS: tuple[dict[str, Cell], ...] = (
    {"stage": 0, "step": 1, "loss": 0.5, "seconds": 0.1},
    {"stage": 0, "step": 2, "forwards": 10**15},
    {"stage": 1, "step": 1, "loss": float("inf"), "a_metric": -0.0},
)
_SPANS = (
    Span("0" * 31 + "1", "0" * 15 + "2", "0" * 15 + "3", "steps", 10**18, 10**18 + 1, {"steps": 1}),
    Span("0" * 31 + "1", "0" * 15 + "3", None, "run", 10**18 - 1, 10**18 + 2, {"cpu_seconds": 0.0}),
    Span("0" * 31 + "1", "0" * 15 + "4", "0" * 15 + "9", "a name | nobody knows", 0, 0, {}),
)


def check_sink(make: Callable[[Path], Sink], directory: Path) -> None:
    """A sink takes whatever a run records, from another thread, and leaves the run alone.

    Args:
        make: gives a fresh sink for the directory of a run; called twice.
        directory: an empty folder that stands for it.
    """
    for _ in range(2):  # a resumed run makes its sinks again in the same folder
        sink = make(directory)
        demand(isinstance(sink, Sink), "event(), row() and close() are wanted")
        errors: list[Exception] = []
        worker = threading.Thread(target=_use, args=(sink, errors))
        worker.start()
        worker.join(_PATIENCE)
        demand(not worker.is_alive(), "it blocks: event(), row() and close() must return soon")
        demand(
            not errors,
            f"it raises, or changes the row that others get too: {[str(e) for e in errors[:1]]}",
        )
    for name in ("metrics.csv", "events.jsonl", "run.json", "checkpoints"):
        demand(not (directory / name).exists(), f"it writes {name}, which belongs to the run")


def _use(sink: Sink, errors: list[Exception]) -> None:
    try:
        for event, row, span in zip(_EVENTS, _ROWS, _SPANS, strict=True):
            given = dict(row)
            sink.event(event)
            sink.row(given)
            if isinstance(sink, SpanSink):
                sink.span(span)
            if given != row:
                errors.append(ValueError("row() changes the row"))
        sink.close()
    except Exception as error:  # noqa: BLE001 - whatever a user's sink raises
        errors.append(error)
