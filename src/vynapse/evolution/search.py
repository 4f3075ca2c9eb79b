# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A stepper that may stop in the middle of a generation, and goes on from there."""

from __future__ import annotations

import dataclasses
from collections import Counter
from contextlib import closing
from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, Cost, State
from vynapse.core.compatible import WHOLE, Kind, Named, Numbers, refuse_misfit
from vynapse.evolution.ask_tell import AskTell
from vynapse.evolution.bookkeeping import Candidates
from vynapse.evolution.box import F64
from vynapse.evolution.evaluators.kind import Streaming
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.interrupts import HeldInterrupt
from vynapse.evolution.population import Population
from vynapse.evolution.stepper import Generations
from vynapse.evolution.vectors import VectorEncoding


@final
class SearchStepper:
    """Generations of vectors by `AskTell`: what is not measured yet stays pending.

    Args:
        population: fresh.
        evaluator: tells each measurement as soon as it is there.
        encoding: the encoding of the vectors.
        objective: the function.
        evaluations: no more than so many are made, in the middle of a generation if need be; None
            for no limit.

    Attributes:
        loop: the candidates, the best of them, and how many were measured.
        history: evaluations and best value after each generation.
        penalised: evaluations without a usable value, by trouble.
    """

    per_call: ClassVar[int] = 1
    counts: ClassVar[tuple[str, ...]] = FunctionObjective.counts

    def __init__(
        self,
        population: Population[npt.NDArray[Any]],
        evaluator: Streaming,
        encoding: VectorEncoding,
        objective: FunctionObjective,
        evaluations: int | None,
    ) -> None:
        self.population, self._evaluator = population, evaluator
        self._encoding, self._objective, self._limit = encoding, objective, evaluations
        self.loop = AskTell(population)
        self.history: list[tuple[int, float]] = []
        self.penalised: Counter[str] = Counter()
        self.interrupts = HeldInterrupt()
        self.seconds: dict[str, float] = {}

    @property
    def generation(self) -> int:
        """How many were completed."""
        return self.loop.generations

    def path(self) -> str:
        """That of the encoding."""
        return self._encoding.path

    def dearest(self) -> Cost:
        """Not known before the generation was measured."""
        return Cost()

    def advance(self, most: int, target: float) -> Generations[Array]:
        """What is pending, or the next generation, as far as the limit allows.

        Raises:
            KeyboardInterrupt: Ctrl-C while the function ran; what is known was told.
            TrainingError: the policy says so, or no value of a generation is finite.
        """
        loop = self.loop
        left = None if self._limit is None else self._limit - loop.evaluations
        candidates = loop.pending()
        if len(candidates) == 0:
            candidates = loop.ask(left)
        candidates = Candidates(candidates.ids[:left], candidates.genomes[:left])
        self._measure(candidates)
        best = candidates.genomes[:1] if loop.best is None else loop.best.genome[None]
        metrics = self.population.metrics()
        return Generations(
            best,
            np.inf if loop.best is None else loop.best.loss,
            {"forwards": np.array([len(candidates)])},
            {name: np.array([value], np.float64) for name, value in metrics.items()},
        )

    def best(self) -> tuple[F64, float] | None:
        """The best vector so far (p,) and its value."""
        best = self.loop.best
        return None if best is None else (self._encoding.inside(best.genome), best.loss)

    def state(self) -> State:
        """All that `load` needs, at any moment."""
        return {
            "loop": self.loop.state(),
            "penalised": dict(self.penalised),
            "history": np.array(self.history, np.float64).reshape(-1, 2),
        }

    def load(self, state: State) -> None:
        """Go on from `state`.

        Raises:
            CheckpointError: it is the state of something else, or was damaged.
        """
        form = {
            "loop": Kind("names and values", (dict,)),
            "penalised": Named(WHOLE),
            "history": Numbers(np.float64, (-1, 2)),
        }
        refuse_misfit("search", form, state, optional=["made"])
        self.loop.load(state["loop"])
        self.penalised = Counter(state["penalised"])
        self.history = [(int(count), value) for count, value in state["history"].tolist()]

    def _measure(self, candidates: Candidates) -> None:
        """Tell what is known of the candidates, also where measuring them is cut short."""
        losses = np.full(len(candidates), np.nan)
        objective = dataclasses.replace(self._objective, ids=candidates.ids)
        vectors = objective.vectors(self._encoding, candidates.genomes)
        measurements = self._evaluator.measurements(objective, vectors)
        try:
            with self.interrupts.heard(), closing(measurements):
                for row, measurement in measurements:
                    losses[row] = measurement.values
                    if measurement.trouble is not None:
                        self.penalised[measurement.trouble] += 1
        finally:
            known, before = ~np.isnan(losses), self.loop.generations
            self.loop.tell(candidates.ids[known], losses[known])
            best = self.loop.best
            if best is not None and self.loop.generations > before:
                self.history.append((self.loop.evaluations, best.loss))
