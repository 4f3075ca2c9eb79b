# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A supervised task from examples: everything over one method that says where they come from.

    class Rings(ExampleTask):
        name, input_shape, output_size, loss = "rings", (2,), 2, CrossEntropy()

        def source(self, name):
            return my_points(name)              # a Split, or any Source; None where there are none

is the task `my_package.tasks:Rings`.
"""

from __future__ import annotations

import abc
import hashlib
from typing import TYPE_CHECKING, Any, Literal, TypeVar, final

import numpy as np

from vynapse.core import (
    Array,
    Digest,
    Evaluation,
    Loss,
    Network,
    Origin,
    Predict,
    Rows,
    Source,
    Split,
    SplitName,
    SupervisedTask,
    block_of,
)
from vynapse.data.loader import loader_of, read_all
from vynapse.errors import ConfigError, DataError
from vynapse.tasks.losses.registry import make_loss
from vynapse.tasks.scoring import Scoring, outputs_and_targets
from vynapse.tasks.unusable import refuse_unusable

if TYPE_CHECKING:
    from torch import Tensor

_ALL = slice(None)
E = TypeVar("E", bound="ExampleTask")


class ExampleTask(SupervisedTask):
    """A task over examples. A subclass sets the attributes of `SupervisedTask` and has `source`.

    Its `loss` may be the name of one.
    """

    own_loss: str | None = None
    """Why no other loss may take the place of the task's own; None where one may."""

    _sources: dict[str, Source | None]
    _checked: dict[str, Source]
    _fingerprint: list[str]
    _tested: bool

    def __new__(cls: type[E], *_: Any, **__: Any) -> E:
        # not in __init__, so that a subclass with one of its own has nothing to remember
        self = object.__new__(cls)
        self._sources, self._checked, self._fingerprint = {}, {}, []
        self._tested = False
        if isinstance(named := getattr(cls, "loss", None), str):
            self.loss = make_loss(named)
        return self

    @abc.abstractmethod
    def source(self, name: Literal["train", "validation", "test"]) -> Source | None:
        """The raw examples of a split, called once for each; None where there are none.

        Without validation examples the training examples validate. A task must give the same
        examples each time it is made.
        """

    @property
    def validation_is_train(self) -> bool:
        """Whether the training examples validate."""
        return self._source("validation") is None

    def split(self, name: SplitName) -> Source:
        """Raw examples.

        Raises:
            DataError: the examples cannot be loaded, or do not fit the description of the task.
        """
        if name not in ("train", "validation"):
            raise DataError(
                f"task {self.name!r}: the splits train and validation can be read, not {name!r}; "
                "final_test reads the test split, once"
            )
        found = self._source(name)
        if found is None:
            found = self._source("train")
        if found is None:
            raise DataError(f"task {self.name!r}: train split: examples were wanted, got None")
        return found

    def prepare(self, inputs: Array) -> Array:
        """The values as they are, as float32."""
        return as_float32(inputs)

    def batch(self) -> tuple[Tensor, Tensor]:
        """The whole training split, prepared: (n, *input_shape) and targets, as fresh tensors."""
        import torch

        train = read_all(self.split("train"))
        return torch.tensor(self.prepare(train.inputs)), torch.tensor(train.targets)

    def evaluate(self, predict: Predict, split: SplitName) -> Evaluation:
        """Loss and metrics of a predictor on a split."""
        return Scoring.of(self).evaluate(*self._outputs(predict, self.split(split)))

    def assess(self, network: Network, split: SplitName = "validation") -> Evaluation:
        """`score` with every figure, and those of each class, label or output."""
        outputs, targets = self._outputs(network.predictor(), self.split(split))
        quick = None
        if type(self).evaluate is not ExampleTask.evaluate:  # a figure of its own is kept
            quick = self.score(network, split)
        return Scoring.of(self).assess(outputs, targets, quick)

    def per_class(self, predict: Predict, split: SplitName) -> dict[str, dict[str, float | None]]:
        """Class, label or output -> its figures; None where one is not defined."""
        return Scoring.of(self).per_class(*self._outputs(predict, self.split(split)))

    def final_test(self, network: Network) -> Evaluation | None:
        """Loss and metrics on the test split; None when the task has none.

        Raises:
            DataError: it was called before on this object.
        """
        test = self._source("test")
        if test is None:
            return None
        if self._tested:
            raise DataError(
                f"task {self.name!r}: the test split was read before; it is read once, at the end "
                "of a run, and decisions use the validation split"
            )
        outputs, targets = self._outputs(network.predictor(), test)
        self._tested = True
        return Scoring.of(self).assess(outputs, targets)

    def fingerprint(self) -> str:
        """SHA-256 of what identifies the examples of each split."""
        if not self._fingerprint:
            digest = hashlib.sha256()
            for name in ("train", "validation", "test"):
                if (found := self._source(name)) is not None:
                    found.identify(name, digest)
            self._fingerprint.append(digest.hexdigest())
        return self._fingerprint[0]

    def for_run(self: E) -> E:
        """A copy that shares the data, and whose test split has not been read yet."""
        # not by copy.copy, which would make the task anew from its origin
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._tested = False
        return twin

    def with_loss(self: E, loss: Loss) -> E:
        """A copy that shares the data and minimises another loss, which its targets must fit.

        Raises:
            ConfigError: the task needs its own.
        """
        if self.own_loss is not None:
            raise ConfigError(f"loss: {self.own_loss}")
        twin = self.for_run()
        twin.loss, twin._checked = loss, {}
        if (origin := self.made_from) is not None:
            twin.made_from = Origin(origin.name, origin.options, origin.maker, loss)
        return twin

    def _as_they_are(self) -> bool:
        """Whether the values of raw inputs reach a network as they are."""
        return type(self).prepare is ExampleTask.prepare

    def _outputs(self, predict: Predict, source: Source) -> tuple[Array, Array]:
        return outputs_and_targets(predict, source, self.prepare, self.output_size)

    def _source(self, name: Literal["train", "validation", "test"]) -> Source | None:
        """The examples of a split, found to fit the task; None where there are none."""
        if name not in self._sources:
            self._sources[name] = self.source(name)
        found = self._sources[name]
        if found is None:
            return None
        if name not in self._checked:
            where = f"task {self.name!r}: {name} split"
            if len(found) == 0:
                raise DataError(f"{where}: at least one example was wanted")
            fit = _Fit(where, self.loss, self.output_size, as_they_are=self._as_they_are())
            if isinstance(found, Split):
                fit.refuse(found)
            self._refuse_shape(found, where)
            self._checked[name] = found if isinstance(found, Split) else _Checked(found, fit)
        return self._checked[name]

    def _refuse_shape(self, source: Source, where: str) -> None:
        prepared = self.prepare(source.take(slice(0, 1)).inputs)
        if prepared.shape != (1, *self.input_shape) or prepared.dtype != np.float32:
            raise DataError(
                f"{where}: prepared inputs of float32 and shape {self.input_shape} were wanted, "
                f"got {prepared.dtype} and shape {prepared.shape[1:]}"
            )


