# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sinks: where a copy of what a run records may go while it runs.

The record of a run is its two files, `metrics.csv` and `events.jsonl`. They are written at once and
never dropped. A sink observes. It works in a thread of its own, behind a queue of a fixed length.
What does not fit is dropped and counted, and a sink that fails is detached with a warning. It can
neither block a run nor change one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

from vynapse.registry import Kind, Registry
from vynapse.telemetry.events import Event

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


@final
@dataclass(frozen=True, slots=True)
class SinkKind(Kind[Sink]):
    """A kind of sink; it is built from its settings and the directory of the run (a `Path`)."""


SINKS: Registry[SinkKind] = Registry("sinks", "sink", SinkKind)
