# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Actors of Ray as workers. The only module that imports Ray."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, Final, final

import ray
from ray.exceptions import RayActorError, RayError, RaySystemError

from vynapse.distributed import work
from vynapse.distributed.crew import Answer, WorkerFailed
from vynapse.errors import ConfigError
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.workers import portable

_KEPT: Final = 2
"""Jobs that an actor keeps ready."""


@final
class Stored:
    """A job in the object store: who hears of it asks for it once.

    Args:
        reference: that of (objective, encoding), or of (objective, None) for a function.
    """

    def __init__(self, reference: Any) -> None:
        self.reference = reference

    def __reduce__(self) -> tuple[Any, ...]:
        """The reference alone travels; Ray would else send what it stands for each time."""
        return Stored, (self.reference,)


def stored(objective: Any, encoding: Any) -> Stored:
    """The job of an objective and an encoding.

    Raises:
        ConfigError: it cannot be sent to another process.
    """
    try:
        return Stored(ray.put((objective, encoding)))
    except (TypeError, AttributeError, RayError) as error:
        raise ConfigError(
            f"evaluator: the objective cannot be sent to other processes ({error}): define its "
            "parts at the top level of modules, or measure inline"
        ) from None


class _Measuring:
    """What lives in the actor's process."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Any] = OrderedDict()

    def measure(self, job: Stored, payload: Any) -> tuple[Any, float]:
        """What was measured of a batch, and the seconds that it took."""
        key = job.reference.hex()
        if key not in self._jobs:
            self._jobs[key] = ray.get(job.reference)
            while len(self._jobs) > _KEPT:
                self._jobs.popitem(last=False)
        objective, encoding = self._jobs[key]
        began = time.perf_counter()
        if isinstance(objective, FunctionObjective):
            found = work.outcomes(objective, payload, lambda: False)
            value: Any = [portable(one) if isinstance(one, Exception) else one for one in found]
        else:
            value = work.measured(objective, encoding, payload)
        return value, time.perf_counter() - began

    def beat(self) -> None:
        """It lives."""


@final
class Actor:
    """One actor as a worker.

    Args:
        name: what it is called.
        processors: how many it asks for.
    """

    def __init__(self, name: str, processors: float) -> None:
        self.name, self._processors = name, processors
        self.processor = ""
        self._handle: Any = None

    def connect(self) -> Future[None]:
        """A fresh actor; ready with its first heartbeat."""
        remote: Any = ray.remote
        options = {"num_cpus": self._processors, "max_restarts": 0}
        model = remote(**options, concurrency_groups={"health": 1})(_Measuring)
        self._handle = model.remote()
        return self.beat(0.0)

    def begin(self, job: Stored, payload: Any) -> Future[Answer]:
        """Let it measure a batch."""
        heard = self._handle.measure.remote(job, payload).future()
        return _told(heard, lambda found: Answer(*found))

    def beat(self, seconds: float) -> Future[None]:
        """It answers beside what it measures."""
        heard = self._handle.beat.options(concurrency_group="health").remote().future()
        answered = _told(heard, lambda _: None)
        if seconds > 0:
            _give_up(answered, seconds)
        return answered

    def end(self) -> None:
        """The actor is killed."""
        handle, self._handle = self._handle, None
        if handle is not None and ray.is_initialized():
            ray.kill(handle)


def _told(heard: Future[Any], meant: Any) -> Future[Any]:
    """A future of ours that knows our exceptions."""
    told: Future[Any] = Future()

    def tell(done: Future[Any]) -> None:
        error = done.exception()
        with suppress(InvalidStateError):  # it was given up
            if error is None:
                told.set_result(meant(done.result()))
            elif isinstance(error, RayActorError | RaySystemError):
                told.set_exception(WorkerFailed("death", _short(error)))
            elif isinstance(error, RayError):
                told.set_exception(WorkerFailed("garbage", _short(error)))
            else:
                told.set_exception(error)

    heard.add_done_callback(tell)
    return told


def _give_up(answered: Future[None], seconds: float) -> None:
    """Fail it after a while, whatever Ray says later."""

    def late() -> None:
        with suppress(InvalidStateError):
            answered.set_exception(WorkerFailed("silent", f"no heartbeat for {seconds:g} s"))

    timer = threading.Timer(seconds, late)
    timer.daemon = True
    timer.start()
    answered.add_done_callback(lambda _: timer.cancel())


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]:.200}"
