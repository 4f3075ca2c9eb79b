# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Workers that are threads of this process and fail as they are told, and functions to measure."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from vynapse.core import Array, Cost
from vynapse.distributed.crew import Answer, CrewKeys, WorkerFailed
from vynapse.distributed.evaluator import Distributed
from vynapse.evolution.measured import Measured

Plan = Callable[[str, Array], WorkerFailed | Exception | float | None]
"""Worker and genomes -> how it fails, seconds that it sleeps, or None."""


class Fake:
    """A worker in a thread; the plan says how it fails."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name, self.processor, self._plan = name, "", plan
        self._thread = ThreadPoolExecutor(1)
        self.frozen = threading.Event()
        self.connections = 0

    def connect(self) -> Future[None]:
        self.connections += 1
        self.frozen.clear()
        return self._thread.submit(lambda: None)

    def begin(self, job: Any, payload: Any) -> Future[Answer]:
        return self._thread.submit(self._measure, job, payload)

    def beat(self, seconds: float) -> Future[None]:
        beat: Future[None] = Future()
        if self.frozen.is_set():
            beat.set_exception(WorkerFailed("silent", "no heartbeat"))
        else:
            beat.set_result(None)
        return beat

    def end(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._thread = ThreadPoolExecutor(1)

    def _measure(self, job: Any, payload: Any) -> Answer:
        what = self._plan(self.name, payload)
        if isinstance(what, Exception):
            raise what
        time.sleep(what or 0.0)
        objective, encoding = job
        if encoding is None:
            return Answer([float(vector.sum()) for vector in payload], 0.001)
        return Answer(objective.measure(encoding, encoding.unpack(payload)), 0.001)


class FakeCrew:
    """Some of them."""

    largest: int | None = None

    def __init__(self, count: int, plan: Plan) -> None:
        self.fakes = [Fake(f"fake {number}", plan) for number in range(count)]

    def workers(self) -> list[Any]:
        return [*self.fakes]

    def job(self, objective: Any, encoding: Any) -> Any:
        return objective, encoding

    def close(self) -> None:
        """Threads end by themselves."""


class Sums:
    """An objective: the sum of the weights."""

    def measure(self, encoding: Any, genomes: Any) -> Measured:
        cost = Cost(forwards=len(genomes), backwards=0, flops=0)
        return Measured(genomes.sum(axis=1, dtype=np.float64), cost)


def fakes(count: int, plan: Plan, **keys: Any) -> Distributed:
    return Distributed(FakeCrew(count, plan), CrewKeys(**{"heartbeat": 0.2, **keys}))


def refuse_leaks(evaluator: Distributed) -> None:
    """Evaluations are genomes and what was logged as repeated, and nothing else."""
    counts, notes = evaluator.journal.counts, evaluator.journal.notes
    logged = sum(note["genomes"] for note in notes if note["kind"] == "repeat")
    assert counts["repeats"] == logged
    assert counts["evaluations"] == counts["genomes"] + logged + counts["given_up"]


def sphere(vector: Any) -> float:
    return float((vector**2).sum())


def asleep(vector: Any) -> float:
    time.sleep(0.02)
    return float((vector**2).sum())
