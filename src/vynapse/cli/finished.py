# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person sees of a comparison or of a sweep while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from vynapse.cli.output import number
from vynapse.cli.progress import is_terminal
from vynapse.experiment.compare import Finished


@dataclass(frozen=True, slots=True)
class Told:
    """A run that has ended, as people are told of it.

    Attributes:
        name: which one of its kind.
        seed: its seed.
        loss: None where it came to none.
        seconds: what it took.
        number, total: how many have ended, of how many.
        remark: what else there is to say.
    """

    name: str
    seed: int
    loss: float | None
    seconds: float
    number: int
    total: int
    remark: str = ""


@contextmanager
def finished_runs() -> Iterator[Callable[[Finished], None]]:
    """An observer of a comparison: a bar with the time left on a terminal, else a line per run."""
    with ended_runs() as tell:
        yield lambda item: tell(_told(item))


@contextmanager
def ended_runs() -> Iterator[Callable[[Told], None]]:
    """What tells of runs: a bar with the time left on a terminal, else a line per run."""
    if not is_terminal():
        yield _line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        row = bar.add_task("starting", total=None)

        def show(item: Told) -> None:
            bar.update(row, description=item.name, total=item.total, completed=item.number)

        yield show


def _told(item: Finished) -> Told:
    return Told(
        f"{item.arm.task} {item.arm.name}",
        item.seed,
        item.summary["loss"],
        item.summary["wall_seconds"],
        item.number,
        item.total,
    )


def _line(item: Told) -> None:
    loss = "no loss" if item.loss is None else f"loss {number(item.loss)}"
    remark = f", {item.remark}" if item.remark else ""
    with suppress(OSError):
        sys.stderr.write(
            f"[{item.number}/{item.total}] {item.name} seed {item.seed}: {loss}, "
            f"{item.seconds:.1f} s{remark}\n"
        )
        sys.stderr.flush()
