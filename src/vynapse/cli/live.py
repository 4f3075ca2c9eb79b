# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person sees of a run while it runs: a bar or a dashboard on a terminal, else lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vynapse.cli.progress import PlainLines, Title, is_terminal, say_stopping, stage_title
from vynapse.experiment.session import StageReport


@contextmanager
def live(title: Title = stage_title) -> Iterator[Callable[[StageReport], None]]:
    """An observer for people: a bar where standard error is a terminal, else lines.

    Args:
        title: what a report is led by.
    """
    if not is_terminal():
        yield PlainLines(title)
        return
    from rich.console import Console

    from vynapse.cli.bars import Bar

    with Bar(Console(stderr=True), title) as bar:
        yield bar


@contextmanager
def shown_live(
    run: Path | None,
) -> Iterator[tuple[Callable[[StageReport], None], Callable[[], None]]]:
    """An observer, and what is called at an interrupt: those of a dashboard, or of `live`.

    Somebody may leave the dashboard; from then on it is as without one.

    Args:
        run: the directory of a run that a dashboard is wanted of, where there is a terminal.
    """
    if run is None or not _interactive():
        with live() as observer:
            yield observer, say_stopping
        return
    from vynapse.pages.watching import Beside

    with ExitStack() as stack, Beside(run) as dashboard:
        others: list[Callable[[StageReport], None]] = []

        def observe(item: StageReport) -> None:
            if dashboard.left:
                if not others:
                    others.append(stack.enter_context(live()))
                others[0](item)

        def stopping() -> None:
            if dashboard.left:
                say_stopping()
            else:
                dashboard.say_stopping()

        yield observe, stopping


def _interactive() -> bool:
    from vynapse.pages.terminal import interactive

    return interactive(sys.stderr, sys.stdin)
