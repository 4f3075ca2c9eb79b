# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a network is for: tasks, their examples, and how a network does on them."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from vynapse.core.examples import Source
from vynapse.core.loss import Loss
from vynapse.core.network import Array, Network, Predict
from vynapse.errors import TrainingError
from vynapse.imports import import_object
from vynapse.seeding import I64

Activation = Literal["identity", "sigmoid"]
SplitName = Literal["train", "validation"]

Augment = Callable[[Array, I64, int, int], Array]
"""(inputs (batch, ...), samples (batch,), epoch, seed) -> inputs of the same shape and type."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What the loss of a task is, for display and for targets.

    Attributes:
        name: e.g. "cross_entropy".
        unit: e.g. "nats".
        higher_is_better: whether people state it the other way round, as a return is.
    """

    name: str
    unit: str
    higher_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Interface:
    """What a network for a task has to take and to give.

    Attributes:
        name: the task's name, for sentences.
        inputs: shape of one prepared input, e.g. (2,) or (3, 32, 32).
        outputs: number of outputs.
        activation: what the last layer of a default network applies.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: int
    activation: Activation = "identity"


@dataclass(frozen=True, slots=True)
class Origin:
    """How a task was made, so that another process can make it again.

    Attributes:
        name: the task's name in its registry, or package.module:name.
        options: its keys, complete, as JSON values.
        maker: package.module:name of the function that makes it from a name and options.
        loss: what stands in for the task's own loss; None where nothing does.
    """

    name: str
    options: Mapping[str, Any]
    maker: str
    loss: Loss | None = None

    def make(self) -> Task:
        """The task again. Its data are read again, and its test split is sealed."""
        task: Task = import_object(self.maker, "task")(self.name, self.options)
        if self.loss is not None and isinstance(task, SupervisedTask):
            return task.with_loss(self.loss)
        return task


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a network does on a split.

    Attributes:
        loss: the task's loss.
        metrics: further measurements by name (accuracy, mae, …).
        per_class: class, label or output -> its figures by name, None where one is not defined;
            filled in by `assess` and `final_test` alone.
        undefined: figure -> why it is not defined, as AUC is not where a class has no example.

    Raises:
        TrainingError: the loss or a metric is no real number.
    """

    loss: float
    metrics: Mapping[str, float]
    per_class: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    undefined: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in {"loss": self.loss, **self.metrics}.items():
            if np.iscomplexobj(value) or not hasattr(value, "__float__"):
                raise TrainingError(
                    f"evaluation: {name}: one real number was wanted, got {value!r:.99}"
                )


