# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Limits of time that a slow or busy machine keeps as well: they grow with what the machine needs.

All are times of the processor, which what else the machine does hardly changes.
"""

from __future__ import annotations

import functools
import resource
import subprocess
import time
from collections.abc import Sequence

USUAL = 0.006
"""Seconds that the machine on which the limits were set needs for `_work`."""
ROOM = 3.0
"""How many times the limit a test may take: caches and clock rates are shared with others."""


def limit(seconds: float) -> float:
    """What this machine is given for what takes `seconds` on the usual one."""
    return ROOM * seconds * max(1.0, _needed() / USUAL)


def of_command(words: Sequence[str]) -> float:
    """Processor seconds of a command, the least of three."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(3))


@functools.cache
def _needed() -> float:
    return min(_work() for _ in range(3))


def _work() -> float:
    begin = time.process_time()
    sum(number * number for number in range(200_000))
    return time.process_time() - begin
