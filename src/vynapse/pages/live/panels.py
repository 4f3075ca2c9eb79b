# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which curves of a run belong together, from the names of its columns and the story of its mode.

No mode is known here: what a mode measures is in its columns, and what it wants to be drawn in one
picture its `Story` says. All else has a picture of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from vynapse.pages.live.columns import AXES
from vynapse.telemetry.story import Story

UNITS: Final[Mapping[str, str]] = {
    "accuracy": "share",
    "terminated": "share",
    "invalid": "share",
    "parameters": "weights",
    "train_best": "loss",
    "train_mean": "loss",
    "refined_gain": "loss",
    "gain": "loss",
    "sigma": "weight",
    "learning_rate": "per step",
    "hidden": "nodes",
    "best_hidden": "nodes",
    "connections": "genes",
    "best_connections": "genes",
    "return": "reward",
    "episode_steps": "steps",
    "epoch": "passes over the data",
}
"""Units of columns, for axes; another column is a plain number."""
_PLACES: Final = frozenset({"stage", "step", "epoch", *AXES})
_LOSS: Final = "_loss"


def label(column: str) -> str:
    """A column in words."""
    return "loss of the best network" if column == "loss" else column.replace("_", " ")


def panels(names: Sequence[str], stories: Iterable[Story]) -> list[dict[str, Any]]:
    """Pictures in their order, that of the loss first.

    Args:
        names: the columns that have values.
        stories: how the events of each stage are told.

    Returns:
        For each its `title`, its `unit` (empty for a plain number) and `series`; each of these has
        the `column`, a `label` and the `factor` that its values are multiplied by.
    """
    left = [name for name in names if name not in _PLACES]
    losses = [name for name in left if name == "loss" or name.endswith(_LOSS)]
    found = [_panel("loss", "", dict.fromkeys(losses, 1.0))] if losses else []
    drawn = set(losses)
    for title, factors in _pictures(stories).items():
        own = {name: factor for name, factor in factors.items() if name in left}
        found += [_panel(title, "", own)] if own else []
        drawn |= own.keys()
    for name in left:
        if name not in drawn:
            found.append(_panel(label(name), UNITS.get(name, ""), {name: 1.0}))
    return found


def _pictures(stories: Iterable[Story]) -> dict[str, dict[str, float]]:
    wanted: dict[str, dict[str, float]] = {}
    for story in stories:
        for title, factors in (story.curves or {}).items():
            wanted.setdefault(title, {}).update(factors)
    return wanted


def _panel(title: str, unit: str, factors: Mapping[str, float]) -> dict[str, Any]:
    series = [
        {"column": name, "label": label(name), "factor": factor} for name, factor in factors.items()
    ]
    return {"title": title, "unit": unit, "series": series}
