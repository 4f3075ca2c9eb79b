# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Progress bars for terminals; loaded only where there is one."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import final

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from vynapse.cli.progress import (
    BAR_SECONDS,
    Title,
    budget_spent,
    happenings,
    stage_title,
    words,
)
from vynapse.experiment.session import StageReport


@final
class Bar:
    """A progress bar with loss, speed and time left; it goes away when the run ends.

    What grew is printed above it. The time that has passed moves on while a step takes long. A
    terminal that goes away does not end the run.
    """

    def __init__(self, console: Console, title: Title = stage_title) -> None:
        self._title = title
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[words]}"),
            TimeElapsedColumn(),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            expand=True,
        )
        self._row = self._progress.add_task("starting", total=None, words="")
        self._shown_at = float("-inf")
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Bar:
        with suppress(OSError):
            self._progress.start()
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._clock.join()
        with suppress(OSError):
            self._progress.stop()

    def _tick(self) -> None:
        while not self._over.wait(1.0):
            with suppress(OSError):
                self._progress.refresh()

    def __call__(self, item: StageReport) -> None:
        """Show what grew at once, and the report at most four times a second."""
        with suppress(OSError):
            for line in happenings(item):
                self._progress.console.print(
                    f"{self._title(item)}: {line}", markup=False, highlight=False
                )
        now = time.monotonic()
        if now - self._shown_at < BAR_SECONDS and not item.last:
            return
        self._shown_at = now
        share = budget_spent(item)
        with suppress(OSError):
            self._progress.update(
                self._row,
                description=self._title(item),
                total=None if share is None else 1.0,
                completed=share or 0.0,
                words=words(item),
                refresh=True,
            )
