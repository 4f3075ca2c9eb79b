# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the outputs of a network are worth: its loss and metrics, in NumPy.

Shapes: `b` examples, `o` outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vynapse.core import (
    Array,
    Evaluation,
    Loss,
    Predict,
    Source,
    SupervisedTask,
    loss_of_arrays,
)
from vynapse.data.loader import in_order
from vynapse.errors import TrainingError

CHUNK = 1000
"""Examples per call of a predictor when a split is evaluated; part of every result."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """How outputs are judged.

    Attributes:
        loss: the loss of the task; it knows how outputs and targets are read as classes.
        classes: names of the classes, None for regression.
        target_scale: units of the data per unit of a regression target; the mean absolute error
            is stated in units of the data.
    """

    loss: Loss
    classes: tuple[str, ...] | None
    target_scale: float = 1.0

    @classmethod
    def of(cls, task: SupervisedTask) -> Scoring:
        """How a task judges outputs."""
        classes = task.loss.classes(task.output_size) if task.classes is None else task.classes
        return cls(task.loss, classes, task.target_scale)

    def evaluate(self, output: Array, target: Array) -> Evaluation:
        """Loss and metrics of all examples of a split: (b, o) outputs and their targets."""
        loss = float(loss_of_arrays(self.loss, output, target))
        return Evaluation(loss, self.metrics(output, target))

    def metrics(self, output: Array, target: Array) -> dict[str, float]:
        """`accuracy` of a classifier; `mae` and, unless all targets agree, `r2` of a regression."""
        if self.classes is not None:
            right = self.loss.predicted(output) == self.loss.labels(target)
            return {"accuracy": float(right.mean())}
        truth = target.astype(np.float64)
        error = output - truth
        metrics = {"mae": float(np.abs(error).mean()) * self.target_scale}
        variation = float(np.square(truth - truth.mean(axis=0)).sum())
        if variation > 0:
            metrics["r2"] = 1 - float(np.square(error).sum()) / variation
        return metrics

    def per_class(self, output: Array, target: Array) -> dict[str, dict[str, float]]:
        """Class name -> support, recall and precision; a ratio with no case is absent.

        An empty dictionary for regression.
        """
        if self.classes is None:
            return {}
        predicted, truth = self.loss.predicted(output), self.loss.labels(target)
        table: dict[str, dict[str, float]] = {}
        for number, name in enumerate(self.classes):
            own, said = truth == number, predicted == number
            hits, support, claims = int((own & said).sum()), int(own.sum()), int(said.sum())
            table[name] = {"support": float(support)}
            if support:
                table[name]["recall"] = hits / support
            if claims:
                table[name]["precision"] = hits / claims
        return table


def outputs(
    predict: Predict, inputs: Array, prepare: Callable[[Array], Array], output_size: int
) -> Array:
    """Outputs (b, o) for raw inputs, computed in chunks of `CHUNK` examples.

    Raises:
        TrainingError: the network returns outputs of another shape.
    """
    chunks = (inputs[rows] for rows in _chunks(len(inputs)))
    return _joined([_output(predict, prepare(chunk), output_size) for chunk in chunks])


def outputs_and_targets(
    predict: Predict, source: Source, prepare: Callable[[Array], Array], output_size: int
) -> tuple[Array, Array]:
    """Outputs (b, o) for all examples of a source, and their targets, read in chunks as well.

    Raises:
        TrainingError: the network returns outputs of another shape.
    """
    found, targets = [], []
    for chunk in in_order(source, CHUNK):
        found.append(_output(predict, prepare(chunk.inputs), output_size))
        targets.append(chunk.targets)
    return _joined(found), _joined(targets)


def targets_of(source: Source) -> Array:
    """The targets of all examples, read in chunks: inputs need not fit into memory.

    A source that has them beside its inputs says so by an attribute `targets`.
    """
    known = getattr(source, "targets", None)
    if isinstance(known, np.ndarray):
        return known
    return _joined([chunk.targets for chunk in in_order(source, CHUNK)])


def _chunks(count: int) -> Iterator[slice]:
    return (slice(begin, min(begin + CHUNK, count)) for begin in range(0, count, CHUNK))


def _output(predict: Predict, prepared: Array, output_size: int) -> Array:
    output = predict(prepared)
    if output.shape != (len(prepared), output_size):
        raise TrainingError(
            f"the network: outputs of shape {(len(prepared), output_size)} were wanted for "
            f"inputs of shape {prepared.shape}, got {output.shape}"
        )
    return output


def _joined(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
