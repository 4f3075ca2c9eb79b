# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A task made of arrays: what every built-in task is, and what a user's own task can be.

    def rings(points: int = 200) -> ArrayTask:
        inputs, labels = my_points(points)              # (points, 2) float32, (points,) int64
        return ArrayTask(
            "rings",
            Splits(Split(inputs[50:], labels[50:]), validation=Split(inputs[:50], labels[:50])),
            input_shape=(2,), output_size=2, loss_kind="cross_entropy", classes=("in", "out"),
        )

is the task `my_package.tasks:rings`, with `points` as an option.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vynapse.core import Array, Evaluation, LossKind, Predict, Split, SupervisedTask
from vynapse.errors import DataError
from vynapse.tasks.examples import refuse_unusable
from vynapse.tasks.scoring import Scoring, outputs

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Splits:
    """All examples of a task, raw.

    Attributes:
        train: what networks learn from.
        validation: what decisions are made on; None means the training examples themselves.
        test: what the final figures are taken on; None where the task has no such examples.
    """

    train: Split
    validation: Split | None = None
    test: Split | None = None

    def named(self) -> list[tuple[str, Split]]:
        """The splits that are there, each with its name."""
        every = (("train", self.train), ("validation", self.validation), ("test", self.test))
        return [(name, part) for name, part in every if part is not None]


def as_float32(inputs: Array) -> Array:
    """The default of `prepare`: the values as they are."""
    return np.asarray(inputs, dtype=np.float32)


def unchanged(inputs: Array, samples: Array, epoch: int, seed: int) -> Array:  # noqa: ARG001
    """The default of `augment`."""
    return inputs


