# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluation in worker processes that may die or hang without harm.

Each worker is a process with a pipe of its own. Losing one loses the evaluation it was at and
nothing else. It is replaced, and the evaluation is tried again or settled by the policy. Losses are
those of the function, whatever the number of workers and the order in which they finish.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from types import TracebackType
from typing import Any, TypeVar, final

import numpy as np

from vynapse.core import Array
from vynapse.core.parent import end_with_parent
from vynapse.errors import ConfigError, TrainingError
from vynapse.evolution.fitness import Losses
from vynapse.evolution.function import Answer, Function, attempt
from vynapse.evolution.policies import (
    Dead,
    Late,
    Measurement,
    Policy,
    Trouble,
    not_whole,
)
from vynapse.seeding import I64
from vynapse.user_code import remember_place

# a fresh interpreter: it inherits neither threads nor open pipes, so that a death is always seen
_SPAWN = multiprocessing.get_context("spawn")
T = TypeVar("T")
Job = Callable[[Any], Any]
"""What workers do with an item; it is sent to them by name, its items as data."""
_PATIENCE = 5.0
"""Seconds that an idle worker has to end by itself."""


@final
class WorkerPool:
    """Processes that evaluate a plain function, one genome at a time each.

    Use it as a context manager: the processes end with the block. They ignore Ctrl-C, which is the
    parent's to handle. They are fresh interpreters that import the function's module, so a script
    that makes a pool has to do so under `if __name__ == "__main__":`. The function cannot start
    processes by `multiprocessing` itself.

    Args:
        function: genome (p,) -> one real number, lower is better; it must be importable.
        workers: how many processes.
        policy: what becomes of evaluations that give no usable loss.

    Attributes:
        troubles: how many evaluations were penalised so far, by trouble.
        replaced: how many workers died or were killed for being late so far.

    Raises:
        ConfigError: `workers` is below 1, or the function cannot be sent to another process.
    """

    def __init__(self, function: Function, workers: int, policy: Policy | None = None) -> None:
        if problems := not_whole("workers", workers, least=1):
            raise ConfigError(problems)
        refuse_unimportable(function)
        self._function, self._policy, self._size = function, policy or Policy(), workers
        self._job: Job = Answer(function)
        self.troubles: dict[Trouble, int] = {}
        self.replaced = 0
        self._workers: list[_Worker] = []
        self._stillborn = 0
        self._fill()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes; busy ones at once. A closed pool evaluates nothing any more."""
        workers, self._workers, self._size = self._workers, [], 0
        for worker in workers:
            worker.hang_up()
        for worker in workers:
            worker.end()

    def evaluate(self, genomes: Array, ids: I64 | None = None) -> Losses:
        """Losses in the order of the genomes, +inf for what was penalised.

        Args:
            genomes: (n, p).
            ids: (n,) numbers of the genomes for sentences; None counts from 0.

        Raises:
            TrainingError: an evaluation failed and the policy is to raise; of several, the one that
                stands first. Or workers end before they begin.
        """
        losses = np.full(len(genomes), np.inf)
        for row, measurement in self.measure(genomes, ids):
            losses[row] = measurement.values
        return losses

    def measure(
        self, genomes: Array, ids: I64 | None = None
    ) -> Generator[tuple[int, Measurement], None, None]:
        """Rows and what was measured, as they finish; arguments and errors are `evaluate`'s.

        What still runs when the iterator is closed is killed.
        """
        identities = np.arange(len(genomes)) if ids is None else ids
        return self.each(
            genomes,
            lambda row, outcome: self._policy.settle(int(identities[row]), genomes[row], outcome),
        )

    def use(self, job: Job) -> None:
        """Let the workers do something else with the items that come.

        Raises:
            ConfigError: the job cannot be sent to another process.
        """
        refuse_unimportable(job)
        self._job = job

    def each(
        self, items: Sequence[Any] | Array, settle: Callable[[int, Any], T]
    ) -> Generator[tuple[int, T], None, None]:
        """Rows of items and what counts of them, as they finish.

        Args:
            items: what the workers' job takes, one at a time.
            settle: row and outcome -> what counts of it, or a TrainingError.

        Raises:
            TrainingError: one that `settle` raised; of several, the one that stands first. Or
                workers end before they begin.
        """
        if self._size == 0:
            raise ConfigError("the pool is closed: make another one")
        self._fill()
        queue, tries = deque(range(len(items))), [0] * len(items)
        failures: dict[int, TrainingError] = {}
        try:
            while queue or any(worker.row is not None for worker in self._workers):
                self._hand_out(queue, items)
                for row, outcome in self._collect():
                    tries[row] += 1
                    if tries[row] < self._policy.tries(outcome):
                        queue.appendleft(row)
                        continue
                    try:
                        settled = settle(row, outcome)
                    except TrainingError as error:
                        failures[row] = error
                        continue
                    self._count_trouble(settled)
                    yield row, settled
                if failures:
                    self._refuse(failures, queue)
        finally:
            for worker in [worker for worker in self._workers if worker.row is not None]:
                self._discard(worker)

    def _count_trouble(self, settled: object) -> None:
        if isinstance(settled, Measurement) and settled.trouble is not None:
            self.troubles[settled.trouble] = self.troubles.get(settled.trouble, 0) + 1

    def _refuse(self, failures: Mapping[int, TrainingError], queue: deque[int]) -> None:
        """Raise the first failure once nothing before it is still being measured."""
        first = min(failures)
        for row in [row for row in queue if row > first]:
            queue.remove(row)
        busy = [worker.row for worker in self._workers if worker.row is not None]
        if min([*queue, *busy], default=first) >= first:
            raise failures[first]

    def _hand_out(self, queue: deque[int], items: Sequence[Any] | Array) -> None:
        for worker in self._workers:
            if queue and worker.ready and worker.row is None:
                row = queue.popleft()
                worker.begin(row, self._job, items[row], self._policy.timeout)

    def _collect(self) -> list[tuple[int, Any]]:
        """Wait until something has happened; rows and outcomes of what has ended."""
        deadlines = [worker.deadline for worker in self._workers if worker.deadline is not None]
        patience = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        heard = wait([worker.pipe for worker in self._workers], patience)
        ended: list[tuple[int, Any]] = []
        for worker in self._workers.copy():
            row = worker.row
            outcome: Any = None
            if worker.pipe in heard:
                outcome = worker.hear()
                self._count_births(worker, outcome)
            elif worker.deadline is not None and time.monotonic() >= worker.deadline:
                outcome = Late(self._policy.timeout or 0.0)
            if isinstance(outcome, Dead | Late):
                self._discard(worker)
                self.replaced += 1
            if outcome is not None and row is not None:
                ended.append((row, outcome))
        self._fill()
        return ended

    def _count_births(self, worker: _Worker, outcome: object) -> None:
        """One worker may die before it began; a row of them means that none ever will begin."""
        self._stillborn = 0 if worker.ready else self._stillborn + 1
        if self._stillborn > self._policy.retries:
            name = getattr(self._function, "__qualname__", repr(self._function))
            raise TrainingError(
                f"worker processes end by {outcome} before they begin, the reason stands above: "
                f"function {name} must be importable from a file, and a script must start its "
                'work under if __name__ == "__main__":'
            )

    def _fill(self) -> None:
        while len(self._workers) < self._size:
            self._workers.append(_Worker(self._job))

    def _discard(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.end(at_once=True)


@final
class _Worker:
    """A process, the parent's end of its pipe, and what it is busy with.

    Attributes:
        ready: it has imported the function and takes genomes.
        row: the row of the genome it is at, None while it is idle.
        deadline: when it is late, in `time.monotonic`.
    """

    def __init__(self, job: Job) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        self._job = job
        self._process = _SPAWN.Process(target=_work, args=(job, theirs), daemon=True)
        with deaf_to_interrupts():
            self._process.start()
        theirs.close()
        self.ready = False
        self.row: int | None = None
        self.deadline: float | None = None

    def begin(self, row: int, job: Job, item: Any, timeout: float | None) -> None:
        """Send an item, and the job where it is a new one. If it is dead, `hear` will say so."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send((None if job is self._job else job, item))
        self._job = job
        self.row = row
        self.deadline = None if timeout is None else time.monotonic() + timeout

    def hear(self) -> Any:
        """What came of the item, or of the process; None where it has just become ready."""
        try:
            outcome: Any = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return Dead(self._process.exitcode or 0)
        self.ready = True
        self.row = self.deadline = None
        return outcome

    def hang_up(self) -> None:
        """An idle process ends by itself when nothing can come any more."""
        self.pipe.close()

    def end(self, at_once: bool = False) -> None:
        """End the process and leave nothing of it behind."""
        if self.row is None and not at_once:
            self._process.join(_PATIENCE)
        self._process.kill()
        self._process.join()
        self._process.close()
        self.pipe.close()


