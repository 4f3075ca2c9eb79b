# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ctrl-C in the middle of a search."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType, TracebackType
from typing import final


@final
class HeldInterrupt(AbstractContextManager["HeldInterrupt"]):
    """Ctrl-C ends the user's function at once, but never the bookkeeping in between.

    Where somebody else handles Ctrl-C, and outside the main thread, nothing is changed.
    """

    def __init__(self) -> None:
        self._requested = self._hearing = False
        self._mine = False

    def __enter__(self) -> HeldInterrupt:
        main = threading.current_thread() is threading.main_thread()
        self._mine = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._mine:
            signal.signal(signal.SIGINT, self._notice)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._mine:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside, an interrupt is raised at once, also one that came before."""
        self._hearing = True
        try:
            if self._requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._hearing = False

    def _notice(self, _number: int, _frame: FrameType | None) -> None:
        self._requested = True
        if self._hearing:
            raise KeyboardInterrupt
