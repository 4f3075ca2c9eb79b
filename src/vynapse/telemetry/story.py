# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How the events of a mode are told to people: while it runs, afterwards, and in its summary.

A mode that has events of its own brings a `Story`; who shows a run knows nothing of any mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from vynapse.errors import ConfigError

Told = Mapping[str, Any]
"""The envelope of an event as `events.jsonl` holds it."""

Spans = Mapping[str, Sequence[tuple[str, int, int]]]
"""What lasted in each row of a picture: its name, and the steps done at its beginning and end."""


def _no_line(_kind: str, _data: Mapping[str, Any]) -> str | None:
    return None


def _no_lines(_events: Sequence[Told], _steps: int) -> list[str]:
    return []


def _no_spans(_events: Sequence[Told], _steps: int) -> Spans:
    return {}


def _no_reason(_events: Sequence[Told], identity: str | None) -> list[str]:
    raise ConfigError(f"why: the mode of this run keeps no origins, got {identity!r}")


def _no_facts(_events: Sequence[Told]) -> Mapping[str, Any]:
    return {}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """What a mode makes of its own events. Every part may be left out.

    Attributes:
        happening: a short line for an event that a person wants to know of at once, from its kind
            and data; None for any other event.
        tell: lines for `vynapse show` about one stage, from its events and the steps it made.
        spans: bars below the plot of the loss, from the same.
        colours: the colours of the names in spans, as matplotlib knows them.
        facts: what the events of a whole run add to its summary, by key.
        why: lines that tell how something arose, from the events of a stage and its id; None stands
            for the winner.
        curves: further pictures over the steps: for each, named by what it shows, columns of
            metrics.csv and what they are multiplied by.
        silence: what `show` says of a stage without such events; None for nothing.
    """

    happening: Callable[[str, Mapping[str, Any]], str | None] = _no_line
    tell: Callable[[Sequence[Told], int], list[str]] = _no_lines
    spans: Callable[[Sequence[Told], int], Spans] = _no_spans
    colours: Mapping[str, str] | None = None
    facts: Callable[[Sequence[Told]], Mapping[str, Any]] = _no_facts
    why: Callable[[Sequence[Told], str | None], list[str]] = _no_reason
    curves: Mapping[str, Mapping[str, float]] | None = None
    silence: str | None = None


NO_STORY = Story()
"""That of a mode without events."""
