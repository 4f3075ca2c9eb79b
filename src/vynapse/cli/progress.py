# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person or a program sees of a run while it runs.

Observers are called after every step, which may take microseconds, so most calls only look at the
clock.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, final

from vynapse.cli.output import clock, number, print_line
from vynapse.experiment.session import StageReport
from vynapse.telemetry.events import json_line

Title = Callable[[StageReport], str]

BAR_SECONDS: Final = 0.25
LINE_SECONDS: Final = 5.0


def budget_spent(item: StageReport) -> float | None:
    """Share of the stage's budget that is used, by the limit that is nearest; None without one."""
    return item.budget.share(item.report.step, item.report.cost)


def seconds_left(item: StageReport) -> float | None:
    """Time until the budget of the stage is used up at the mean speed so far."""
    share = budget_spent(item)
    return (item.report.cost.seconds or 0.0) * (1 - share) / share if share else None


def steps_per_second(item: StageReport) -> float | None:
    """Mean speed of the stage so far."""
    seconds = item.report.cost.seconds
    return item.report.step / seconds if seconds else None


def stage_title(item: StageReport) -> str:
    """`deap`, or `deap 1/2` where there are several stages."""
    return item.mode if item.stages == 1 else f"{item.mode} {item.stage + 1}/{item.stages}"


def happenings(item: StageReport) -> list[str]:
    """A short line for each event that a person would want to know of at once."""
    tell = item.story.happening
    return [line for kind, data in item.report.events if (line := tell(kind, data)) is not None]


def say_stopping() -> None:
    """Tell a person that the interrupt has arrived: the step in hand may take a while."""
    if is_terminal():
        with suppress(OSError):
            sys.stderr.write("stopping after this step; once more to stop at once\n")
            sys.stderr.flush()


def is_terminal() -> bool:
    """Whether standard error can show a bar."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in {"dumb", "unknown"}


@final
class PlainLines:
    """A line on standard error every few seconds, at the end of each stage and when one grows."""

    def __init__(self, title: Title = stage_title) -> None:
        self._title = title
        self._shown_at = time.monotonic()

    def __call__(self, item: StageReport) -> None:
        """Show what grew, and the report if it is time."""
        lines = happenings(item)
        now = time.monotonic()
        if now - self._shown_at >= LINE_SECONDS or item.last:
            self._shown_at = now
            lines.append(words(item))
        if lines:
            with suppress(OSError):
                sys.stderr.writelines(f"{self._title(item)}: {line}\n" for line in lines)
                sys.stderr.flush()


@final
class JsonLines:
    """One object per row of `metrics.csv`, and the summary, on standard output.

    Cost and seconds of a row are those of its stage. A reader that goes away does not end the run.
    """

    def __init__(self, log_every: int) -> None:
        self._log_every = log_every
        self._open = True
        self._failed: OSError | None = None
        self._flushed_at = float("-inf")

    def __call__(self, item: StageReport) -> None:
        """Write the steps for which `metrics.csv` has a row."""
        for report in item.report.each(self._log_every):
            due = report.step % self._log_every == 0
            wanted = not due if item.again else due or item.last
            if not wanted:
                continue
            cost = report.cost.counted()
            self.write(
                {
                    "stage": item.stage,
                    "mode": item.mode,
                    "step": report.step,
                    "loss": report.loss,
                    "metrics": dict(report.metrics),
                    "seconds": cost.pop("seconds", None),
                    "cost": cost,
                }
            )

    def write(self, value: dict[str, Any]) -> None:
        """Write one object, unless nobody reads any more; it is readable soon after."""
        if not self._open:
            return
        try:
            print_line(json_line(value))
            if time.monotonic() - self._flushed_at >= BAR_SECONDS:
                sys.stdout.flush()
                self._flushed_at = time.monotonic()
        except BrokenPipeError:
            self._open = False
        except OSError as error:
            self._open, self._failed = False, error

    def close(self) -> None:
        """Tell what kept the objects from being written, now that the run has ended."""
        if self._failed is not None:
            raise self._failed


def words(item: StageReport) -> str:
    """Step, loss, speed and time left."""
    parts = [f"step {item.report.step:,}", f"loss {number(item.report.loss)}"]
    speed = steps_per_second(item)
    if speed is not None:
        parts.append(f"{number(round(speed) if speed >= 100 else speed)} steps/s")
    walked, seconds = item.report.cost.env_steps, item.report.cost.seconds
    if walked and seconds:
        parts.append(f"{number(round(walked / seconds))} env steps/s")
    left = seconds_left(item)
    if left is not None and not item.last:
        parts.append(f"{clock(left)} left")
    return ", ".join(parts)
