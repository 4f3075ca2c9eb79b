# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How much of its budget a run has spent, and how long the rest may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vynapse.core.cost import AMOUNTS
from vynapse.experiment.following import Figures

_LIMITS: Final = ("epochs", "steps", *AMOUNTS)


def budget_of(
    recipe: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    last: Figures,
    summary: Mapping[str, Any],
) -> dict[str, Any]:
    """The budget of the present stage of a run.

    Args:
        recipe: that of run.json.
        events: all of the run; the end of a stage tells what it cost.
        last: the last value of each column of metrics.csv; amounts count from the run's beginning.
        summary: that of the run.

    Returns:
        `stage` and `stages`; `share` of the budget that is spent, None where it has no limit of
        cost; `limits`: name, done and limit of each; `target` loss and `stop`, None where there is
        none; `remaining` seconds at most, None where that is not known.
    """
    stages, stage = recipe["stages"], min(int(last.get("stage", 0)), len(recipe["stages"]) - 1)
    budget = stages[stage].get("budget") or {}
    spent = _spent(events, last, stage)
    limits = [
        {"name": name, "done": spent.get(name), "limit": budget[name]}
        for name in _LIMITS
        if budget.get(name)
    ]
    known = [limit["done"] / limit["limit"] for limit in limits if limit["done"] is not None]
    share = min(1.0, max(known)) if known else None
    seconds, running = spent.get("seconds"), summary["status"] == "running"
    likely = running and share and seconds
    return {
        "stage": stage,
        "stages": len(stages),
        "share": share,
        "limits": limits,
        "target": budget.get("target"),
        "stop": summary.get("stop"),
        "remaining": seconds * (1 - share) / share if likely and seconds and share else None,
    }


def _spent(
    events: Sequence[Mapping[str, Any]], last: Figures, stage: int
) -> dict[str, float | None]:
    """Epochs, steps and amounts of the stage alone."""
    before: dict[str, float] = {}
    for event in events:
        earlier = event["stage"] is not None and event["stage"] < stage
        if event["kind"] == "stage.finished" and earlier:
            cost = event["data"].get("cost")
            for name, amount in (cost if isinstance(cost, dict) else {}).items():
                before[name] = before.get(name, 0) + amount
    found = {"steps": _number(last.get("step")), "epochs": _number(last.get("epoch"))}
    for name in AMOUNTS:
        value = _number(last.get(name))
        found[name] = None if value is None else value - before.get(name, 0)
    return found


def _number(value: float | int | str | None) -> float | None:
    return None if value is None or isinstance(value, str) else value
