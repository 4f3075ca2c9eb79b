# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a network is for: tasks, their examples, and how a network does on them."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from vynapse.core.network import Array, Predict

if TYPE_CHECKING:
    from torch import Tensor, nn

LossKind = Literal["mse", "cross_entropy"]


@dataclass(frozen=True, slots=True)
class Interface:
    """What a task demands of a network.

    Attributes:
        name: of the task.
        inputs: shape of one prepared input, e.g. (2,) or (3, 32, 32).
        outputs: number of outputs.
        activation: what the last layer of a default network applies.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: int
    activation: Literal["identity", "sigmoid"] = "identity"


@dataclass(frozen=True, slots=True)
class Split:
    """Examples of one split: inputs (n, *input_shape), targets (n,) int64 or (n, out) float32."""

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a network does on a split.

    Attributes:
        loss: the task's loss.
        metrics: further measurements by name (accuracy, mae, …).
        per_class: class -> support, recall, precision; filled in by `final_test` alone.
    """

    loss: float
    metrics: Mapping[str, float]
    per_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Task(abc.ABC):
    """What a network is for: it can score one."""

    name: str

    @abc.abstractmethod
    def score(self, network: nn.Module) -> float:
        """Validation score of `network`; lower is better."""


class SupervisedTask(Task):
    """A task with examples and a differentiable loss.

    Attributes:
        input_shape: shape of one prepared input, e.g. (2,) or (3, 32, 32).
        output_size: number of outputs of a network for the task.
        loss_kind: "mse" (targets float32, (n, out)) or "cross_entropy" (targets int64, (n,)).
        output_activation: what the last layer of a default network applies.
        validation_is_train: the validation split is the training split (xor, parity).
        classes: names of the classes, None for regression.
        description: one sentence about the data and their splits.
        preprocessing: what turns raw rows into inputs, as JSON data to keep beside a winner;
            None where inputs need none.
    """

    input_shape: tuple[int, ...]
    output_size: int
    loss_kind: LossKind
    output_activation: Literal["identity", "sigmoid"] = "identity"
    validation_is_train: bool = False
    classes: tuple[str, ...] | None = None
    description: str = ""
    preprocessing: Mapping[str, Any] | None = None

    @abc.abstractmethod
    def split(self, name: Literal["train", "validation"]) -> Split:
        """Raw examples. There is no way to the test split but `final_test`."""

    @abc.abstractmethod
    def prepare(self, inputs: Array) -> Array:
        """Raw inputs of any batch -> float32 (batch, *input_shape), e.g. pixels to [-1, 1]."""

    @abc.abstractmethod
    def augment(self, inputs: Array, samples: Array, epoch: int, seed: int) -> Array:
        """Random changes of raw training inputs, a function of (sample, epoch, seed) alone."""

    @abc.abstractmethod
    def batch(self) -> tuple[Tensor, Tensor]:
        """The whole training split, prepared: (n, *input_shape) and targets."""

    @abc.abstractmethod
    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Mean loss over the batch; leading population dimensions of `output` are kept."""

    @abc.abstractmethod
    def array_loss(self, output: Array, target: Array) -> Array:
        """`loss` in NumPy: (..., batch, out) -> (...)."""

    @abc.abstractmethod
    def evaluate(self, predict: Predict, split: Literal["train", "validation"]) -> Evaluation:
        """Loss and metrics of a predictor on a split, in chunks of a fixed size."""

    @abc.abstractmethod
    def final_test(self, predict: Predict) -> Evaluation | None:
        """Loss and metrics on the test split; None when the task has none. Once per run."""

    @abc.abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 over all examples: two runs saw the same data when these agree."""
