# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `threads`: several threads of this process, for what the kernels compute.

The genomes are cut into many small shares; a thread that is idle takes the next one, so that one
genome that lives long keeps no other thread waiting. All threads end with each call.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from typing import Final, final

import numpy as np
from pydantic import Field

from vynapse.core import Array
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import EvaluatorKind, OneByOne
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured, joined
from vynapse.evolution.objective import Objective
from vynapse.evolution.policies import Measurement
from vynapse.settings import Settings

_SHARES: Final = 16
"""Shares for each thread: more even out long lives better, and cost more calls."""
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
        alone = isinstance(objective, OneByOne) or encoding.path not in _KERNELS
        if alone or self._count == 1 or len(genomes) < 2:
            return objective.measure(encoding, genomes)
        bounds = np.linspace(0, len(genomes), _shares(len(genomes), self._count) + 1).astype(int)
        shares = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
        parts: dict[int, Measured] = {}
        failures: list[BaseException] = []
        waiting = iter(range(len(shares)))
        lock = threading.Lock()

        def work() -> None:
            while not failures:
                with lock:
                    number = next(waiting, None)
                if number is None:
                    return
                begin, end = shares[number]
                try:
                    with np.errstate(over="ignore", invalid="ignore"):
                        parts[number] = objective.measure(encoding, genomes[begin:end])
                except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                    failures.append(error)

        others = [threading.Thread(target=work, daemon=True) for _ in range(self._count - 1)]
        for thread in others:
            thread.start()
        work()
        for thread in others:
            thread.join()
        if failures:
            raise failures[0]
        return joined([parts[number] for number in range(len(shares))])

    def measurements(
        self, objective: OneByOne, vectors: Array
    ) -> Generator[tuple[int, Measurement], None, None]:
        """Functions of a user may not bear several threads: one after the other."""
        return objective.each(vectors)


def _shares(genomes: int, threads: int) -> int:
    return min(genomes, _SHARES * threads)


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
