# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Watching a run: look, draw, wait for a key. The run is only read."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from vynapse.errors import RunDirectoryError
from vynapse.experiment.following import Follower
from vynapse.pages.dashboard import frame
from vynapse.pages.resources import Resources
from vynapse.pages.terminal import Line, Terminal
from vynapse.pages.watched import Watched

SECONDS: Final = 0.5
"""Time between two looks at a run."""
ENDED_SECONDS: Final = 2.0
"""The same where nobody writes it."""
_ROWS: Final = 256
"""Rows that are read at a look, of a run that writes more."""
_LEAVE: Final = frozenset("qQ")


@final
class Dashboard:
    """A run that is looked at again and again.

    Args:
        run: its directory.
        footer: the last line of the screen.

    Raises:
        RunDirectoryError: no run is there.
    """

    def __init__(self, run: Path, footer: str = "") -> None:
        self._follower = Follower(run, _ROWS)
        self._watched = Watched(self._follower.recipe)
        self._resources = Resources(run / "lock")
        self.footer = footer

    def look(self, width: int, height: int) -> list[Line]:
        """The lines for a screen of a size, as the run is now.

        Raises:
            RunDirectoryError: the run is gone, or its files are damaged.
        """
        news = self._follower.poll()
        self._watched.take(news)
        used = self._resources.words() if news.summary["status"] == "running" else ""
        return frame(self._watched, width, height, used, self.footer)

    def show(self, terminal: Terminal, over: Callable[[], bool] = lambda: False) -> None:
        """Draw until somebody presses q, or it is over.

        Raises:
            RunDirectoryError: the run is gone, or its files are damaged.
            OSError: the terminal is gone.
        """
        drawn = None
        while not over():
            size = terminal.size()
            lines = self.look(size[0] - 1, size[1])
            if (lines, size) != drawn:
                terminal.draw(lines)
                drawn = lines, size
            running = self._watched.summary["status"] == "running"
            key = terminal.key(SECONDS if running else ENDED_SECONDS, over)
            if key is not None and _LEAVE & set(key):
                return


@final
class Beside:
    """A dashboard in a thread, while the run goes on in this process; inside `with`.

    It goes away when somebody presses q, when its terminal does, and at the end of the block.

    Args:
        run: the run directory.
    """

    def __init__(self, run: Path) -> None:
        self._dashboard = Dashboard(run, "q leaves the dashboard, Ctrl-C saves and ends the run")
        self._terminal = Terminal(sys.stderr, sys.stdin)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="dashboard", daemon=True)

    def __enter__(self) -> Beside:
        self._terminal.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(2.0)
        self._terminal.leave()

    @property
    def left(self) -> bool:
        """Whether it has gone away."""
        return not self._thread.is_alive()

    def say_stopping(self) -> None:
        """Tell that an interrupt has arrived: the step in hand may take a while."""
        self._dashboard.footer = "stopping after this step; Ctrl-C once more stops at once"

    def _work(self) -> None:
        # the run goes on without it, whatever becomes of the terminal or of the files
        with suppress(OSError, RunDirectoryError):
            self._dashboard.show(self._terminal, self._over.is_set)
        self._terminal.leave()