def refuse_unimportable(function: Job) -> None:
    """A worker gets the function by name, so it has to have one.

    Raises:
        ConfigError: the function cannot be sent to another process.
    """
    try:
        ForkingPickler.dumps(function)
    except Exception as error:
        named = getattr(function, "function", function)
        name = getattr(named, "__qualname__", repr(named))
        raise ConfigError(
            f"function {name} cannot be sent to worker processes ({error}): define it at the top "
            "level of a module, or evaluate in this process (workers=1 and no timeout)"
        ) from error


def _work(job: Job, pipe: Connection) -> None:
    """What a worker does: say that it is ready, then answer items until the pipe is closed."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    outcome: Any = None
    # the parent closed the pipe, or is no more
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            pipe.send(outcome)
            other, item = pipe.recv()
            job = job if other is None else other
            outcome = attempt(job, item)
            if isinstance(outcome, Exception):
                outcome = portable(outcome)


def portable(error: Exception) -> Exception:
    """The exception with its traceback as a note, or where it cannot travel, one that says so."""
    trace = "".join(traceback.format_exception(error))
    error.add_note(f"in a worker process:\n{trace}")
    remember_place(error)
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its constructor or its attributes do
        plain = RuntimeError(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__)
        plain.add_note(f"in a worker process:\n{trace}")
        remember_place(plain)
        return plain
    return error


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """A process started here never sees Ctrl-C; the parent sees it afterwards."""
    # starting it later would lift the block
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
