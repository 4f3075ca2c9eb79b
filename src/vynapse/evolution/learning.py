# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What evolution knows of learning: genomes that follow gradients, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, runtime_checkable

from vynapse.core import Cost
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.evaluators.kind import Evaluator
from vynapse.evolution.fitness import Losses
from vynapse.evolution.genomes import G
from vynapse.evolution.objective import Objective
from vynapse.seeding import I64

if TYPE_CHECKING:
    from torch import Tensor, nn


@runtime_checkable
class Learner(Protocol):
    """Some networks as one differentiable function.

    Attributes:
        weight: what is learnt: a row of numbers for each of g genomes (g, p).
    """

    weight: nn.Parameter

    def __call__(self, inputs: Tensor, /) -> Tensor:
        """Every network on every example: (b, *input_shape) -> (g, b, o)."""


@runtime_checkable
class Passes(Protocol):
    """The networks of a learner on the same examples, forward and backward, without a graph."""

    def outputs(self) -> Tensor:
        """Outputs (g, b, o) with the weights as they are now; they share no memory."""

    def gradient(self, slopes: Tensor, /) -> Tensor:
        """Derivatives of a sum of losses by the outputs (g, b, o) -> by the weights (g, p).

        The weights are those of the last pass forward.
        """


@runtime_checkable
class Passing(Protocol):
    """A learner that needs no graph for a gradient."""

    def passes(self, inputs: Tensor, /) -> Passes | None:
        """Its networks on examples (b, *input_shape); None where they need a graph after all."""


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
        losses: theirs (g,), after learning.
        best: the best network, with what it has learnt, alone among `G`.
        cost: what was spent on learning and on measuring anew.
        columns: metrics of the generation.
    """

    genomes: G
    losses: Losses
    best: G
    cost: Cost
    columns: dict[str, float]


@runtime_checkable
class Refinement(Protocol[G]):
    """Learning within a life, between measuring and selection."""

    def refine(
        self,
        generation: int,
        genomes: G,
        losses: Losses,
        evaluator: Evaluator,
        objective: Objective[G],
    ) -> Refined[G] | None:
        """Let some genomes learn, and measure them anew; None in generations without learning.

        Args:
            generation: its number, from 0.
            genomes: the genomes asked for; they are left as they are.
            losses: the losses as they were measured (g,); not finite ones are +inf.
            evaluator: what measures those that have learnt.
            objective: the objective that it measures them by.
        """
