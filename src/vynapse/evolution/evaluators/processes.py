# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `processes`: worker processes, which may die or hang without harm.

Functions are measured one vector at a time, so that one that hangs harms no other. Anything else is
cut into as many pieces as there are workers; where it is cut changes no bit.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, final

import numpy as np
from pydantic import Field

from vynapse.core import Array
from vynapse.errors import TrainingError, VynapseError
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import EvaluatorKind, OneByOne
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured, joined
from vynapse.evolution.objective import Objective
from vynapse.evolution.policies import Measurement, Policy
from vynapse.evolution.workers import Job, WorkerPool
from vynapse.settings import Settings
from vynapse.user_code import place_of, told


class ProcessesSettings(Settings):
    """Keys of evaluator `processes`."""

    workers: int = Field(2, ge=1, le=1024, description="how many processes measure")
    timeout: float | None = Field(
        None,
        gt=0,
        description="seconds that a worker may take for its share of a generation, then it is "
        "replaced and the share is measured again; null for any time",
    )
    retries: int = Field(
        2, ge=0, description="how often a share is measured again when its worker died or was late"
    )


@final
class Processes:
    """Measures in processes that are started at the first use; they end with the block.

    Args:
        workers: how many processes.
        policy: the policy for shares of a generation; a function brings its own.
    """

    def __init__(self, workers: int, policy: Policy | None = None) -> None:
        self._workers = workers
        self._policy = policy or Policy(on_timeout="raise")
        self._pool: WorkerPool | None = None
        self._share: tuple[object, object, Job] | None = None

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        pool, self._pool, self._share = self._pool, None, None
        if pool is not None:
            pool.close()

    def __call__(self, objective: Objective[G], encoding: Encoding[G], genomes: G) -> Measured:
        """What was measured, in the order of the genomes.

        Raises:
            ConfigError: the objective cannot be sent to another process.
            TrainingError: it could not be measured, or a worker died or was late too often.
        """
        if isinstance(objective, OneByOne):
            vectors = objective.vectors(encoding, genomes)
            return objective.gather(len(genomes), self.measurements(objective, vectors))
        rows = np.array_split(np.arange(len(genomes)), min(self._workers, len(genomes)))
        items = [encoding.pack(encoding.select(genomes, some)) for some in rows]
        pool = self._ready(self._share_of(objective, encoding), self._policy)
        return joined([part for _, part in sorted(pool.each(items, self._settled))])

    def measurements(
        self, objective: OneByOne, vectors: Array
    ) -> Generator[tuple[int, Measurement], None, None]:
        """Rows and what was measured, as they finish."""
        pool = self._ready(objective.answer(), objective.policy)
        return pool.each(vectors, lambda row, what: objective.settle(row, vectors[row], what))

    def _ready(self, job: Job, policy: Policy) -> WorkerPool:
        if self._pool is None:
            self._pool = WorkerPool(job, self._workers, policy)
        self._pool.use(job)
        return self._pool

    def _share_of(self, objective: object, encoding: object) -> Job:
        """The same job as before, where it is the same: it need not be sent again."""
        if self._share is None or self._share[0] is not objective or self._share[1] is not encoding:
            self._share = objective, encoding, Share(objective, encoding)
        return self._share[2]

    def _settled(self, row: int, outcome: Any) -> Measured:
        if isinstance(outcome, Measured):
            return outcome
        if isinstance(outcome, VynapseError):
            raise outcome
        if isinstance(outcome, Exception):
            raised = told(outcome, named=True)
            sentence = (
                f"your own code raised {raised}: correct it"
                if place_of(outcome, installed=False)
                else f"a worker process raised {raised}"
            )
            raise TrainingError(sentence) from outcome
        raise TrainingError(
            f"share {row} of a generation ended its worker process by {outcome}: look for a crash, "
            "too little memory, or too short a timeout"
        )


@final
@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What a worker does: measure some genomes, packed.

    Attributes:
        objective: what they are measured by.
        encoding: what they mean.
    """

    objective: Any
    encoding: Any

    def __call__(self, packed: Any) -> Measured:
        """What was measured of them."""
        measured: Measured = self.objective.measure(self.encoding, self.encoding.unpack(packed))
        return measured


def build(settings: ProcessesSettings) -> Processes:
    """Nothing is started before the first use."""
    policy = Policy(on_timeout="raise", timeout=settings.timeout, retries=settings.retries)
    return Processes(settings.workers, policy)


EVALUATOR = EvaluatorKind(
    "processes",
    "in worker processes, which may die or hang without harm",
    ProcessesSettings,
    build,
    elsewhere=True,
    count="workers",
)
