# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluators: from genomes to losses.

An evaluator has three arguments: what is measured, how a genome becomes a network, and the
genomes. Where it computes (here, in threads, on other machines) is its own business: losses are a
function of the three alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import Array, SupervisedTask
from vynapse.errors import TrainingError
from vynapse.evolution.encoding import Encoding, Genomes
from vynapse.evolution.fitness import Losses
from vynapse.seeding import Stream

_OUTPUTS = 1 << 18
"""Output values held at once (1 MiB of float32), so that their loss is taken in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """What one generation is measured by: a task's loss on some of its training examples.

    Attributes:
        task: the loss.
        inputs: prepared, float32 (b, *input_shape).
        targets: (b,) or (b, o).
    """

    task: SupervisedTask
    inputs: Array
    targets: Array


@runtime_checkable
class Evaluator(Protocol):
    """(objective, encoding, genomes) -> losses (g,), in the order of the genomes."""

    def __call__(self, objective: Objective, encoding: Encoding, genomes: Genomes) -> Losses: ...


def evaluate_inline(objective: Objective, encoding: Encoding, genomes: Genomes) -> Losses:
    """Here and now, in this thread.

    Raises:
        TrainingError: the networks do not give what the task wants.
    """
    task, examples = objective.task, len(objective.inputs)
    block = max(1, _OUTPUTS // (examples * task.output_size))
    losses = np.empty(len(genomes), np.float64)
    for first in range(0, len(genomes), block):
        outputs = encoding.forward(genomes[first : first + block], objective.inputs)
        if outputs.shape[1:] != (examples, task.output_size):
            raise TrainingError(
                f"task {task.name!r} wants outputs of shape {(examples, task.output_size)} for "
                f"{examples} examples, the network gave {outputs.shape[1:]}"
            )
        losses[first : first + block] = task.loss.array(outputs, objective.targets)
    return losses


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

    def __init__(self, task: SupervisedTask, batch_size: int | None, stream: Stream) -> None:
        self._task = task
        self._split = task.split("train")
        self._stream = stream
        self._batch = min(batch_size or len(self._split), len(self._split))
        self.whole = self._batch == len(self._split)
        self._all = self._objective(slice(None)) if self.whole else None
        self._order = (-1, np.arange(0))

    def objective(self, generation: int) -> Objective:
        """The examples of a generation: a function of its number alone.

        Mini-batches run through a fresh permutation each epoch; what does not fill a batch waits
        for the next.
        """
        if self._all is not None:
            return self._all
        epoch, position = divmod(generation, len(self._split) // self._batch)
        if self._order[0] != epoch:
            self._order = (epoch, self._stream.permutation(len(self._split), epoch))
        return self._objective(self._order[1][position * self._batch :][: self._batch])

    def _objective(self, rows: Array | slice) -> Objective:
        examples = self._split.take(rows)
        inputs = self._task.prepare(examples.inputs)
        return Objective(self._task, inputs, examples.targets)
