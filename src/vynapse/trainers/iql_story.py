# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What mode `iql` tells: what it learns from, and what the log knows nothing of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vynapse.telemetry.story import Story

EVENTS: Final[Mapping[str, str]] = {
    "iql.log": "what is learnt from: for each behaviour its episodes, steps and mean return",
    "iql.untried": "choices that were legal and never taken in the log: how many, and the first "
    "as factor and choice",
}
"""Kinds of events and what their data hold."""


def _happening(kind: str, data: Mapping[str, Any]) -> str | None:
    if kind == "iql.log":
        parts = [
            f"{row['episodes']} of {row['behaviour']} (mean return {row['return']:.4g})"
            for row in data["played"]
            if row["return"] is not None
        ]
        return f"logged episodes: {', '.join(parts)}"
    if kind == "iql.untried":
        factor, choice = data["first"]
        return (
            f"{data['count']} legal choices are never taken in the log, the first of them choice "
            f"{choice} of factor {factor}: nothing is learnt about them"
        )
    return None


def _tell(events: Any, _steps: int) -> list[str]:
    lines = (_happening(event["kind"], event["data"]) for event in events)
    return [line for line in lines if line is not None]


STORY: Final = Story(
    happening=_happening,
    tell=_tell,
    curves={
        "value, return": {"value": 1.0, "greedy_value": 0.5},
        "entropy, nats": {"entropy": 1.0},
    },
)
