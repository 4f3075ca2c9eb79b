# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How long the parts of a step take: training, validation, evaluation, …

Trainers always add up the wall-clock time of their parts. CPU time is asked of the system, so it is
measured while somebody wants spans alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

USED: Final[ContextVar[dict[str, int] | None]] = ContextVar("vynapse_cpu_of_parts", default=None)
"""Nanoseconds of CPU time by part, while a tracer wants them."""


@contextmanager
def clocked(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Add the wall-clock time of what stands inside to `seconds[name]`, which exists."""
    used = USED.get()
    if used is None:
        began = time.perf_counter()
        yield
        seconds[name] += time.perf_counter() - began
        return
    began, spent = time.perf_counter(), time.process_time_ns()
    yield
    seconds[name] += time.perf_counter() - began
    used[name] = used.get(name, 0) + time.process_time_ns() - spent
