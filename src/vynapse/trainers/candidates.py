# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which genomes of a search are scored as its winner will be, and how networks see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from vynapse.core import Cost, Evaluation, State, SupervisedTask
from vynapse.networks.normalized import Seen
from vynapse.networks.state import NetworkState


@runtime_checkable
class Candidates(Protocol):
    """Which genomes are scored as the winner will be."""

    @property
    def whole(self) -> bool:
        """Every generation is measured by the same objective."""

    @property
    def every(self) -> int:
        """Generations between two candidates."""

    @property
    def each_improvement(self) -> bool:
        """A lower measured loss is a lower score."""

    def score(self, network: NetworkState, flops: int) -> tuple[float, float, Cost]:
        """The loss, the number by which winners are compared, and what both cost.

        One forward pass of one input takes so many operations.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """Which genomes are scored on the validation split of a task, and how.

    Candidates are chosen on training examples. Where validation and training are the same and a
    generation sees them whole, each network that beats all before it is one. Elsewhere it is, every
    `every` generations, the best of those since (of the last one with mini-batches). A candidate's
    loss is that of the very predictor which the winner will have, whatever arithmetic the
    population was measured in.

    Attributes:
        task: whose validation split.
        whole: every generation is measured on all training examples.
        every: generations between two candidates.
        compare: what winners are compared by in place of the loss, from a network and how it does
            on the validation split, and what that cost more; None for the loss.
    """

    task: SupervisedTask
    whole: bool
    every: int = 10
    compare: Callable[[NetworkState, Evaluation], tuple[float, Cost]] | None = None

    @property
    def each_improvement(self) -> bool:
        """A lower training loss is a lower validation loss."""
        return self.task.validation_is_train and self.whole

    def score(self, network: NetworkState, flops: int) -> tuple[float, float, Cost]:
        """The loss, what winners are compared by, and what both cost."""
        with np.errstate(over="ignore", invalid="ignore"):
            evaluation = self.task.evaluate(network.predictor(), "validation")
        examples, loss = len(self.task.split("validation")), float(evaluation.loss)
        cost = Cost(forwards=examples, backwards=0, flops=examples * flops)
        if self.compare is None:
            return loss, loss, cost
        compared, more = self.compare(network, evaluation)
        return loss, compared, cost + more


@runtime_checkable
class Seeing(Protocol):
    """How networks see what the task shows them, where that changes as the search goes on."""

    def seen(self) -> Seen:
        """How the next generation sees."""

    def network(self, inside: NetworkState, seen: Seen) -> NetworkState:
        """A network of a generation that saw so, taking what the task shows."""

    def look(self, network: NetworkState, generation: int, flops: int) -> Cost:
        """Learn from the best network of a generation; what that cost.

        One forward pass of one input takes `flops` operations.
        """

    def state(self) -> State:
        """All that `load` needs."""

    def load(self, state: State) -> None:
        """Go on from `state`."""
