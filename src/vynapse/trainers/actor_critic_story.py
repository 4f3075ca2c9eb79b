# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What mode `actor-critic` tells: from where its winner came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vynapse.telemetry.story import Story

EVENTS: Final[Mapping[str, str]] = {
    "actors.winner": "another actor is the best: generation, whose it is and its return",
}
"""Kinds of events and what their data hold."""


def _happening(kind: str, data: Mapping[str, Any]) -> str | None:
    if kind != "actors.winner":
        return None
    return (
        f"generation {data['generation']}: {data['of']} is the best actor so far (return "
        f"{data['return']:.5g})"
    )


def _tell(events: Any, _steps: int) -> list[str]:
    """The last winner alone: there may be many."""
    lines = [_happening(event["kind"], event["data"]) for event in events]
    return [line for line in lines if line is not None][-1:]


STORY: Final = Story(
    happening=_happening,
    tell=_tell,
    curves={
        "best of the population and learner, return": {
            "population_best": 1.0,
            "learner_return": 1.0,
        },
        "critic loss": {"critic_loss": 1.0},
    },
)
