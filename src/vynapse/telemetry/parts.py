# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How long the parts of a step take: training, validation, evaluation, …

Trainers always add up the wall-clock time of their parts. CPU time is asked of the system, so it is
measured while somebody wants spans alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final, final

USED: Final[ContextVar[dict[str, int] | None]] = ContextVar("vynapse_cpu_of_parts", default=None)
"""Nanoseconds of CPU time by part, while a tracer wants them."""

WAITING: Final = "waiting for data"
"""The part of a step that waits for its batch, or makes it itself."""


def parted(seconds: Mapping[str, float], waited: float) -> dict[str, float]:
    """The parts, with what `training` has waited for its batches as a part of its own."""
    if not waited:
        return dict(seconds)
    training = max(0.0, seconds["training"] - waited)
    return {**seconds, "training": training, WAITING: waited}


@final
class clocked:
    """Adds the wall-clock time of what stands inside to `seconds[name]`, which exists.

    What ends with an error is not counted.
    """

    __slots__ = ("_began", "_name", "_seconds", "_spent", "_used")

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> None:
        self._used = USED.get()
        self._spent = 0 if self._used is None else time.process_time_ns()
        self._began = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: object) -> None:
        if kind is not None:
            return
        name = self._name
        self._seconds[name] += time.perf_counter() - self._began
        if self._used is not None:
            self._used[name] = self._used.get(name, 0) + time.process_time_ns() - self._spent
