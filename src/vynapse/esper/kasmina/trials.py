# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Channels on trial as data: what a checkpoint has to hold so that they can still be taken out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from vynapse.core.compatible import TEXT, WHOLE, Kind, Listed
from vynapse.esper.kasmina.resizing import Edit
from vynapse.esper.kasmina.widening import Widening

FORM: Final = {
    "layer": TEXT,
    "channels": Listed(WHOLE),
    "edits": Listed(
        {
            "tensor": TEXT,
            "axis": WHOLE,
            "source": Listed(WHOLE),
            "before": WHOLE,
            "folds": Kind("true or false", (bool,)),
        }
    ),
    "slots": Listed(Listed(Kind("a text or a whole number", (str, int)))),
}
"""What the data may look like."""


def as_data(widening: Widening) -> dict[str, Any]:
    """JSON values."""
    return {
        "layer": widening.layer,
        "channels": list(widening.channels),
        "edits": [{**asdict(edit), "source": list(edit.source)} for edit in widening.edits],
        "slots": [list(slot) for slot in widening.slots],
    }


def from_data(data: dict[str, Any]) -> Widening:
    """The inverse of `as_data`."""
    before, after = data["channels"]
    edits = tuple(Edit(**{**edit, "source": tuple(edit["source"])}) for edit in data["edits"])
    slots = tuple((str(name), int(axis)) for name, axis in data["slots"])
    return Widening(data["layer"], (before, after), edits, slots)
