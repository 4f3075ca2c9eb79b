# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Batches to workers and answers back, whatever happens to the workers.

One thread decides: that of the caller. Futures put what happened into a queue, and it looks there.
Each worker has up to two batches, so that it never waits for the next. A worker that fails loses
its batches to others, rests, and is started or reached again. What it fails with too often is
settled by the caller; who fails too often is excluded. Each repetition is noted.
"""

from __future__ import annotations

import itertools
import logging
import os
import queue
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, final

from vynapse.distributed.batches import Batch, Batches, Pace
from vynapse.distributed.crew import Answer, CrewKeys, Worker, WorkerFailed, WorkerRefused
from vynapse.distributed.journal import Journal
from vynapse.distributed.standing import Standing
from vynapse.distributed.work import processor
from vynapse.errors import TrainingError

_LOG: Final = logging.getLogger("vynapse.cluster")
DEPTH: Final = 2
"""Batches that a worker has at once: the second is there when the first is done."""
_MISSED: Final = 3
"""Heartbeats after which a worker is lost."""
_LOOK: Final = 0.5
"""Seconds between two looks at clocks, at most."""

Tries = Callable[[WorkerFailed], int]
"""How many workers may fail so with a genome by itself."""
Done = tuple[Batch, Answer | WorkerFailed]
"""A batch and what came of it: a failure only of single genomes that are given up."""


@final
class Dispatcher:
    """Knows the workers and how they stand; it lives as long as they do.

    Args:
        workers: none of them started.
        keys: how patient it is.
        journal: where it notes what happens.
    """

    def __init__(self, workers: list[Worker], keys: CrewKeys, journal: Journal) -> None:
        self._crew = [Standing(worker) for worker in workers]
        self._keys, self._journal, self._pace = keys, journal, Pace()
        self._numbers = itertools.count(1)
        self._processor, self._unlike = processor(), False
        journal.note("started", process=os.getpid(), workers=len(workers))
        self._heard: queue.SimpleQueue[tuple[Standing, str, int, Future[Any]]] = queue.SimpleQueue()

    def close(self) -> None:
        """Let go of all workers."""
        for one in self._crew:
            if one.state in ("connecting", "ready"):
                one.worker.end()
        self._journal.stand(self._shown(), now_or_never=True)

    def each(
        self,
        job: Any,
        batches: Batches,
        cut: Callable[[Batch], Any],
        tries: Tries,
        timeout: float | None,
    ) -> Generator[Done, None, None]:
        """Batches and what came of them, as they finish.

        Args:
            job: what `Worker.begin` takes.
            batches: what is to be measured.
            cut: the genomes of a batch as `Worker.begin` takes them.
            tries: how many workers may fail with a genome by itself.
            timeout: seconds that a batch may take; None for any time.

        Raises:
            TrainingError: there is no worker left.
        """
        began = time.monotonic()
        try:
            while len(batches) or any(one.flights for one in self._crew):
                self._reach()
                self._hand_out(job, batches, cut)
                for one, what, number, future in self._wait(timeout):
                    yield from self._hear(one, what, number, future, batches, tries)
                yield from self._look(batches, tries, timeout)
                self._journal.stand(self._shown())
        finally:
            for one in self._crew:
                if one.flights:  # the caller wants no more
                    one.worker.end()
                    for batch in one.failed("given up", strike=False):
                        self._journal.counts["given_up"] += len(batch)
            self._journal.spent(time.monotonic() - began)

    def _reach(self) -> None:
        """Start or reach those whose rest is over."""
        now = time.monotonic()
        for one in self._crew:
            if one.state == "resting" and now >= one.until:
                one.state = "connecting"
                self._listen(one, "connect", one.worker.connect())
        if all(one.state == "excluded" for one in self._crew):
            reasons = dict.fromkeys(f"{one.worker.name}: {one.reason}" for one in self._crew)
            told = "; ".join([*reasons][:3])
            raise TrainingError(
                f"evaluator: no worker is left ({told}): mend them, and resume the run"
            )

    def _hand_out(self, job: Any, batches: Batches, cut: Callable[[Batch], Any]) -> None:
        ready = [one for one in self._crew if one.state == "ready"]
        working = sum(one.state != "excluded" for one in self._crew)
        for depth in range(DEPTH):
            for one in ready:
                if len(one.flights) > depth or any(batch.alone for batch in one.flights.values()):
                    continue
                batch = batches.take(
                    one.worker.name,
                    self._pace,
                    working,
                    idle=not one.flights,
                    only=len(ready) == 1,
                )
                if batch is not None:
                    counts = self._journal.counts
                    counts["evaluations"] += len(batch)
                    counts["batches"] += 1
                    number = self._listen(one, "batch", one.worker.begin(job, cut(batch)))
                    one.put(number, batch)

    def _listen(self, one: Standing, what: str, future: Future[Any]) -> int:
        """Hear what becomes of it, under a number of its own."""
        number = next(self._numbers)
        future.add_done_callback(lambda done: self._heard.put((one, what, number, done)))
        return number

    def _wait(self, timeout: float | None) -> list[tuple[Standing, str, int, Future[Any]]]:
        """What happened, once something has, or a clock wants to be looked at."""
        now = time.monotonic()
        times = [one.until for one in self._crew if one.state == "resting"]
        times += [one.beat_at for one in self._crew if one.state == "ready" and one.beat is None]
        if timeout is not None:
            times += [one.clock + timeout for one in self._crew if one.flights]
        patience = min([_LOOK, *(when - now for when in times)])
        heard = []
        try:
            heard.append(self._heard.get(timeout=max(0.001, patience)))
            while True:
                heard.append(self._heard.get_nowait())
        except queue.Empty:
            return heard

    def _hear(
        self,
        one: Standing,
        what: str,
        number: int,
        future: Future[Any],
        batches: Batches,
        tries: Tries,
    ) -> Generator[Done, None, None]:
        if what == "batch" and number not in one.flights:
            return  # it was given up
        if what == "beat" and number != one.beat:
            return
        error = None if future.cancelled() else future.exception()
        if future.cancelled():
            error = WorkerFailed("unreachable", "its work was cancelled")
        if isinstance(error, WorkerRefused):
            one.strikes = float("inf")
            error = WorkerFailed("unreachable", str(error))
        if isinstance(error, WorkerFailed):
            yield from self._lose(one, error, batches, tries)
        elif error is not None:
            raise error
        elif what == "batch":
            answer: Answer = future.result()
            batch = one.done(number, answer.seconds)
            self._pace.learn(len(batch), answer.seconds)
            self._journal.counts["genomes"] += len(batch)
            yield batch, answer
        elif what == "connect" and one.state == "connecting":
            one.state, one.beat = "ready", None
            one.beat_at = time.monotonic() + self._keys.heartbeat
            self._connected(one.worker)
        elif what == "beat":
            one.beat, one.beat_at = None, time.monotonic() + self._keys.heartbeat

    def _connected(self, worker: Worker) -> None:
        """Note it, and warn once of a processor that may differ in last bits."""
        self._journal.note("connected", worker=worker.name, processor=worker.processor)
        if worker.processor and worker.processor != self._processor and not self._unlike:
            self._unlike = True
            _LOG.warning(
                "worker %s has another processor (%s) than this machine (%s): last bits may differ",
                worker.name,
                worker.processor,
                self._processor,
            )

    def _look(
        self, batches: Batches, tries: Tries, timeout: float | None
    ) -> Generator[Done, None, None]:
        """Look at the clocks."""
        now = time.monotonic()
        for one in self._crew:
            if one.flights and timeout is not None and now >= one.clock + timeout:
                late = WorkerFailed("late", f"a batch took longer than {timeout:g} s")
                yield from self._lose(one, late, batches, tries)
            elif one.state == "ready" and one.beat is None and now >= one.beat_at:
                patience = _MISSED * self._keys.heartbeat
                one.beat = self._listen(one, "beat", one.worker.beat(patience))

    def _lose(
        self, one: Standing, failure: WorkerFailed, batches: Batches, tries: Tries
    ) -> Generator[Done, None, None]:
        """A worker failed: its batches go to others, unless one of them has failed too often."""
        one.worker.end()
        innocent = failure.fault in ("garbage", "silent", "unreachable")
        first = next(iter(one.flights.values()), None)
        # who fails with a batch that others have failed with is not to blame
        strike = innocent or first is None or first.tries == 0
        lost = one.failed(failure.reason, strike=strike)
        name, note = one.worker.name, partial(self._journal.note, worker=one.worker.name)
        note("lost", fault=failure.fault, reason=failure.reason, rest=one.rest())
        if one.state == "excluded":
            note("excluded", reason=failure.reason)
        for place, batch in enumerate(lost):
            # of two batches, the one that waited behind the other was not begun when that was late
            if innocent or (failure.fault == "late" and place > 0):
                batches.back(batch, name)
            elif len(batch) == 1 and batch.tries + 1 >= tries(failure):
                note("killer", genome=batch.begin, tries=batch.tries + 1)
                self._journal.counts["genomes"] += 1
                yield batch, failure
                continue
            else:
                batches.suspect(batch, name)
            self._journal.counts["repeats"] += len(batch)
            note("repeat", genomes=len(batch), first=batch.begin, fault=failure.fault)

    def _shown(self) -> list[dict[str, Any]]:
        return [one.shown() for one in self._crew]
