# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Objectives: what genomes are measured by; here, the examples of a task.

Where it is computed (in this thread, in processes, on other machines) is the business of an
evaluator: what was measured is a function of objective, encoding and genomes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array, Cost, Loss, Split, SupervisedTask, loss_of_arrays
from vynapse.data.loader import read_all
from vynapse.errors import TrainingError
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.seeding import Stream

_OUTPUTS = 1 << 18
"""Output values held at once (1 MiB of float32), so that their loss is taken in the cache."""


@runtime_checkable
class Objective(Protocol[G]):
    """What one generation is measured by."""

    def measure(self, encoding: Encoding[G], genomes: G) -> Measured:
        """Losses in the order of the genomes, each independent of the others."""


@runtime_checkable
class Schedule(Protocol[G]):
    """The objective of each generation."""

    @property
    def whole(self) -> bool:
        """Every generation has the same one, so losses stay comparable."""

    @property
    def counts(self) -> tuple[str, ...]:
        """The amounts of `Cost` that measuring counts."""

    def objective(self, generation: int) -> Objective[G]:
        """A function of the number of the generation alone, counted from 0."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class ExamplesObjective:
    """The loss of a task on some of its training examples.

    Attributes:
        task: name of the task, for sentences.
        loss: its loss.
        outputs: how many a network has to give (o).
        inputs: prepared, float32 (b, *input_shape).
        targets: (b,) or (b, o).
    """

    task: str
    loss: Loss
    outputs: int
    inputs: Array
    targets: Array

    def measure(self, encoding: Encoding[G], genomes: G) -> Measured:
        """Losses of the outputs of all networks.

        Raises:
            TrainingError: the networks do not give what the task wants.
        """
        losses = np.empty(len(genomes), np.float64)
        for rows, outputs in self.blocks(encoding, genomes):
            losses[rows] = loss_of_arrays(self.loss, outputs, self.targets)
        return Measured(losses, self.cost(encoding, genomes))

    def blocks(self, encoding: Encoding[G], genomes: G) -> Iterator[tuple[slice, Array]]:
        """Some rows at a time, and the outputs of these genomes (rows, b, o).

        Raises:
            TrainingError: the networks do not give what the task wants.
        """
        wanted = len(self.inputs), self.outputs
        block = _OUTPUTS // (wanted[0] * wanted[1])
        block = max(1, block // encoding.together) * encoding.together
        for first in range(0, len(genomes), block):
            rows = slice(first, first + block)
            outputs = encoding.forward(genomes[rows], self.inputs)
            if outputs.shape[1:] != wanted:
                raise TrainingError(
                    f"task {self.task!r} wants outputs of shape {wanted} for {wanted[0]} examples, "
                    f"the network gave {outputs.shape[1:]}"
                )
            yield rows, outputs

    def cost(self, encoding: Encoding[G], genomes: G) -> Cost:
        """The cost of one pass of the examples forward through every network."""
        examples = len(self.inputs)
        flops = examples * encoding.flops(genomes)
        return Cost(forwards=examples * len(genomes), backwards=0, flops=flops)


@final
class TrainingExamples:
    """The training split of a task, whole or as one mini-batch per generation.

    Args:
        task: whose training split.
        batch_size: examples per generation; None, or as many as there are, means all of them.
        stream: random order of each epoch.

    Attributes:
        whole: every generation is measured on the same examples, so losses stay comparable.
    """

    counts: ClassVar[tuple[str, ...]] = ("forwards", "backwards", "flops")

    def __init__(self, task: SupervisedTask, batch_size: int | None, stream: Stream) -> None:
        self._task = task
        self._split = task.split("train")
        self._stream = stream
        self._batch = min(batch_size or len(self._split), len(self._split))
        self.whole = self._batch == len(self._split)
        self._all = self._objective(read_all(self._split)) if self.whole else None
        self._order = (-1, np.arange(0))

    def objective(self, generation: int) -> ExamplesObjective:
        """The examples of a generation: a function of its number alone.

        Mini-batches run through a fresh permutation each epoch; what does not fill a batch waits
        for the next.
        """
        if self._all is not None:
            return self._all
        epoch, position = divmod(generation, len(self._split) // self._batch)
        if self._order[0] != epoch:
            self._order = (epoch, self._stream.permutation(len(self._split), epoch))
        rows = self._order[1][position * self._batch :][: self._batch]
        return self._objective(self._split.take(rows))

    def _objective(self, examples: Split) -> ExamplesObjective:
        task = self._task
        inputs = task.prepare(examples.inputs)
        return ExamplesObjective(task.name, task.loss, task.output_size, inputs, examples.targets)