class Task(abc.ABC):
    """What a network is for: all that modes and runs may assume.

    Attributes:
        name: the name under which runs mention it.
        description: one sentence about it.
        preprocessing: what turns raw rows into inputs, as JSON data to keep beside a winner;
            None where inputs need none.
        made_from: how the task was made; None where it was not made by its name.
        offers: what a mode may use it by: "examples", "function", "objectives", "descriptors", …
        warnings: sentences about its data that a user should know.
        data_files: the files that its data are read from, where they are a user's.
        files: what a run keeps a copy of, as it lies nowhere else: name -> a function that gives
            the content.
    """

    name: str
    description: str = ""
    preprocessing: Mapping[str, Any] | None = None
    made_from: Origin | None = None
    offers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    data_files: tuple[str, ...] = ()
    files: Mapping[str, Callable[[], bytes]] = MappingProxyType({})

    @property
    def in_arrays(self) -> bool:
        """Whether a network can be measured without torch."""
        return True

    @property
    @abc.abstractmethod
    def measure(self) -> Measure:
        """What the loss of an evaluation is."""

    @abc.abstractmethod
    def interface(self) -> Interface:
        """What a network has to take and to give."""

    @abc.abstractmethod
    def score(self, network: Network, split: SplitName = "validation") -> Evaluation:
        """How `network` does on a split; a lower loss is better."""

    def assess(self, network: Network, split: SplitName = "validation") -> Evaluation:
        """`score` with every figure that the task knows: for the end of a run, not its steps."""
        return self.score(network, split)

    @abc.abstractmethod
    def final_test(self, network: Network) -> Evaluation | None:
        """How `network` does on the test split; None where there is none. Once per run."""

    @abc.abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 of what identifies the data: two runs saw the same when these agree."""

    @abc.abstractmethod
    def for_run(self) -> Task:
        """A copy that shares the data, and whose test split has not been read yet."""

    def origin(self) -> Origin | None:
        """How another process makes the task again; None where it was not made by its name."""
        return self.made_from

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        """Travel to another process as the origin, where there is one: no data are copied."""
        if self.made_from is None:
            return super().__reduce_ex__(protocol)
        return Origin.make, (self.made_from,)


def as_task(found: object) -> Task | None:
    """The object, where it is a task."""
    return found if isinstance(found, Task) else None


class SupervisedTask(Task):
    """A task with examples and a differentiable loss.

    `vynapse.tasks.examples.ExampleTask` has all that is abstract here but one method.

    Attributes:
        input_shape: shape of one prepared input, e.g. (2,) or (3, 32, 32).
        output_size: number of outputs of a network for the task.
        output_activation: what the last layer of a default network applies.
        loss: what is minimised.
        augment: random changes of raw training inputs, a function of (sample, epoch, seed) alone;
            None where there are none.
        classes: names of the classes, None for regression.
        output_names: names of the outputs, where they are several numbers or labels.
        target_scale: units of the data per unit of a regression target, for all outputs or each.
    """

    input_shape: tuple[int, ...]
    output_size: int
    output_activation: Activation = "identity"
    loss: Loss
    augment: Augment | None = None
    classes: tuple[str, ...] | None = None
    output_names: tuple[str, ...] | None = None
    target_scale: float | tuple[float, ...] = 1.0
    offers: tuple[str, ...] = ("examples",)

    @property
    def in_arrays(self) -> bool:
        """Whether the loss is computed in NumPy."""
        return self.loss.in_numpy

    @property
    def measure(self) -> Measure:
        """The loss."""
        return Measure(self.loss.name, self.loss.unit)

    def interface(self) -> Interface:
        """Shapes and activation, from the attributes."""
        return Interface(self.name, self.input_shape, self.output_size, self.output_activation)

    def score(self, network: Network, split: SplitName = "validation") -> Evaluation:
        """Loss and metrics of `network` on a split."""
        return self.evaluate(network.predictor(), split)

    @property
    @abc.abstractmethod
    def validation_is_train(self) -> bool:
        """Whether the training examples validate (xor, parity)."""

    @abc.abstractmethod
    def split(self, name: SplitName) -> Source:
        """Raw examples. There is no way to the test split but `final_test`."""

    def raw(self, rows: Any) -> Array:
        """What people have, as raw inputs (n, …): by default any array of numbers.

        Raises:
            DataError: it is none.
        """
        return np.asarray(rows)

    @abc.abstractmethod
    def prepare(self, inputs: Array) -> Array:
        """Raw inputs of any batch -> float32 (batch, *input_shape), e.g. pixels to [-1, 1]."""

    @abc.abstractmethod
    def evaluate(self, predict: Predict, split: SplitName) -> Evaluation:
        """Loss and metrics of a predictor on a split, in chunks of a fixed size."""

    @abc.abstractmethod
    def for_run(self) -> SupervisedTask:
        """A copy that shares the data, and whose test split has not been read yet."""

    @abc.abstractmethod
    def with_loss(self, loss: Loss) -> SupervisedTask:
        """A copy that shares the data and minimises another loss."""


def with_examples(task: Task) -> SupervisedTask | None:
    """The task, where it has examples."""
    return task if isinstance(task, SupervisedTask) else None
