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
from vynapse.tasks.metrics import Details, of_classes, of_labels, of_numbers

CHUNK = 1000
"""Examples per call of a predictor when a split is evaluated; part of every result."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """How outputs are judged.

    Attributes:
        loss: the loss of the task; it knows how outputs and targets are read as classes.
        classes: names of the classes, None for regression.
        target_scale: units of the data per unit of a regression target, for all outputs or for
            each; mean absolute errors are stated in units of the data.
        names: names of the outputs, where they are several numbers or labels.
    """

    loss: Loss
    classes: tuple[str, ...] | None
    target_scale: float | tuple[float, ...] = 1.0
    names: tuple[str, ...] | None = None

    @classmethod
    def of(cls, task: SupervisedTask) -> Scoring:
        """How a task judges outputs."""
        classes = task.loss.classes(task.output_size) if task.classes is None else task.classes
        return cls(task.loss, classes, task.target_scale, task.output_names)

    @property
    def labels(self) -> bool:
        """Whether each output is a label that is there or not."""
        return self.loss.multi_label

    def output_names(self, outputs: int) -> tuple[str, ...]:
        """The names of the outputs: `value` of one without a name, value_0, value_1, … of more."""
        if self.names is not None:
            return self.names
        word = "label" if self.labels else "value"
        return (word,) if outputs == 1 else tuple(f"{word}_{place}" for place in range(outputs))

    def evaluate(self, output: Array, target: Array) -> Evaluation:
        """Loss and metrics of all examples of a split: (b, o) outputs and their targets."""
        loss = float(loss_of_arrays(self.loss, output, target))
        return Evaluation(loss, self.metrics(output, target))

    def metrics(self, output: Array, target: Array) -> dict[str, float]:
        """What is quickly known; one that is not defined is absent.

        `accuracy` of a classifier, `exact_match` and `label_accuracy` of labels, `mae` and `r2` of
        a regression. `details` has all.
        """
        if self.classes is not None or self.labels:
            right = self.loss.predicted(output) == self.loss.labels(target)
            if self.classes is not None:
                return {"accuracy": float(right.mean())}
            whole = right.all(axis=1)
            return {"exact_match": float(whole.mean()), "label_accuracy": float(right.mean())}
        found = self.details(output, target).metrics
        return {name: value for name, value in found.items() if value is not None}

    def details(self, output: Array, target: Array) -> Details:
        """Every figure of all examples of a split, and those of each class, label or output."""
        if self.classes is None and not self.labels:
            names = self.output_names(output.shape[1])
            return of_numbers(output, target, self.target_scale, names)
        judged = self.loss.predicted(output), self.loss.labels(target)
        chances = self.loss.probabilities(output)
        if self.classes is None:
            return of_labels(*judged, self.output_names(output.shape[1]), chances)
        return of_classes(*judged, self.classes, chances)

    def assess(self, output: Array, target: Array, quick: Evaluation | None = None) -> Evaluation:
        """The loss and every figure.

        Args:
            output: (b, o).
            target: the targets of the b examples.
            quick: loss and metrics that are known already; they count.
        """
        quick = quick or self.evaluate(output, target)
        known = self.details(output, target)
        found = {name: value for name, value in known.metrics.items() if value is not None}
        found.update(quick.metrics)
        return Evaluation(quick.loss, found, known.per_class, known.undefined)

    def per_class(self, output: Array, target: Array) -> dict[str, dict[str, float | None]]:
        """Class, label or output -> its figures; None where one is not defined.

        An empty dictionary for a regression of one number.
        """
        return self.details(output, target).per_class


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
