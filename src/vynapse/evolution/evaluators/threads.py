# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `threads`: several threads of this process, for what the kernels compute.

Whole episodes run in one call of the kernels, in which an idle thread takes the next genome. What
else the kernels compute is cut into shares: large ones first, then ever smaller ones, of which an
idle thread takes the next. So one genome that lives long keeps no other thread waiting. All threads
end with each call.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Generator
from itertools import pairwise
from typing import Final, final

import numpy as np
from pydantic import Field

from vynapse.core import Array
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import EvaluatorKind, OneByOne, Shared
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured, joined
from vynapse.evolution.objective import Objective
from vynapse.evolution.policies import Measurement
from vynapse.kernels import native
from vynapse.settings import Settings

_FIRST: Final = 8
"""The part of what is left that a share has: one in so many for each thread. Small shares even out
long lives; large ones save calls."""
_KERNELS: Final = ("numpy", "neat")
"""Encodings that compute in the kernels or in NumPy. Modules of torch run one after the other:
their random numbers come from generators that all threads share."""


class ThreadsSettings(Settings):
    """Keys of evaluator `threads`."""

    count: int | None = Field(
        None, ge=1, description="how many threads measure; null for one for each processor"
    )


@final
class Threads:
    """A pool that lives for one call.

    Args:
        count: how many threads.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing lives beyond a call."""

    def __call__(self, objective: Objective[G], encoding: Encoding[G], genomes: G) -> Measured:
        """Measure all genomes, in as many threads as there is work for."""
        if self._count > 1 and isinstance(objective, Shared):
            shared = objective.in_threads(encoding, genomes, self._count)
            if shared is not None:
                return shared
        alone = isinstance(objective, OneByOne) or encoding.path not in _KERNELS
        if alone or self._count == 1 or len(genomes) < 2:
            return objective.measure(encoding, genomes)
        shares = list(pairwise(_bounds(len(genomes), self._count)))
        parts: dict[int, Measured] = {}
        waiting = iter(range(len(shares)))
        lock = threading.Lock()

        def work(_: int) -> None:
            while True:
                with lock:
                    number = next(waiting, None)
                if number is None:
                    return
                begin, end = shares[number]
                try:
                    with np.errstate(over="ignore", invalid="ignore"):
                        parts[number] = objective.measure(encoding, genomes[begin:end])
                except BaseException:
                    with lock:
                        deque(waiting, maxlen=0)  # nobody begins another
                    raise

        native.in_threads(work, min(self._count, len(shares)))
        return joined([parts[number] for number in range(len(shares))])

    def measurements(
        self, objective: OneByOne, vectors: Array
    ) -> Generator[tuple[int, Measurement], None, None]:
        """Functions of a user may not bear several threads: one after the other."""
        return objective.each(vectors)


def _bounds(genomes: int, threads: int) -> list[int]:
    """Where shares begin, and where the last ends."""
    bounds = [0]
    while bounds[-1] < genomes:
        bounds.append(bounds[-1] + max(1, (genomes - bounds[-1]) // (_FIRST * threads)))
    return bounds


def build(settings: ThreadsSettings) -> Threads:
    """Nothing is started before a call."""
    return Threads(settings.count or os.cpu_count() or 1)


EVALUATOR = EvaluatorKind(
    "threads",
    "in threads of this process, for networks that the kernels compute",
    ThreadsSettings,
    build,
    count="count",
)
