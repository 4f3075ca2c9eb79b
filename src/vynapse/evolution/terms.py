# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Several numbers about every genome: what it gets wrong, and what it takes to run it.

    loss          of the task, in its unit
    error         1 - accuracy, of a classifier
    parameters    enabled connections
    flops         floating-point operations of one example
    latency       measured microseconds of one example

All but the last are functions of the genome and the examples alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, cast, final, runtime_checkable

import numpy as np

from vynapse.core import Array, Cost, loss_of_arrays
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.fitness import Losses
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.objective import ExamplesObjective, TrainingExamples

Term = Literal["loss", "error", "parameters", "flops", "latency"]
Terms = tuple[Term, ...]

TIMED: Final = 256
"""Examples of a pass whose time is taken; the call itself weighs little beside them."""
PASSES: Final = 5
"""Passes of which the fastest counts."""


@runtime_checkable
class Priced(Encoding[G], Protocol):
    """An encoding that knows what it takes to run each network."""

    def parameters_each(self, genomes: G) -> Array:
        """Parameters in use of each genome (g,)."""

    def flops_each(self, genomes: G) -> Array:
        """Operations of one example of each genome (g,)."""

    def seconds_each(self, genomes: G, inputs: Array, passes: int) -> Array:
        """Seconds of the fastest pass of all inputs through each genome, measured (g,)."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class TermsObjective:
    """Some examples of a task, and several terms.

    A genome whose loss is not finite is worst in everything.

    Attributes:
        examples: what the loss is measured on.
        terms: what is measured.
        weights: the loss is the weighted sum of the terms; None where they are objectives, beside
            the loss of the task.
    """

    examples: ExamplesObjective
    terms: Terms
    weights: tuple[float, ...] | None

    def measure(self, encoding: Encoding[Any], genomes: Any) -> Measured:
        """Losses and, without weights, objectives, of genomes of a `Priced` encoding."""
        examples, count = self.examples, len(genomes)
        known: dict[str, Losses] = {"loss": np.empty(count), "error": np.empty(count)}
        for rows, outputs in examples.blocks(encoding, genomes):
            known["loss"][rows] = loss_of_arrays(examples.loss, outputs, examples.targets)
            if "error" in self.terms:
                known["error"][rows] = self._errors(outputs)
        cost = examples.cost(encoding, genomes)
        more, spent = prices(self.terms, cast("Priced[Any]", encoding), genomes, examples.inputs)
        table = np.stack([(known | more)[term] for term in self.terms], axis=1)
        table[~np.isfinite(known["loss"])] = np.inf
        if self.weights is None:
            return Measured(known["loss"], cost + spent, table)
        return Measured(weighted(table, self.weights), cost + spent)

    def _errors(self, outputs: Array) -> Losses:
        """The share of wrong answers of each network: (g, b, o) -> (g,)."""
        loss = self.examples.loss
        labels = loss.labels(self.examples.targets)
        return np.array([np.mean(loss.predicted(one) != labels) for one in outputs])


def prices(
    terms: Terms, encoding: Priced[G], genomes: G, inputs: Array
) -> tuple[dict[str, Losses], Cost]:
    """Those of the terms that need no targets, each (g,), and what it cost to measure them.

    Args:
        terms: what is wanted.
        encoding: what genomes mean.
        genomes: g of them.
        inputs: some examples, prepared; time is taken on as many copies as it needs.
    """
    found: dict[str, Losses] = {}
    cost = Cost(forwards=0, backwards=0, flops=0)
    if "parameters" in terms:
        found["parameters"] = encoding.parameters_each(genomes).astype(np.float64)
    if "flops" in terms:
        found["flops"] = encoding.flops_each(genomes).astype(np.float64)
    if "latency" in terms:
        batch = np.resize(inputs, (TIMED, *inputs.shape[1:]))
        found["latency"] = encoding.seconds_each(genomes, batch, PASSES) * (1e6 / TIMED)
        passes = PASSES * TIMED
        flops = passes * encoding.flops(genomes)
        cost += Cost(forwards=passes * len(genomes), backwards=0, flops=flops)
    return found, cost


def weighted(table: Losses, weights: tuple[float, ...]) -> Losses:
    """Terms (g, m) and the weight of each -> (g,): added in their order."""
    total = np.zeros(len(table))
    for column, weight in zip(table.T, weights, strict=True):
        total += weight * column
    return total


@final
class ManyTerms:
    """The training examples of each generation, measured by several terms.

    Args:
        examples: what the loss is measured on.
        terms: what is measured.
        weights: those of a sum; None for objectives.

    Attributes:
        whole: every generation is measured on the same examples.
        counts: the amounts of `Cost` that measuring counts.
    """

    def __init__(
        self, examples: TrainingExamples, terms: Terms, weights: tuple[float, ...] | None
    ) -> None:
        self._examples, self._terms, self._weights = examples, terms, weights
        self.whole, self.counts = examples.whole, examples.counts
        self._last: TermsObjective | None = None

    def objective(self, generation: int) -> TermsObjective:
        """The same object while the examples are the same: evaluators send it once."""
        examples = self._examples.objective(generation)
        if self._last is None or self._last.examples is not examples:
            self._last = TermsObjective(examples, self._terms, self._weights)
        return self._last
