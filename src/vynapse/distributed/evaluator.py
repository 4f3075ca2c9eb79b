# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The evaluator that measures with a crew of workers, whatever carries their work."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from types import TracebackType
from typing import Any, final

import numpy as np
import numpy.typing as npt

from vynapse.core import NO_COST, Array
from vynapse.distributed.batches import Batch, Batches
from vynapse.distributed.crew import Answer, Crew, CrewKeys, WorkerFailed
from vynapse.distributed.dispatch import Dispatcher
from vynapse.distributed.journal import Journal
from vynapse.errors import TrainingError, VynapseError
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import OneByOne
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured, joined
from vynapse.evolution.objective import Objective
from vynapse.evolution.policies import Dead, Late, Measurement

_KILLED = 9


@final
class Distributed:
    """Measures with workers that are started at the first use; they end with the block.

    Args:
        crew: the workers.
        keys: how patient to be with them.

    Attributes:
        journal: what happened to them.
    """

    def __init__(self, crew: Crew, keys: CrewKeys) -> None:
        self._crew, self._keys, self.journal = crew, keys, Journal()
        self._dispatcher: Dispatcher | None = None
        self._job: tuple[object, object, Any] | None = None

    def __enter__(self) -> Distributed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        dispatcher, self._dispatcher, self._job = self._dispatcher, None, None
        if dispatcher is not None:
            try:
                dispatcher.close()
            finally:
                self._crew.close()

    def __call__(self, objective: Objective[G], encoding: Encoding[G], genomes: G) -> Measured:
        """What was measured, in the order of the genomes.

        Raises:
            ConfigError: the objective cannot be sent to other machines.
            TrainingError: it could not be measured, or there is no worker left.
        """
        if isinstance(objective, OneByOne):
            vectors = objective.vectors(encoding, genomes)
            return objective.gather(len(genomes), self.measurements(objective, vectors))

        def cut(batch: Batch) -> Any:
            return encoding.pack(encoding.select(genomes, np.arange(batch.begin, batch.end)))

        job = self._job_of(objective, encoding)
        batches = Batches(len(genomes), encoding.together, self._most(cut(Batch(0, 1))))
        parts: dict[int, Measured | WorkerFailed] = {}
        errors: dict[int, VynapseError] = {}
        timeout = self._keys.timeout
        for batch, outcome in self._ready().each(job, batches, cut, self._tries, timeout):
            if isinstance(outcome, Answer) and outcome.error is not None:
                errors[batch.begin] = outcome.error
            else:
                parts[batch.begin] = self._part(batch, outcome)
        if errors:
            raise errors[min(errors)]
        return _joined([parts[row] for row in sorted(parts)])

    def measurements(
        self, objective: OneByOne, vectors: Array
    ) -> Generator[tuple[int, Measurement], None, None]:
        """Rows and what was measured, as they finish."""
        policy = objective.policy
        job = self._job_of(objective, None)
        batches = Batches(
            len(vectors),
            most=self._most(vectors[:1]),
            whole=bool(getattr(objective, "batched", False)),
            alone=policy.timeout is not None,
        )
        errors: dict[int, VynapseError] = {}
        timeout = policy.timeout or self._keys.timeout

        def cut(batch: Batch) -> Array:
            return vectors[batch.begin : batch.end]

        def tries(failure: WorkerFailed) -> int:
            return policy.tries(_outcome(failure, timeout))

        for batch, outcome in self._ready().each(job, batches, cut, tries, timeout):
            if isinstance(outcome, WorkerFailed):
                outcomes = [_outcome(outcome, timeout)]
            elif outcome.error is not None:
                errors[batch.begin] = outcome.error
                continue
            else:
                outcomes = outcome.value
            for row, what in enumerate(outcomes, start=batch.begin):
                try:
                    settled = objective.settle(row, vectors[row], what)
                except TrainingError as error:
                    errors[row] = error
                    continue
                yield row, settled
        if errors:  # of several, the one that stands first
            raise errors[min(errors)]

    def _ready(self) -> Dispatcher:
        if self._dispatcher is None:
            self._dispatcher = Dispatcher(self._crew.workers(), self._keys, self.journal)
        return self._dispatcher

    def _job_of(self, objective: Any, encoding: Any) -> Any:
        """The same job as before, where it is the same: it need not be sent again."""
        known = self._job
        if known is None or known[0] is not objective or known[1] is not encoding:
            self._ready()
            self._job = known = objective, encoding, self._crew.job(objective, encoding)
        return known[2]

    def _most(self, one: Any) -> int | None:
        """Genomes that a batch may have, where one of them, packed, is this."""
        largest = self._crew.largest
        return None if largest is None else max(1, largest // max(1, _bytes(one)))

    def _tries(self, failure: WorkerFailed) -> int:
        return self._keys.tries

    def _part(self, batch: Batch, outcome: Answer | WorkerFailed) -> Measured | WorkerFailed:
        if isinstance(outcome, Answer):
            measured: Measured = outcome.value
            return measured
        if self._keys.on_death == "penalise":
            return outcome
        raise TrainingError(
            f"genome {batch.begin} of a generation ended {self._keys.tries} workers in turn "
            f"({outcome.reason}): look for a crash, too little memory, or too short a timeout, or "
            "set evaluator.on_death to penalise"
        )


def _bytes(packed: Any) -> int:
    """Bytes of the arrays in a tree."""
    if isinstance(packed, np.ndarray):
        return int(packed.nbytes)
    if isinstance(packed, Mapping):
        return sum(map(_bytes, packed.values()))
    return sum(map(_bytes, packed)) if isinstance(packed, list | tuple) else 0


def _outcome(failure: WorkerFailed, timeout: float | None) -> Dead | Late:
    """What a policy calls it."""
    return Late(timeout or 0.0) if failure.fault == "late" else Dead(-_KILLED)


def _joined(parts: list[Measured | WorkerFailed]) -> Measured:
    """All parts; genomes that were given up are worst in everything, and cost nothing."""
    known = next((part for part in parts if isinstance(part, Measured)), None)
    if known is None:
        return Measured(np.full(len(parts), np.inf), troubles={"death": len(parts)})
    objectives, descriptors = _worst(known.objectives), _worst(known.descriptors)
    lost = Measured(np.array([np.inf]), NO_COST, objectives, descriptors, {"death": 1})
    return joined([part if isinstance(part, Measured) else lost for part in parts])


def _worst(table: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    """A row of such a table for a genome that is worst in everything."""
    return None if table is None else np.full((1, table.shape[1]), np.inf)
