# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How runs ended, and how the episodes of their winners did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_FIRST: Final = ("target", "patience", "steps", "epochs", "flops", "forwards", "backwards")
"""The order of columns; what else ended runs comes after them."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The episodes of a winner: those of the test split, or of validation where that is all.

    Attributes:
        split: the name of the split.
        terminated: share of them that ended by themselves; the others were cut off at the limit.
        steps: mean number of steps.
    """

    split: str
    terminated: float
    steps: float


def episodes_of(summary: Mapping[str, Any]) -> Ended | None:
    """How the episodes of the winner of a run ended; None where there are none."""
    for split, key in (("test", "test"), ("validation", "metrics")):
        found = summary.get(key) or {}
        if "terminated" in found and "episode_steps" in found:
            return Ended(split, found["terminated"], found["episode_steps"])
    return None


def told(summary: Mapping[str, Any]) -> list[str]:
    """Lines about a run that has finished, for `vynapse show`."""
    lines = []
    if summary.get("stop"):
        lines.append(f"ended by {summary['stop']}")
    ended = episodes_of(summary)
    if ended is not None:
        share = 100 * ended.terminated
        lines.append(
            f"{ended.split} episodes: {share:.4g} % ended by themselves, {100 - share:.4g} % at "
            f"the limit, after {ended.steps:,.4g} steps on average"
        )
    return lines


def cells(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A row of the table of endings, by column: counts of runs, means over their episodes."""
    stops = Counter(str(run["stop"]) for run in runs if run.get("stop"))
    found = {f"by {stop}": str(count) for stop, count in sorted(stops.items(), key=_order)}
    episodes = [ended for ended in map(episodes_of, runs) if ended is not None]
    if episodes:
        terminated = sum(ended.terminated for ended in episodes) / len(episodes)
        found["episodes ended by themselves"] = f"{100 * terminated:.3g} %"
        found["at the limit"] = f"{100 * (1 - terminated):.3g} %"
        steps = sum(ended.steps for ended in episodes) / len(episodes)
        found["steps of an episode"] = f"{steps:.4g}"
    return found


def columns(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The columns of the table in their order: those of runs, then those of episodes."""
    names = dict.fromkeys(name for row in rows for name in row)
    runs = [name for name in names if name.startswith("by ")]
    runs.sort(key=lambda name: _order((name.removeprefix("by "), 0)))
    return [*runs, *(name for name in names if name not in runs)]


def _order(item: tuple[str, int]) -> tuple[int, str]:
    place = _FIRST.index(item[0]) if item[0] in _FIRST else len(_FIRST)
    return place, item[0]
