# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A task made of arrays: what every built-in task is, and what a user's own task can be.

    def rings(points: int = 200) -> ArrayTask:
        inputs, labels = my_points(points)              # (points, 2) float32, (points,) int64
        return ArrayTask(
            "rings",
            Splits(Split(inputs[50:], labels[50:]), validation=Split(inputs[:50], labels[:50])),
            input_shape=(2,), output_size=2, loss="cross_entropy", classes=("in", "out"),
        )

is the task `my_package.tasks:rings`, with `points` as an option.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, final

from vynapse.core import Activation, Array, Augment, Loss, Source
from vynapse.errors import ConfigError
from vynapse.tasks.examples import ExampleTask, as_float32
from vynapse.tasks.losses.registry import LOSSES, make_loss


@dataclass(frozen=True, slots=True)
class Splits:
    """All examples of a task, raw.

    Attributes:
        train: what networks learn from.
        validation: what decisions are made on; None means the training examples themselves.
        test: what the final figures are taken on; None where the task has no such examples.
    """

    train: Source
    validation: Source | None = None
    test: Source | None = None


@final
class ArrayTask(ExampleTask):
    """A supervised task over arrays in memory. Final: it is composed, not inherited from.

    Args:
        name: the name under which runs mention it.
        data: the examples, or a function that loads them when they are first needed.
        input_shape: shape of one prepared input.
        output_size: number of outputs of a network.
        loss: "mse" (targets float32, (n, output_size)), "cross_entropy" (targets int64, (n,), below
            output_size), or another loss: by name, as a mapping of its kind and keys, or itself.
        output_activation: what the last layer of a default network applies.
        classes: names of the classes; with "mse" two classes on one output, or None for
            regression; with "cross_entropy" None stands for "0", "1", ….
        description: one sentence about the data and their splits.
        prepare: raw inputs (batch, ...) -> float32 (batch, *input_shape).
        augment: (raw inputs, samples, epoch, seed) -> changed raw inputs; None for no change.
        preprocessing: JSON data to keep beside a winner.
        target_scale: units of the data per unit of a regression target, for all outputs or each.
        output_names: names of the outputs, where they are several numbers or labels.
        raw: what people have -> raw inputs, for predictions; None for any array of numbers.
        loss_kind: the former name of `loss`.
        pixels: how pixels become inputs, as plain data, for who draws pictures elsewhere: "shape",
            "factor" and "offset" of each channel, "top", the largest value of a pixel.

    Raises:
        ConfigError: there is no such loss, or none was named.
    """

    def __init__(
        self,
        name: str,
        data: Splits | Callable[[], Splits],
        *,
        input_shape: tuple[int, ...],
        output_size: int,
        loss: str | Mapping[str, Any] | Loss | None = None,
        output_activation: Activation = "identity",
        classes: tuple[str, ...] | None = None,
        description: str = "",
        prepare: Callable[[Array], Array] = as_float32,
        augment: Augment | None = None,
        preprocessing: Mapping[str, Any] | None = None,
        target_scale: float | tuple[float, ...] = 1.0,
        output_names: tuple[str, ...] | None = None,
        raw: Callable[[Any], Array] | None = None,
        loss_kind: str | None = None,
        pixels: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.input_shape = input_shape
        self.output_size = output_size
        self.loss = _chosen(name, loss, loss_kind)
        self.output_activation = output_activation
        self.classes = self.loss.classes(output_size) if classes is None else classes
        self.description = description
        self.preprocessing = preprocessing
        self.augment = augment
        self.target_scale = target_scale
        self.output_names = output_names
        self._prepare, self._raw = prepare, raw
        self.pixels = pixels
        self._load = functools.cache(data) if callable(data) else functools.partial(_same, data)

    def source(self, name: Literal["train", "validation", "test"]) -> Source | None:
        """The examples of a split."""
        splits = self._load()
        return {"train": splits.train, "validation": splits.validation, "test": splits.test}[name]

    def raw(self, rows: Any) -> Array:
        """What people have, as raw inputs."""
        return super().raw(rows) if self._raw is None else self._raw(rows)

    def prepare(self, inputs: Array) -> Array:
        """Raw inputs of any batch -> float32 (batch, *input_shape)."""
        return self._prepare(inputs)

    def _as_they_are(self) -> bool:
        return self._prepare is as_float32


def _same(splits: Splits) -> Splits:
    return splits


def _chosen(task: str, loss: str | Mapping[str, Any] | Loss | None, loss_kind: str | None) -> Loss:
    if loss_kind is not None:
        warnings.warn(
            "ArrayTask: loss_kind is now called loss, and its old name goes with the next release",
            DeprecationWarning,
            stacklevel=3,
        )
    named = loss if loss is not None else loss_kind
    if named is None:
        raise ConfigError(
            f'task {task!r}: a loss was wanted, as loss="mse": {", ".join(LOSSES.names())}, or '
            "one of your own"
        )
    return make_loss(named)
