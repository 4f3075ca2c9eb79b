# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sinks: where a copy of what a run records may go while it runs.

The record of a run is its two files, `metrics.csv` and `events.jsonl`. They are written at once and
never dropped. A sink observes. It works in a thread of its own, behind a queue of a fixed length.
What does not fit is dropped and counted, and a sink that fails is detached with a warning. It can
neither block a run nor change one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

from vynapse.registry import Kind, Registry
from vynapse.telemetry.events import Event
from vynapse.telemetry.span import Span

Cell = float | int | str
Row = Mapping[str, Cell]
"""A row of `metrics.csv` by column; what was not measured is left out."""


@runtime_checkable
class Sink(Protocol):
    """Takes events and rows, in the order in which they happen, from one thread."""

    def event(self, event: Event) -> None:
        """Something happened."""

    def row(self, row: Row) -> None:
        """A step was logged."""

    def close(self) -> None:
        """The run has ended, or was interrupted."""


@runtime_checkable
class SpanSink(Sink, Protocol):
    """A sink that also takes what lasted. Spans are measured where a run has such a sink alone."""

    def span(self, span: Span) -> None:
        """Something has lasted."""


@final
@dataclass(frozen=True, slots=True)
class SinkKind(Kind[Sink]):
    """A kind of sink; it is built from its settings and the directory of the run (a `Path`).

    Attributes:
        check: raises a VynapseError where a run could not have such a sink, e.g. for want of a
            package. It is given the settings, before anything of the run is written.
    """

    check: Callable[[Any], None] | None = None


SINKS: Registry[SinkKind] = Registry("sinks", "sink", SinkKind)
