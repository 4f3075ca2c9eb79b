# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person or a program sees of a run while it runs.

Observers are called after every step, which may take microseconds, so most calls only look at the
clock.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from vynapse.cli.output import clock, number, print_line
from vynapse.core import Cost
from vynapse.experiment.compare import Finished
from vynapse.experiment.session import StageReport
from vynapse.telemetry.events import json_line

BAR_SECONDS: Final = 0.25
LINE_SECONDS: Final = 5.0


def budget_spent(item: StageReport) -> float | None:
    """Share of the stage's budget that is used, by the limit that is nearest; None without one."""
    report, budget = item.report, item.budget
    shares = [] if budget.steps is None else [report.step / budget.steps]
    for cost in dataclasses.fields(Cost):
        limit = getattr(budget, cost.name)
        if limit is not None:
            shares.append(getattr(report.cost, cost.name) / limit)
    return min(1.0, max(shares)) if shares else None


def seconds_left(item: StageReport) -> float | None:
    """Time until the budget of the stage is used up at the mean speed so far."""
    share = budget_spent(item)
    return item.report.cost.seconds * (1 - share) / share if share else None


def steps_per_second(item: StageReport) -> float | None:
    """Mean speed of the stage so far."""
    seconds = item.report.cost.seconds
    return item.report.step / seconds if seconds > 0 else None


def stage_title(item: StageReport) -> str:
    """`deap`, or `deap 1/2` where there are several stages."""
    return item.mode if item.stages == 1 else f"{item.mode} {item.stage + 1}/{item.stages}"


@contextmanager
def live() -> Iterator[Callable[[StageReport], None]]:
    """An observer for people: a bar where standard error is a terminal, else lines."""
    console = Console(stderr=True)
    if not sys.stderr.isatty() or console.is_dumb_terminal:
        yield PlainLines()
        return
    with Bar(console) as bar:
        yield bar


@contextmanager
def finished_runs() -> Iterator[Callable[[Finished], None]]:
    """An observer of a comparison: a bar with the time left on a terminal, else a line per run."""
    console = Console(stderr=True)
    if not sys.stderr.isatty() or console.is_dumb_terminal:
        yield _finished_line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        row = bar.add_task("starting", total=None)

        def show(item: Finished) -> None:
            name = f"{item.arm.task} {item.arm.mode}"
            bar.update(row, description=name, total=item.total, completed=item.number)

        yield show


def _finished_line(item: Finished) -> None:
    seconds, loss = item.summary["wall_seconds"], number(item.summary["loss"])
    with suppress(OSError):
        sys.stderr.write(
            f"[{item.number}/{item.total}] {item.arm.task} {item.arm.mode} seed {item.seed}: "
            f"loss {loss}, {seconds:.1f} s\n"
        )
        sys.stderr.flush()


@final
class Bar:
    """A progress bar with loss, speed and time left; it goes away when the run ends.

    A terminal that goes away does not end the run.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[words]}"),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            expand=True,
        )
        self._row = self._progress.add_task("starting", total=None, words="")
        self._shown_at = float("-inf")

    def __enter__(self) -> Bar:
        with suppress(OSError):
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._progress.stop()

    def __call__(self, item: StageReport) -> None:
        """Show a report, at most four times a second."""
        now = time.monotonic()
        if now - self._shown_at < BAR_SECONDS and not item.last:
            return
        self._shown_at = now
        share = budget_spent(item)
        with suppress(OSError):
            self._progress.update(
                self._row,
                description=stage_title(item),
                total=None if share is None else 1.0,
                completed=share or 0.0,
                words=_words(item),
                refresh=True,
            )


@final
class PlainLines:
    """A line on standard error every few seconds and at the end of each stage."""

    def __init__(self) -> None:
        self._shown_at = time.monotonic()

    def __call__(self, item: StageReport) -> None:
        """Show a report if it is time."""
        now = time.monotonic()
        if now - self._shown_at < LINE_SECONDS and not item.last:
            return
        self._shown_at = now
        with suppress(OSError):
            sys.stderr.write(f"{stage_title(item)}: {_words(item)}\n")
            sys.stderr.flush()


@final
class JsonLines:
    """One object per row of `metrics.csv`, and the summary, on standard output.

    Cost and seconds of a row are those of its stage. A reader that goes away does not end the run.
    """

    def __init__(self, log_every: int) -> None:
        self._log_every = log_every
        self._open = True
        self._flushed_at = float("-inf")

    def __call__(self, item: StageReport) -> None:
        """Write a report if `metrics.csv` has a row for it."""
        report = item.report
        if report.step % self._log_every and not item.last:
            return
        cost = dataclasses.asdict(report.cost)
        self.write(
            {
                "stage": item.stage,
                "mode": item.mode,
                "step": report.step,
                "loss": report.loss,
                "metrics": dict(report.metrics),
                "seconds": cost.pop("seconds"),
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


def _words(item: StageReport) -> str:
    words = [f"step {item.report.step:,}", f"loss {number(item.report.loss)}"]
    speed = steps_per_second(item)
    if speed is not None:
        words.append(f"{number(round(speed) if speed >= 100 else speed)} steps/s")
    left = seconds_left(item)
    if left is not None and not item.last:
        words.append(f"{clock(left)} left")
    return ", ".join(words)
