# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What evolution knows of learning: genomes that follow gradients, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, runtime_checkable

from vynapse.core import Cost
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import Evaluator
from vynapse.evolution.genomes import G
from vynapse.evolution.learner import Learner
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import Objective
from vynapse.seeding import I64


@runtime_checkable
class Learns(Encoding[G], Protocol):
    """An encoding whose networks can be trained, many at once."""

    def learner(self, genomes: G) -> Learner:
        """The networks of some genomes, ready to learn; it shares no memory with them."""

    def taught(self, genomes: G, rows: I64, weights: Any) -> G:
        """A copy of the genomes, of which some have other weights.

        Args:
            genomes: all of them.
            rows: the places of those that have learnt.
            weights: the rows of numbers of a learner of these (len(rows), p).
        """


@dataclass(frozen=True, slots=True, eq=False)
class Refined(Generic[G]):
    """What learning made of a generation.

    Attributes:
        genomes: those that the population is told of; where nothing is inherited, those asked for.
        networks: the same with what they have learnt, inherited or not.
        measured: what was measured of `networks`.
        cost: what was spent on learning and on measuring anew.
        columns: metrics of the generation.
    """

    genomes: G
    networks: G
    measured: Measured
    cost: Cost
    columns: dict[str, float]


@runtime_checkable
class Refinement(Protocol[G]):
    """Learning within a life, between measuring and selection."""

    def refine(
        self,
        generation: int,
        genomes: G,
        measured: Measured,
        evaluator: Evaluator,
        objective: Objective[G],
    ) -> Refined[G] | None:
        """Let some genomes learn, and measure them anew; None in generations without learning.

        Args:
            generation: its number, from 0.
            genomes: the genomes asked for; they are left as they are.
            measured: what was measured of them; losses that are not finite are +inf.
            evaluator: what measures those that have learnt.
            objective: the objective that it measures them by.
        """
