# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How generations are made: one at a time by ask, measure and tell, or many in a kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, final, runtime_checkable

import numpy as np
import numpy.typing as npt

from vynapse.core import Cost, State
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import Evaluator
from vynapse.evolution.fitness import usable
from vynapse.evolution.genomes import G
from vynapse.evolution.learning import Refined, Refinement
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import Objective, Schedule
from vynapse.evolution.pareto import Archive
from vynapse.evolution.population import Population
from vynapse.telemetry.parts import clocked

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Generations(Generic[G]):
    """What k generations did.

    Attributes:
        best: the best genome measured, alone among `G`.
        best_loss: its loss as it was measured.
        costs: the amounts of cost that were counted, added up from the first of these generations
            on: name -> (k,).
        columns: name -> measurement of each generation (k,), NaN where there is none.
    """

    best: G
    best_loss: float
    costs: Mapping[str, Column]
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.costs.values())))


@runtime_checkable
class Stepper(Protocol[G]):
    """Makes generations of a population."""

    @property
    def generation(self) -> int:
        """How many were made."""

    @property
    def population(self) -> Population[G]:
        """Where genomes come from."""

    @property
    def per_call(self) -> int:
        """How many one call makes at most."""

    @property
    def counts(self) -> tuple[str, ...]:
        """The amounts of `Cost` that it counts."""

    @property
    def seconds(self) -> dict[str, float]:
        """Spent so far, by kind of work."""

    def path(self) -> str:
        """How genomes are measured, in one word."""

    def dearest(self) -> Cost:
        """What a generation costs at most; asked only where a call may make several."""

    def advance(self, most: int, target: float) -> Generations[G]:
        """Up to `most` generations; fewer only when a loss falls below `target`.

        Raises:
            TrainingError: not one genome of a generation has a finite loss.
        """

    def state(self) -> State:
        """The number of generations as "generation", the population as "population"."""

    def load(self, state: State) -> None:
        """Go on from `state`."""


@final
class AskTellStepper(Generic[G]):
    """One generation at a time: ask, measure, tell.

    Args:
        population: where genomes come from.
        evaluator: where they are measured.
        encoding: what they mean.
        schedule: what they are measured by.
        refinement: how some of them learn before they are told; None for not at all.
        archive: keeps the trade-offs between several objectives; None for one objective.
    """

    per_call: ClassVar[int] = 1

    def __init__(
        self,
        population: Population[G],
        evaluator: Evaluator,
        encoding: Encoding[G],
        schedule: Schedule[G],
        refinement: Refinement[G] | None = None,
        archive: Archive[G] | None = None,
    ) -> None:
        self.population, self._evaluator = population, evaluator
        self._encoding, self._schedule = encoding, schedule
        self._refinement, self._archive = refinement, archive
        self.generation = 0
        self.counts = schedule.counts
        self.seconds = {"variation": 0.0, "evaluation": 0.0, "selection": 0.0}
        if refinement is not None:
            self.seconds["refinement"] = 0.0

    def path(self) -> str:
        """That of the encoding."""
        return self._encoding.path

    def dearest(self) -> Cost:
        """Not known before the generation was measured."""
        return Cost()

    def advance(self, most: int, target: float) -> Generations[G]:
        """One generation."""
        # overflow in a wild network is counted as invalid, not warned about
        with np.errstate(over="ignore", invalid="ignore"):
            return self._generation()

    def _generation(self) -> Generations[G]:
        objective = self._schedule.objective(self.generation)
        with clocked(self.seconds, "variation"):
            genomes = self.population.ask()
        with clocked(self.seconds, "evaluation"):
            measured = self._evaluator(objective, self._encoding, genomes)
        losses, invalid = usable(measured.losses)
        measured, networks = measured.with_losses(losses), genomes
        refined = self._refined(objective, genomes, measured)
        cost, columns = measured.cost, dict[str, float]()
        if refined is not None:
            genomes, networks, measured = refined.genomes, refined.networks, refined.measured
            cost, columns, losses = cost + refined.cost, refined.columns, measured.losses
        lowest = int(losses.argmin())
        best_loss = losses.item(lowest)
        best = self._encoding.select(networks, np.array([lowest]))
        with clocked(self.seconds, "selection"):
            if self._archive is not None:
                self._archive.add(networks, measured)
            self.population.tell(genomes, measured)
        self.generation += 1
        finite = losses[np.isfinite(losses)] if invalid else losses
        metrics = {
            "train_best": best_loss,
            "train_mean": float(finite.mean()),
            "invalid": float(invalid),
            **columns,
            **self.population.metrics(),
        }
        return Generations(
            best,
            best_loss,
            {name: np.array([amount]) for name, amount in cost.counted().items()},
            dict(zip(metrics, np.array([list(metrics.values())], np.float64).T, strict=True)),
        )

    def _refined(
        self, objective: Objective[G], genomes: G, measured: Measured
    ) -> Refined[G] | None:
        if self._refinement is None:
            return None
        with clocked(self.seconds, "refinement"):
            return self._refinement.refine(
                self.generation, genomes, measured, self._evaluator, objective
            )

    def state(self) -> State:
        """Number of generations and population, and the archive as "archive"."""
        kept = {} if self._archive is None else {"archive": self._archive.state()}
        return {"generation": self.generation, "population": self.population.state(), **kept}

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self.generation = state["generation"]
        self.population.load(state["population"])
        if self._archive is not None:
            self._archive.load(state["archive"])
