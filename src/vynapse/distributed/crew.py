# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the workers of a crew have in common, whatever carries their work."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, Protocol, final, runtime_checkable

from pydantic import Field

from vynapse.errors import VynapseError
from vynapse.evolution.policies import Action
from vynapse.settings import Settings

Fault = Literal["death", "late", "silent", "garbage", "unreachable"]
"""How a worker can fail: it died, was late with a batch, did not answer a heartbeat, answered what
is no answer, or could not be reached."""


class CrewKeys(Settings):
    """Keys that evaluators of several machines share."""

    timeout: float | None = Field(
        None,
        gt=0,
        description="seconds that a worker may take for a batch, then the batch goes to another; "
        "null for any time",
    )
    heartbeat: float = Field(
        5.0,
        gt=0,
        description="seconds between two heartbeats; a worker that misses three is lost",
    )
    tries: int = Field(
        3, ge=1, description="how many workers a genome may kill or keep too long, one by one"
    )
    on_death: Action = Field(
        "raise",
        description="what becomes of a genome that kills its workers again and again: raise ends "
        "the run, penalise counts it as the worst",
    )


class WorkerFailed(Exception):
    """A worker gave no answer; another one may.

    Args:
        fault: how it failed.
        reason: the end of a sentence.
    """

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault, self.reason = fault, reason


class WorkerRefused(Exception):
    """A worker that can never be used, such as one of another version; it says why."""


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker measured of a batch.

    Attributes:
        value: a `Measured`, a list of outcomes for a function, or an error that would come
            everywhere.
        seconds: how long it took.
    """

    value: Any
    seconds: float

    @property
    def error(self) -> VynapseError | None:
        """The error, where it is one."""
        return self.value if isinstance(self.value, VynapseError) else None


@runtime_checkable
class Worker(Protocol):
    """One that measures batches. None of its methods waits for it.

    Attributes:
        name: what it is called in sentences and records.
        processor: what its processor is called; empty where that is not known.
    """

    name: str
    processor: str

    def connect(self) -> Future[None]:
        """Start it or reach it, for the first time or after `end`."""

    def begin(self, job: Any, payload: Any) -> Future[Answer]:
        """Let it measure a batch; up to two may wait at a time.

        The future raises WorkerFailed, or WorkerRefused.
        """

    def beat(self, seconds: float) -> Future[None]:
        """Its heartbeat; the future raises WorkerFailed if there is none in so many seconds."""

    def end(self) -> None:
        """Let go of it at once; what it was at is lost."""


@runtime_checkable
class Crew(Protocol):
    """Workers, and how they get to know what to do.

    Attributes:
        largest: bytes that the genomes of a batch may have; None for any number.
    """

    largest: int | None

    def workers(self) -> list[Worker]:
        """All of them, none started yet.

        Raises:
            VynapseError: there cannot be any.
        """

    def job(self, objective: Any, encoding: Any) -> Any:
        """What `Worker.begin` takes as its job.

        Args:
            objective: what genomes are measured by.
            encoding: what they mean; None where vectors of a function are sent.

        Raises:
            ConfigError: it cannot be sent.
        """

    def close(self) -> None:
        """End what was started, once all workers have ended."""
