# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Steps of a run, counted over its stages: those of earlier stages come before."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

from vynapse.telemetry.reading import read_events


@final
class Steps:
    """The step of a run = steps of all stages that have finished + the step of the present one.

    Args:
        directory: that of the run; of a run that is resumed its events tell of earlier stages.
    """

    def __init__(self, directory: Path) -> None:
        self._of_stage: dict[int, int] = {}
        path = directory / "events.jsonl"
        for event in read_events(path) if path.exists() else ():
            self.see(event["kind"], event["stage"], event["step"])

    def see(self, kind: str, stage: int | None, step: int | None) -> None:
        """Learn from an event how long a stage was."""
        if kind == "stage.finished" and stage is not None and step is not None:
            self._of_stage[stage] = step

    def total(self, stage: Any, step: Any) -> int:
        """The step of the run at a step of a stage; what is not known counts as 0."""
        here = int(stage or 0)
        earlier = sum(steps for index, steps in self._of_stage.items() if index < here)
        return earlier + int(step or 0)
