# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A terminal on which something is shown and keys are read; whatever happens, it is put back."""

from __future__ import annotations

import os
import select
import termios
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol, final, runtime_checkable

Line = tuple[str, str]
"""A text and how it looks: "", "bold", "dim" or "reverse"."""


@runtime_checkable
class Stream(Protocol):
    """What is asked of standard input, output and error."""

    @property
    def encoding(self) -> str | None:
        """How texts become bytes."""

    def isatty(self) -> bool:
        """Whether it is a terminal."""

    def fileno(self) -> int:
        """The number that the system knows it by."""


_LOOKS: Final = {"bold": "\x1b[1m", "dim": "\x1b[2m", "reverse": "\x1b[7m"}
_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[2J"
"""The other screen, without a cursor, empty."""
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_SLICE: Final = 0.1
"""Seconds after which a wait looks whether it is over."""


def interactive(out: Stream, keys: Stream) -> bool:
    """Whether a screen can be shown on `out` and keys come from `keys`."""
    try:
        return (
            out.isatty()
            and keys.isatty()
            and os.environ.get("TERM", "") not in {"", "dumb", "unknown"}
            and os.tcgetpgrp(keys.fileno()) == os.getpgrp()
        )
    except (OSError, ValueError):  # closed, or no terminal of this process
        return False


@final
class Terminal:
    """The other screen of a terminal, inside `with`.

    Keys come one by one and are not echoed. Ctrl-C is a signal as ever; Ctrl-Z does nothing.

    Args:
        out: where lines go.
        keys: where keys come from.
    """

    def __init__(self, out: Stream, keys: Stream) -> None:
        self._out, self._keys = out.fileno(), keys.fileno()
        self._encoding = out.encoding or "utf-8"
        self._size = (0, 0)
        self._left = threading.Lock()

    def __enter__(self) -> Terminal:
        self._before = termios.tcgetattr(self._keys)
        mode = termios.tcgetattr(self._keys)
        mode[3] &= ~(termios.ICANON | termios.ECHO)
        mode[6][termios.VSUSP] = b"\0"
        mode[6][termios.VMIN], mode[6][termios.VTIME] = b"\1", b"\0"
        termios.tcsetattr(self._keys, termios.TCSANOW, mode)
        self._write(_ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Put the terminal back; a second call does nothing."""
        if not self._left.acquire(blocking=False):  # once and for all
            return
        with suppress(OSError):
            self._write(_LEAVE)
        with suppress(termios.error):
            termios.tcsetattr(self._keys, termios.TCSANOW, self._before)

    def size(self) -> tuple[int, int]:
        """Columns and rows, as they are now."""
        with suppress(OSError):
            found = os.get_terminal_size(self._out)
            if found.columns and found.lines:
                return found.columns, found.lines
        return 80, 24

    def draw(self, lines: Sequence[Line]) -> None:
        """Show lines from the top; each has to be narrower than the screen.

        Raises:
            OSError: the terminal is gone.
        """
        size = self.size()
        begin = "\x1b[H" if size == self._size else "\x1b[2J\x1b[H"
        self._size = size
        shown = [
            f"{_LOOKS[look]}{text}\x1b[0m\x1b[K" if look else f"{text}\x1b[K"
            for text, look in lines[: size[1]]
        ]
        self._write(begin + "\r\n".join(shown) + "\x1b[J")

    def key(self, seconds: float, over: Callable[[], bool] = lambda: False) -> str | None:
        """The key that is pressed within some time; None for none, or once it is over.

        Raises:
            OSError: the terminal is gone.
        """
        until = time.monotonic() + seconds
        while not over() and (left := until - time.monotonic()) > 0:
            if select.select([self._keys], [], [], min(_SLICE, left))[0]:
                pressed = os.read(self._keys, 64)
                if not pressed:
                    raise OSError("the terminal is gone")
                return pressed.decode(errors="replace")
        return None

    def _write(self, text: str) -> None:
        content = memoryview(text.encode(self._encoding, "replace"))
        while content:
            content = content[os.write(self._out, content) :]
