# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the modes of a run tell of its events: lines in words, and what lasted how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vynapse.errors import UNREADABLE, VynapseError, first_line
from vynapse.telemetry.story import NO_STORY, Spans, Story, Told
from vynapse.trainers.mode import MODES, Mode


def modes_of(recipe: Mapping[str, Any]) -> list[Mode | None]:
    """The mode of each stage; None for code of the user's, which looking does not run."""
    return [_mode(str(stage["mode"])) for stage in recipe["stages"]]


def _mode(name: str) -> Mode | None:
    if ":" in name:
        return None
    try:
        return MODES.get(name)
    except VynapseError:
        return None


def stories_of(modes: Sequence[Mode | None]) -> list[Story]:
    """How the events of each stage are told."""
    return [NO_STORY if mode is None else mode.story for mode in modes]


def told(
    story: Story, events: Sequence[Told], steps: int
) -> tuple[list[str], dict[str, list[dict[str, Any]]]]:
    """The lines and the spans of a stage; what the events do not hold is said in a line.

    Args:
        story: that of the mode.
        events: those of the stage.
        steps: how many it made.

    Returns:
        Lines, and by row of a picture what lasted: its `name`, and the steps done at its `begin`
        and `end`.
    """
    try:
        return story.tell(events, steps), _plain(story.spans(events, steps))
    except UNREADABLE as error:
        return [f"The events do not hold what those of this mode do ({first_line(error)})."], {}


def _plain(spans: Spans) -> dict[str, list[dict[str, Any]]]:
    return {
        row: [{"name": name, "begin": begin, "end": end} for name, begin, end in parts]
        for row, parts in spans.items()
    }