def as_float32(inputs: Array) -> Array:
    """The default of `prepare`: the values as they are."""
    return np.asarray(inputs, dtype=np.float32)


@final
class _Fit:
    """Refuses values that no network can learn from, and targets that do not fit the loss."""

    def __init__(self, where: str, loss: Loss, outputs: int, *, as_they_are: bool) -> None:
        self._where, self._loss, self._size = where, loss, outputs
        self._as_they_are = as_they_are

    def refuse(self, split: Split) -> None:
        """Raise a DataError for what does not fit."""
        targets = split.targets
        refuse_unusable(self._where, split, as_they_are=self._as_they_are)
        if len(targets) != len(split):
            raise DataError(
                f"{self._where}: a target for each of {len(split)} inputs was wanted, got "
                f"{targets.dtype} and shape {targets.shape}"
            )
        if (problem := self._loss.misfit(targets, self._size)) is not None:
            raise DataError(f"{self._where}: loss {self._loss.name}: {problem}")


@final
class _Checked:
    """A source whose examples are not in memory: what it gives is checked as it comes."""

    def __init__(self, source: Source, fit: _Fit) -> None:
        self._source, self._fit = source, fit
        self.block = block_of(source)
        self.loader = loader_of(source)
        self.targets = getattr(source, "targets", None)

    def __len__(self) -> int:
        return len(self._source)

    def take(self, rows: Rows) -> Split:
        """Some examples."""
        split = self._source.take(rows)
        self._fit.refuse(split)
        return split

    def identify(self, name: str, digest: Digest) -> None:
        """Identify the examples as the source does."""
        self._source.identify(name, digest)
