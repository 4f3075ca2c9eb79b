# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How one worker of a crew stands: whether it can work, what it is at, how often it failed."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, Final, Literal, final

from vynapse.distributed.batches import Batch
from vynapse.distributed.crew import Worker

State = Literal["resting", "connecting", "ready", "excluded"]
_EXCLUDED: Final = 6.0
"""Strikes with which a worker is used no more."""
_PARDON: Final = 0.05
"""Strikes that a good answer takes away: who fails with every other batch is excluded soon."""
_REST: Final = 0.1
_LONGEST: Final = 10.0
"""Seconds that a worker rests after its first strike, doubled with each further one; at most."""


@final
@dataclass(slots=True, eq=False)
class Standing:
    """A worker and what is known of it.

    Attributes:
        worker: the worker.
        state: whether it can work.
        until: when its rest ends, in `time.monotonic`.
        flights: the batches that it has, by their numbers, the oldest first.
        clock: when it began with the oldest.
        beat: the number of the heartbeat that it owes; None where it owes none.
        beat_at: when the next one is due.
        strikes: how bad it is.
        genomes, batches, failures: counts since the start.
        seconds: spent on measuring, as it says.
        reason: why it failed last.
    """

    worker: Worker
    state: State = "resting"
    until: float = 0.0
    flights: dict[int, Batch] = field(default_factory=dict)
    clock: float = 0.0
    beat: int | None = None
    beat_at: float = 0.0
    strikes: float = 0.0
    genomes: int = 0
    batches: int = 0
    failures: int = 0
    seconds: float = 0.0
    reason: str = ""

    def put(self, number: int, batch: Batch) -> None:
        """It has a batch more."""
        if not self.flights:
            self.clock = time.monotonic()
        self.flights[number] = batch

    def done(self, number: int, seconds: float) -> Batch:
        """It has measured a batch."""
        batch = self.flights.pop(number)
        self.clock = time.monotonic()
        self.strikes = max(0.0, self.strikes - _PARDON)
        self.genomes, self.batches = self.genomes + len(batch), self.batches + 1
        self.seconds += seconds
        return batch

    def failed(self, reason: str, *, strike: bool) -> list[Batch]:
        """It failed, and rests for a while; the batches that it had."""
        batches, self.flights, self.beat = [*self.flights.values()], {}, None
        self.failures, self.reason = self.failures + 1, reason
        self.strikes += strike
        self.state = "excluded" if self.strikes >= _EXCLUDED else "resting"
        self.until = time.monotonic() + self.rest()
        return batches

    def rest(self) -> float:
        """Seconds that it rests with so many strikes."""
        doublings = min(20.0, max(0.0, self.strikes - 1.0))
        return min(_LONGEST, _REST * math.pow(2.0, doublings))

    def shown(self) -> dict[str, Any]:
        """For the record."""
        return {
            "worker": self.worker.name,
            "state": self.state,
            "in_flight": len(self.flights),
            "genomes": self.genomes,
            "batches": self.batches,
            "failures": self.failures,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
        }
