# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the process that writes a run uses of the machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final, final

import psutil

_SECONDS: Final = 2.0
"""How long a measurement is good for."""


@final
class Resources:
    """Processor and memory of the process that holds the lock of a run, on this machine.

    Args:
        lock: the file that it holds.
    """

    def __init__(self, lock: Path) -> None:
        self._lock = lock
        self._process: psutil.Process | None = None
        self._at = float("-inf")
        self._words = ""

    def words(self) -> str:
        """`process 4711: 98 % of a core, 210 MB`; empty where no process is known."""
        now = time.monotonic()
        if now - self._at >= _SECONDS:
            self._at, self._words = now, self._measured()
        return self._words

    def _measured(self) -> str:
        number = holder(self._lock)
        if number is None:
            self._process = None
            return ""
        try:
            if self._process is None or self._process.pid != number:
                self._process = psutil.Process(number)
                self._process.cpu_percent()  # the first one is of no time at all
                self._at = time.monotonic() - _SECONDS / 2
                return f"process {number}: {self._memory(self._process)}"
            share = self._process.cpu_percent()
            return f"process {number}: {share:.0f} % of a core, {self._memory(self._process)}"
        except psutil.Error:
            self._process = None
            return ""

    @staticmethod
    def _memory(process: psutil.Process) -> str:
        return f"{process.memory_info().rss / 1e6:,.0f} MB"


def holder(lock: Path) -> int | None:
    """The process that holds a lock, as Linux knows it; None where none does or nobody says."""
    try:
        inode = str(lock.stat().st_ino)
        lines = Path("/proc/locks").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        # 1: FLOCK ADVISORY WRITE 4711 fe:00:12345 0 EOF
        if len(words) > 5 and words[1:4] == ["FLOCK", "ADVISORY", "WRITE"]:
            number, place = words[4], words[5].split(":")
            if place[-1] == inode and number.isdecimal():
                return int(number)
    return None
