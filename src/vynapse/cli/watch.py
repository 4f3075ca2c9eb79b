# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse watch`."""

from __future__ import annotations

import sys
from contextlib import suppress

from vynapse.cli.options import Run

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
