# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What lasted in a run, as spans of OpenTelemetry: one JSON object a line in `spans.jsonl`.

    {"v": 1, "trace_id": "…", "span_id": "…", "parent_id": null, "name": "run",
     "start_time_unix_nano": 1, "end_time_unix_nano": 9, "attributes": {"cpu_seconds": 0.5}}

A process is one trace, so a run that was resumed has several. A span is written when it ends, its
children before it. Those of a process that was killed may lack their parents.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vynapse.errors import UNREADABLE, RunDirectoryError
from vynapse.telemetry.events import json_line

VERSION: Final = 1
FILE: Final = "spans.jsonl"
"""Where the spans of a run lie in its directory."""
CPU: Final = "cpu_seconds"
"""The attribute with the CPU time of the process, all of its threads together."""

OF_STEPS: Final = "of_steps"
"""The attribute of a part of a block: the steps whose time in that part it sums up."""


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted.

    Attributes:
        trace_id: 32 hexadecimal digits, the same for all spans of a process.
        span_id: 16 hexadecimal digits.
        parent_id: the span around it; None for the outermost.
        name: what lasted.
        start, end: nanoseconds since 1970, UTC.
        attributes: texts and numbers; `cpu_seconds` where CPU time was measured.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start: int
    end: int
    attributes: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.end - self.start) / 1e9

    def to_json(self) -> str:
        """The span as one line, without the line end."""
        return json_line(
            {
                "v": VERSION,
                "trace_id": self.trace_id,
                "span_id": self.span_id,
                "parent_id": self.parent_id,
                "name": self.name,
                "start_time_unix_nano": self.start,
                "end_time_unix_nano": self.end,
                "attributes": self.attributes,
            }
        )


def read_spans(path: Path) -> list[Span]:
    """The spans of a `spans.jsonl`; a line that a killed process left half-written is passed over.

    Raises:
        RunDirectoryError: the file is absent, or of a newer version.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror}") from None
    spans: list[Span] = []
    for line in lines:
        try:
            spans.append(_span(path, json.loads(line)))
        except UNREADABLE:
            continue
    return spans


def _span(path: Path, content: dict[str, Any]) -> Span:
    if int(content["v"]) > VERSION:
        raise RunDirectoryError(
            f"{path}: span version {content['v']} is newer than {VERSION}: install a newer vynapse"
        )
    parent = content["parent_id"]
    return Span(
        str(content["trace_id"]),
        str(content["span_id"]),
        None if parent is None else str(parent),
        str(content["name"]),
        int(content["start_time_unix_nano"]),
        int(content["end_time_unix_nano"]),
        dict(content["attributes"]),
    )
