# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where a run stands, as a checkpoint holds it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from vynapse.core import NO_COST, Cost, Progress, Report, State
from vynapse.networks.state import NetworkState


@dataclass(slots=True)
class Position:
    """Where a run stands; all of it is in a checkpoint."""

    stage: int = 0
    progress: Progress = field(default_factory=Progress)
    trainer: State | None = None
    start: NetworkState | None = None
    finished: list[dict[str, Any]] = field(default_factory=list)
    earlier: Cost = NO_COST
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """Steps of the present stage."""
        return self.progress.report.step if self.progress.report else 0

    @classmethod
    def of(cls, state: State) -> Position:
        """The position that a checkpoint holds."""
        start = None
        if state["start"] is not None:
            start = NetworkState.from_parts(state["start_structure"], state["start"])
        return cls(
            stage=state["stage"],
            progress=unpack(state["progress"]),
            trainer=state["trainer"],
            start=start,
            finished=state["finished"],
            earlier=Cost(**state["earlier"]),
            timings=state["timings"],
        )


def pack(progress: Progress) -> dict[str, Any]:
    """Progress as JSON values."""
    report = progress.report
    packed = dataclasses.asdict(dataclasses.replace(progress, report=None))
    if report is not None:
        packed["report"] = {
            "step": report.step,
            "loss": report.loss,
            "cost": dataclasses.asdict(report.cost),
            "renewed": report.renewed,
            "metrics": dict(report.metrics),
        }
    return packed


def unpack(packed: dict[str, Any]) -> Progress:
    """The inverse of `pack`."""
    report = packed["report"]
    if report is not None:
        # version 0.1 did not say whether the winner was renewed
        report = Report(**{"renewed": False, **report, "cost": Cost(**report["cost"])})
    return Progress(report, packed["best_loss"], packed["best_step"], packed["stop"])