class ArrayTask(SupervisedTask):
    """A supervised task over arrays in memory. Final: it is composed, not inherited from.

    Args:
        name: the name under which runs mention it.
        data: the examples, or a function that loads them when they are first needed; a function
            must return validation examples of their own.
        input_shape: shape of one prepared input.
        output_size: number of outputs of a network.
        loss_kind: "mse" (targets float32, (n, output_size)) or "cross_entropy" (targets int64,
            (n,), below output_size).
        output_activation: what the last layer of a default network applies.
        classes: names of the classes; with "mse" two classes on one output, or None for
            regression; with "cross_entropy" None stands for "0", "1", ….
        description: one sentence about the data and their splits.
        prepare: raw inputs (batch, ...) -> float32 (batch, *input_shape).
        augment: (raw inputs, samples, epoch, seed) -> changed raw inputs.
        preprocessing: JSON data to keep beside a winner.
        target_scale: units of the data per unit of a regression target.

    Attributes:
        warnings: sentences about the data that a user should read before a run.
    """

    def __init__(
        self,
        name: str,
        data: Splits | Callable[[], Splits],
        *,
        input_shape: tuple[int, ...],
        output_size: int,
        loss_kind: LossKind,
        output_activation: Literal["identity", "sigmoid"] = "identity",
        classes: tuple[str, ...] | None = None,
        description: str = "",
        prepare: Callable[[Array], Array] = as_float32,
        augment: Callable[[Array, Array, int, int], Array] = unchanged,
        preprocessing: Mapping[str, Any] | None = None,
        target_scale: float = 1.0,
    ) -> None:
        self.name = name
        self.input_shape = input_shape
        self.output_size = output_size
        self.loss_kind = loss_kind
        self.output_activation = output_activation
        self.validation_is_train = isinstance(data, Splits) and data.validation is None
        if classes is None and loss_kind == "cross_entropy":
            classes = tuple(str(number) for number in range(output_size))
        self.classes = classes
        self.description = description
        self.preprocessing = preprocessing
        self.warnings: tuple[str, ...] = ()
        self._load = data
        self._prepare = prepare
        self._augment = augment
        self._scoring = Scoring(loss_kind, classes, target_scale)
        self._splits: Splits | None = None
        self._fingerprint: str | None = None
        self._tested = False

    def split(self, name: Literal["train", "validation"]) -> Split:
        """Raw examples.

        Raises:
            DataError: the examples cannot be loaded, or do not fit the description of the task.
        """
        splits = self._all()
        if name == "train":
            return splits.train
        if name == "validation":
            return splits.train if splits.validation is None else splits.validation
        raise DataError(
            f"task {self.name!r}: the splits train and validation can be read, not {name!r}; "
            "final_test reads the test split, once"
        )

    def prepare(self, inputs: Array) -> Array:
        """Raw inputs of any batch -> float32 (batch, *input_shape)."""
        return self._prepare(inputs)

    def augment(self, inputs: Array, samples: Array, epoch: int, seed: int) -> Array:
        """Random changes of raw training inputs, a function of (sample, epoch, seed) alone."""
        return self._augment(inputs, samples, epoch, seed)

    def batch(self) -> tuple[Tensor, Tensor]:
        """The whole training split, prepared: (n, *input_shape) and targets, as fresh tensors."""
        import torch

        train = self.split("train")
        return torch.tensor(self.prepare(train.inputs)), torch.tensor(train.targets)

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean loss over the batch; leading population dimensions of `output` are kept."""
        from vynapse.tasks.torch_losses import mean_loss

        return mean_loss(self.loss_kind, output, target)

    def array_loss(self, output: Array, target: Array) -> Array:
        """`loss` in NumPy: (..., batch, out) -> (...)."""
        return self._scoring.loss(output, target)

    def score(self, network: nn.Module) -> float:
        """Validation loss of `network`."""
        from vynapse.networks.modules import predictor

        return self.evaluate(predictor(network), "validation").loss

    def evaluate(self, predict: Predict, split: Literal["train", "validation"]) -> Evaluation:
        """Loss and metrics of a predictor on a split."""
        part = self.split(split)
        return self._scoring.evaluate(self._outputs(predict, part), part.targets)

    def per_class(
        self, predict: Predict, split: Literal["train", "validation"]
    ) -> dict[str, dict[str, float]]:
        """Class name -> support, recall, precision; a ratio without a case is absent."""
        part = self.split(split)
        return self._scoring.per_class(self._outputs(predict, part), part.targets)

    def final_test(self, predict: Predict) -> Evaluation | None:
        """Loss and metrics on the test split; None when the task has none.

        Raises:
            DataError: it was called before on this object.
        """
        test = self._all().test
        if test is None:
            return None
        if self._tested:
            raise DataError(
                f"task {self.name!r}: the test split was read before; it is read once, at the end "
                "of a run, and decisions use the validation split"
            )
        outputs = self._outputs(predict, test)
        self._tested = True
        evaluation = self._scoring.evaluate(outputs, test.targets)
        per_class = self._scoring.per_class(outputs, test.targets)
        return Evaluation(evaluation.loss, evaluation.metrics, per_class)

    def fingerprint(self) -> str:
        """SHA-256 over type, shape and values of all examples of each split."""
        if self._fingerprint is None:
            digest = hashlib.sha256()
            for name, part in self._all().named():
                for array in (part.inputs, part.targets):
                    digest.update(f"{name}:{array.dtype.name}:{array.shape};".encode())
                    digest.update(np.ascontiguousarray(array).data)
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def _outputs(self, predict: Predict, part: Split) -> Array:
        return outputs(predict, part.inputs, self._prepare, self.output_size)

    def _all(self) -> Splits:
        if self._splits is None:
            splits = self._load if isinstance(self._load, Splits) else self._load()
            if splits.validation is None and not self.validation_is_train:
                raise DataError(
                    f"task {self.name!r}: examples that are loaded on demand must include "
                    "validation examples"
                )
            for name, part in splits.named():
                self._check(name, part)
            self._splits = splits
        return self._splits

    def _check(self, name: str, part: Split) -> None:
        """Refuse examples that do not fit the description of the task."""
        count, targets = len(part), part.targets
        where = f"task {self.name!r}: {name} split"
        if count == 0:
            raise DataError(f"{where}: at least one example was wanted")
        refuse_unusable(where, part, as_they_are=self._prepare is as_float32)
        prepared = self._prepare(part.inputs[:1])
        if prepared.shape != (1, *self.input_shape) or prepared.dtype != np.float32:
            raise DataError(
                f"{where}: prepared inputs of float32 and shape {self.input_shape} were wanted, "
                f"got {prepared.dtype} and shape {prepared.shape[1:]}"
            )
        labels = self.loss_kind == "cross_entropy"
        shape = (count,) if labels else (count, self.output_size)
        wanted = np.dtype(np.int64 if labels else np.float32)
        if targets.shape != shape or targets.dtype != wanted:
            raise DataError(
                f"{where}: targets of {wanted} and shape {shape} were wanted, got "
                f"{targets.dtype} and shape {targets.shape}"
            )
        if labels and not 0 <= targets.min() <= targets.max() < self.output_size:
            raise DataError(
                f"{where}: classes from 0 to {self.output_size - 1} were wanted, got "
                f"{targets.min()} to {targets.max()}"
            )
