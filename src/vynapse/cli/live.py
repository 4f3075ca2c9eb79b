# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person sees of a run while it runs: a bar on a terminal, else lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vynapse.cli.progress import PlainLines, Title, is_terminal, stage_title
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
