# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse watch`, and the dashboard of `run --watch`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vynapse.cli.options import Run

if TYPE_CHECKING:
    from vynapse.experiment.session import StageReport

WIDTH, HEIGHT = 80, 24
"""Size of what is printed where there is no terminal."""


def watch(run: Run, /) -> None:
    """Watch a run.

    Args:
        run: directory of the run, or last.
    """
    from vynapse.cli.output import print_line
    from vynapse.pages.terminal import Terminal, interactive
    from vynapse.pages.watching import Dashboard

    if not interactive(sys.stdout, sys.stdin):
        for text, _ in Dashboard(run).look(WIDTH, HEIGHT):
            print_line(text.rstrip())
        return
    dashboard = Dashboard(run, "q leaves; the run is not touched")
    with suppress(KeyboardInterrupt), Terminal(sys.stdout, sys.stdin) as terminal:
        dashboard.show(terminal)


@contextmanager
def beside(run: Path) -> Iterator[tuple[Callable[[StageReport], None], Callable[[], None]]]:
    """A dashboard while a run goes on here: an observer, and what is called at an interrupt.

    Once somebody has left it, and where there is no terminal, there are ordinary lines instead.

    Args:
        run: the run directory.
    """
    from vynapse.cli.live import live
    from vynapse.cli.progress import say_stopping
    from vynapse.pages.terminal import interactive

    if not interactive(sys.stderr, sys.stdin):
        with live() as observer:
            yield observer, say_stopping
        return
    from vynapse.pages.watching import Beside

    with ExitStack() as stack, Beside(run) as dashboard:
        lines: list[Callable[[StageReport], None]] = []

        def observe(item: StageReport) -> None:
            if dashboard.left:
                if not lines:
                    lines.append(stack.enter_context(live()))
                lines[0](item)

        def stopping() -> None:
            say_stopping() if dashboard.left else dashboard.say_stopping()

        yield observe, stopping
