# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a run asks of its process: threads, a device, a clean end on Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Literal

from threadpoolctl import threadpool_limits

from vynapse.errors import ConfigError


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Let torch and the BLAS under NumPy use `count` threads inside, as before afterwards."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    with threadpool_limits(limits=count):
        if torch:
            torch.set_num_threads(count)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


def choose_device(wanted: Literal["auto", "cpu", "cuda"], in_numpy: bool) -> Literal["cpu", "cuda"]:
    """The device for a recipe's `device` key.

    Args:
        wanted: "auto" takes a GPU if torch sees one, unless the run needs no torch.
        in_numpy: whether it needs none.

    Raises:
        ConfigError: "cuda" was asked for and is not there.
    """
    if wanted == "cpu" or (wanted == "auto" and in_numpy):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise ConfigError("device: cuda was wanted, but torch sees no GPU here: use cpu or auto")
    return "cpu"


class Terminated(KeyboardInterrupt):
    """SIGTERM, where it is to end a block as Ctrl-C does."""


@contextmanager
def terminable() -> Iterator[None]:
    """Let the first SIGTERM raise `Terminated` inside; a second one ends the process at once.

    Outside the main thread nothing is changed, as for `Interrupts`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Interrupts:
    """Turns the first SIGINT or SIGTERM into a request that is honoured after the current step.

    A second one falls through to Python's own handling. Outside the main thread nothing is changed,
    since Python delivers signals to the main thread alone.

    Args:
        noticed: called at the first one.
    """

    def __init__(self, noticed: Callable[[], None] = lambda: None) -> None:
        self.requested = False
        self._noticed = noticed
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._request)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._previous.clear()

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._noticed()
