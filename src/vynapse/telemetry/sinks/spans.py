# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Spans as `spans.jsonl` in the directory of the run; `vynapse show RUN --profile` draws them."""

from __future__ import annotations

from pathlib import Path
from typing import final

from vynapse.registry import NoKeys
from vynapse.telemetry.events import Event
from vynapse.telemetry.sink import Row, SinkKind
from vynapse.telemetry.span import FILE, Span


@final
class SpansSink:
    """Appends a line for each span; a resumed run goes on in the same file.

    Args:
        directory: that of the run.

    Raises:
        OSError: the file cannot be written; the run goes on without this sink.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._begun = False

    def event(self, event: Event) -> None:
        """Events are no spans."""

    def row(self, row: Row) -> None:
        """Rows are no spans."""

    def span(self, span: Span) -> None:
        """One line."""
        with self._path.open("a", encoding="utf-8") as file:
            if not self._begun and file.tell() > 0:
                file.write("\n")  # a killed process may have left half a line
            self._begun = True
            file.write(span.to_json() + "\n")

    def close(self) -> None:
        """Every line has been written."""


def _build(_settings: NoKeys, directory: Path) -> SpansSink:
    return SpansSink(directory)


KIND = SinkKind("spans", "what lasted how long, as spans.jsonl in the run", NoKeys, _build)
