# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person sees of a comparison while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

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


@contextmanager
def finished_runs() -> Iterator[Callable[[Finished], None]]:
    """An observer of a comparison: a bar with the time left on a terminal, else a line per run."""
    if not is_terminal():
        yield _finished_line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        row = bar.add_task("starting", total=None)

        def show(item: Finished) -> None:
            name = f"{item.arm.task} {item.arm.name}"
            bar.update(row, description=name, total=item.total, completed=item.number)

        yield show


def _finished_line(item: Finished) -> None:
    seconds, loss = item.summary["wall_seconds"], number(item.summary["loss"])
    with suppress(OSError):
        sys.stderr.write(
            f"[{item.number}/{item.total}] {item.arm.task} {item.arm.name} seed {item.seed}: "
            f"loss {loss}, {seconds:.1f} s\n"
        )
        sys.stderr.flush()
