# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the outputs of a network are worth: losses and metrics in NumPy.

Shapes: `b` examples, `o` outputs; `...` stands for leading population dimensions, which losses
keep. A population of one gives the same bits as the same network within a larger one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vynapse.core import Array, Evaluation, LossKind, Predict
from vynapse.errors import TrainingError

CHUNK = 1000
"""Examples per call of a predictor when a split is evaluated; part of every result."""


def mean_squared_error(output: Array, target: Array) -> Array:
    """(..., b, o) float32 and (b, o) float32 -> (...): mean over examples and outputs."""
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.square(output - target)
        rows = square.reshape(*square.shape[:-2], -1)
        return np.asarray(np.add.reduce(rows, axis=-1) / rows.shape[-1])


def cross_entropy(output: Array, target: Array) -> Array:
    """(..., b, o) logits and (b,) int64 classes -> (...): mean of log(sum(exp)) - own logit."""
    # outputs first: NumPy is slow along short rows
    logits = np.moveaxis(output, -1, 0).copy(order="C")
    with np.errstate(invalid="ignore"):
        highest = logits.max(axis=0)
        own = output[..., np.arange(len(target)), target] - highest
        logits -= highest
        np.exp(logits, out=logits)
        total = logits[0]
        for row in logits[1:]:
            total += row
        losses = np.log(total) - own
        return np.asarray(np.add.reduce(losses, axis=-1) / len(target))


ARRAY_LOSSES: dict[LossKind, Callable[[Array, Array], Array]] = {
    "mse": mean_squared_error,
    "cross_entropy": cross_entropy,
}


@dataclass(frozen=True, slots=True)
class Scoring:
    """How outputs are judged.

    Attributes:
        loss_kind: "mse" or "cross_entropy".
        classes: names of the classes, None for regression. Two classes with "mse" share one
            output, which is read at the threshold 0.5.
        target_scale: units of the data per unit of a regression target; the mean absolute error
            is stated in units of the data.
    """

    loss_kind: LossKind
    classes: tuple[str, ...] | None
    target_scale: float = 1.0

    def loss(self, output: Array, target: Array) -> Array:
        """(..., b, o) -> (...)."""
        return ARRAY_LOSSES[self.loss_kind](output, target)

    def evaluate(self, output: Array, target: Array) -> Evaluation:
        """Loss and metrics of all examples of a split: (b, o) outputs and their targets."""
        return Evaluation(float(self.loss(output, target)), self.metrics(output, target))

    def metrics(self, output: Array, target: Array) -> dict[str, float]:
        """`accuracy` of a classifier; `mae` and, unless all targets agree, `r2` of a regression."""
        if self.classes is not None:
            right = self.predicted(output) == self._labels(target)
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
        predicted, truth = self.predicted(output), self._labels(target)
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

    def predicted(self, output: Array) -> Array:
        """(b, o) outputs of a classifier -> (b,) int64 classes."""
        if self.loss_kind == "mse":
            return (output[:, 0] > 0.5).astype(np.int64)
        best: Array = output.argmax(axis=-1).astype(np.int64)
        return best

    def _labels(self, target: Array) -> Array:
        return target if self.loss_kind == "cross_entropy" else target[:, 0].astype(np.int64)


def outputs(
    predict: Predict, inputs: Array, prepare: Callable[[Array], Array], output_size: int
) -> Array:
    """Outputs (b, o) for raw inputs, computed in chunks of `CHUNK` examples.

    Raises:
        TrainingError: the network returns outputs of another shape.
    """
    parts = []
    for begin in range(0, len(inputs), CHUNK):
        prepared = prepare(inputs[begin : begin + CHUNK])
        output = predict(prepared)
        if output.shape != (len(prepared), output_size):
            raise TrainingError(
                f"the network: outputs of shape {(len(prepared), output_size)} were wanted for "
                f"inputs of shape {prepared.shape}, got {output.shape}"
            )
        parts.append(output)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
