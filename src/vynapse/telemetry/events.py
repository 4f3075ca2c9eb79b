# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What happens in a run, as versioned events: one JSON object a line in `events.jsonl`.

    {"v": 1, "seq": 4, "time": "2026-03-01T12:00:00.125Z", "kind": "stage.started",
     "stage": 0, "step": 0, "data": {"mode": "deap"}}

`v` is the version of the envelope, `seq` counts from 0 without a gap, also across a resume, and
`stage` and `step` are null where an event belongs to none. Readers skip keys and kinds that they
do not know; a change they could not skip raises `v`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

VERSION: Final = 1

KINDS: Final[Mapping[str, str]] = {
    "run.started": "a new run begins; data: task, seed, stages",
    "run.resumed": "a process takes the run up again from a checkpoint",
    "stage.started": "a stage takes its first step; data: mode, and what its trainer chose",
    "stage.finished": "a stage has ended; data: stop (which limit), loss",
    "checkpoint.saved": "the state is on disk; data: file",
    "warning": "something the user should know; data: message",
    "run.interrupted": "Ctrl-C or SIGTERM; the state was saved first",
    "run.failed": "the run ended with an error; data: kind, message, recoverable",
    "run.finished": "all stages are done; data: loss, network_sha256",
}
"""The kinds of event of every run and what their data hold; a mode declares its own beside them."""


_encode: Final = json.JSONEncoder(allow_nan=False, ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        seq: position in the run, from 0.
        time: ISO-8601, UTC, milliseconds.
        kind: a key of `KINDS`, or one that a mode of the run declares.
        stage, step: where in the run; None where it belongs to none.
        data: JSON values.
    """

    seq: int
    time: str
    kind: str
    stage: int | None = None
    step: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The envelope as one line, without the line end."""
        return json_line(
            {
                "v": VERSION,
                "seq": self.seq,
                "time": self.time,
                "kind": self.kind,
                "stage": self.stage,
                "step": self.step,
                "data": self.data,
            }
        )


def now() -> str:
    """The present time as an event carries it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_line(value: Any) -> str:
    """Strict JSON on one line: NumPy scalars become numbers, numbers that are not finite null."""
    try:
        return _encode(value)
    except (TypeError, ValueError):  # something that the encoder does not know, or not finite
        return _encode(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if hasattr(value, "item"):
        return _plain(value.item())
    return str(value)
