# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Arrays of a call in Python as a task: a run keeps a copy of them beside its other files.

    vynapse.run((X, y), mode="sgd")

The same task can be made of a file by hand: `task: {name: arrays, file: data.safetensors}`.
Inputs of rows, (n, features), are standardised column by column, other inputs as a whole; targets
that are numbers are centred and scaled too. Means and deviations come from the training examples
alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import Field, PrivateAttr, field_validator

from vynapse.core import Array, Split
from vynapse.data.held import PARTS, Held
from vynapse.data.locate import absolute_path
from vynapse.data.preprocessing import spread
from vynapse.data.splits import split_rows
from vynapse.errors import ConfigError, DataError
from vynapse.settings import Settings
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.csv_targets import CsvTargetKind
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.losses.binary import BinaryCrossEntropy
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.reader import Reader
from vynapse.tasks.row_inputs import as_numbers, standardised
from vynapse.tasks.scoring import Scoring

FILE: Final = "data.safetensors"
"""The name of the file in a run."""


class ArraysSettings(Settings):
    """Keys of the task arrays."""

    file: str = Field(
        min_length=1, description="safetensors file with the arrays inputs and targets"
    )
    sha256: str | None = Field(None, description="hash of the arrays; null: any arrays")
    kind: CsvTargetKind | None = Field(
        None,
        description="whether targets are classes, numbers, or labels of 0 and 1, (n, labels); by "
        "default whole numbers, texts and booleans, (n,), are classes",
    )
    standardize: bool = Field(True, description="inputs, and targets that are numbers")
    validation: float = Field(
        0.2, ge=0, lt=1, description="fraction that validates; 0: the training examples validate"
    )
    test: float = Field(0.0, ge=0, lt=1, description="fraction that tests; 0 for none")
    data_seed: int = Field(0, ge=0, lt=2**64, description="seed of the split")
    _held: Held | None = PrivateAttr(None)

    @field_validator("file")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """So that a run can be resumed from any folder."""
        return absolute_path(value)

    def holding(self, held: Held) -> ArraysSettings:
        """The same keys, with the arrays in memory and their hash."""
        settings = self.model_copy(update={"sha256": held.sha256()})
        settings._held = held
        return settings

    def held(self) -> Held:
        """The arrays, from memory or from the file.

        Raises:
            DataError: the file is absent or damaged, or holds other arrays.
        """
        if self._held is not None:
            return self._held
        held = Held.read(Path(self.file))
        if self.sha256 is not None and held.sha256() != self.sha256:
            raise DataError(
                f"{self.file} does not hold the arrays that the recipe means: put the original "
                "file back, or leave task.sha256 out"
            )
        return held


def arrays_task(settings: ArraysSettings) -> ArrayTask:
    """The task that arrays pose. Classes are stratified over the splits.

    Raises:
        ConfigError: keys contradict each other.
        DataError: the arrays are absent, or are no examples.
    """
    if settings.validation + settings.test >= 1:
        raise ConfigError(
            f"task.validation: validation + test below 1 was wanted, got {settings.validation} + "
            f"{settings.test}: nothing would be left to train on"
        )
    held = settings.held()
    classes, parts = _parts(held, settings)
    encoding = _encoding(parts["train"], classes, settings)
    reader = ArraysReader(encoding)
    splits = {name: reader.split(part) for name, part in parts.items() if len(part)}
    task = ArrayTask(
        "arrays",
        Splits(splits["train"], splits.get("validation"), splits.get("test")),
        input_shape=tuple(encoding["input_shape"]),
        output_size=reader.output_size,
        loss=reader.scoring.loss,
        classes=classes,
        description=_described(parts, classes, reader.output_size),
        preprocessing=encoding,
        target_scale=reader.scoring.target_scale,
    )
    task.files = {FILE: held.to_bytes}
    return task


class ArraysReader(Reader):
    """What turns rows into inputs and outputs into values; made of what a run keeps.

    Args:
        encoding: content of preprocessing.json.
    """

    def __init__(self, encoding: Mapping[str, Any]) -> None:
        self._shape = tuple(encoding["input_shape"])
        self._mean, self._scale = (
            np.array(encoding[name], np.float64) for name in ("input_mean", "input_scale")
        )
        self._target_mean = np.array(encoding["target_mean"], np.float64)
        self._target_scale = float(encoding["target_scale"])
        self._flat = bool(encoding["flat_target"])
        classes = encoding["classes"]
        self.output_size = len(classes) if classes else len(self._target_mean)
        if classes:
            self.scoring = Scoring(CrossEntropy(), tuple(classes))
        elif encoding.get("labels"):
            self.scoring = Scoring(BinaryCrossEntropy(), None)
        else:
            self.scoring = Scoring(MeanSquaredError(), None, self._target_scale)

    def inputs(self, rows: Any) -> Array:
        values = as_numbers(rows, "rows")
        if values.shape[1:] != self._shape:
            raise DataError(
                f"rows: an array of shape {('n', *self._shape)} was wanted, got {values.shape}"
            )
        return standardised("rows", values, self._mean, self._scale)

    def split(self, part: Split) -> Split:
        """Examples as a network takes them."""
        inputs = self.inputs(part.inputs)
        if self.scoring.classes is not None:
            return Split(inputs, part.targets)
        return Split(
            inputs,
            standardised("targets", part.targets, self._target_mean, np.array(self._target_scale)),
        )

    def values(self, outputs: Array) -> Array:
        numbers = outputs.astype(np.float64) * self._target_scale + self._target_mean
        return numbers[:, 0] if self._flat else numbers


def _parts(held: Held, settings: ArraysSettings) -> tuple[tuple[str, ...] | None, dict[str, Split]]:
    """Classes, and the raw examples of each split: classes int64 (n,), numbers float64 (n, out)."""
    raw = {name: _raw(held, name, prefix) for name, prefix in PARTS.items()}
    known = [part for part in raw.values() if part is not None]
    classes, targets = _targets(held, [part.targets for part in known], settings.kind)
    parts: dict[str, Split] = {
        name: Split(part.inputs, own)
        for (name, part), own in zip(
            ((n, p) for n, p in raw.items() if p is not None), targets, strict=True
        )
    }
    whole = parts["train"]
    shares = {
        name: 0.0 if name in parts else getattr(settings, name) for name in ("validation", "test")
    }
    labels = whole.targets if classes else np.zeros(len(whole), np.int64)
    rows = split_rows(labels, shares["validation"], shares["test"], settings.data_seed)
    for name, own in zip(("train", "validation", "test"), rows, strict=True):
        if name == "train" or name not in parts:
            parts[name] = whole.take(own)
        if shares.get(name) and not len(own):
            raise DataError(
                f"arrays: {len(whole)} examples are too few for the fraction {name} "
                f"{shares[name]}: set it to 0, or give more"
            )
    return classes, parts


def _raw(held: Held, name: str, prefix: str) -> Split | None:
    inputs, targets = (held.tensors.get(f"{prefix}{what}") for what in ("inputs", "targets"))
    if inputs is None or targets is None:
        return None
    if (
        inputs.ndim < 2
        or not inputs.size
        or len(inputs) != len(targets)
        or targets.ndim not in (1, 2)
    ):
        raise DataError(
            f"arrays: {name}: inputs (n, …) and a target of each were wanted, got shapes "
            f"{inputs.shape} and {targets.shape}"
        )
    return Split(inputs, targets)


def _targets(
    held: Held, given: list[Array], kind: CsvTargetKind | None
) -> tuple[tuple[str, ...] | None, list[Array]]:
    if held.classes is not None and kind != "regression":
        return held.classes, [targets.astype(np.int64) for targets in given]
    whole = all(targets.dtype.kind in "iub" and targets.ndim == 1 for targets in given)
    if kind == "multi-label":
        return None, [_labels(targets) for targets in given]
    if kind == "regression" or (kind is None and not whole):
        wide = [targets.astype(np.float64) for targets in given]
        return None, [targets.reshape(len(targets), -1) for targets in wide]
    if any(targets.ndim != 1 for targets in given):
        raise DataError("arrays: classes as an array (n,) were wanted, got more dimensions")
    values, codes = np.unique(np.concatenate(given), return_inverse=True)
    if len(values) < 2:
        raise DataError(f"arrays: two or more classes were wanted, got {len(values)}")
    ends = np.cumsum([len(targets) for targets in given])[:-1]
    return tuple(map(str, values.tolist())), np.split(codes.astype(np.int64), ends)


def _labels(targets: Array) -> Array:
    """(n, labels) float64 of 0 and 1."""
    values = targets.astype(np.float64).reshape(len(targets), -1)
    other = values[(values != 0) & (values != 1)]
    if len(other):
        raise DataError(f"arrays: labels of 0 and 1 were wanted, got {other[0]:g}")
    return values


def _encoding(
    train: Split, classes: tuple[str, ...] | None, settings: ArraysSettings
) -> dict[str, Any]:
    """What turns raw examples into those of a network, as JSON values."""
    inputs = as_numbers(train.inputs, "inputs")
    mean, scale = [0.0], [1.0]
    if settings.standardize:
        columns = inputs.astype(np.float64)
        columns = columns if inputs.ndim == 2 else columns.reshape(-1, 1)
        mean = columns.mean(axis=0).tolist()
        scale = [spread(column) or 1.0 for column in columns.T]
    centre, unit = [0.0] * (1 if classes else train.targets.shape[1]), 1.0
    labels = settings.kind == "multi-label"
    if classes is None and settings.standardize and not labels:
        centre = train.targets.mean(axis=0).tolist()
        unit = spread((train.targets - train.targets.mean(axis=0)).ravel()) or 1.0
    held = settings.held()
    return {
        "kind": "arrays",
        "input_shape": list(inputs.shape[1:]),
        "input_mean": mean,
        "input_scale": scale,
        "classes": None if classes is None else list(classes),
        "target_mean": centre,
        "target_scale": unit,
        "flat_target": held.tensors["targets"].ndim == 1,
        **({"labels": True} if labels else {}),
    }


def _described(parts: Mapping[str, Split], classes: tuple[str, ...] | None, outputs: int) -> str:
    what = f"{len(classes)} classes" if classes else f"{outputs} number{'s' * (outputs > 1)}"
    shape = "x".join(map(str, parts["train"].inputs.shape[1:]))
    counts = ", ".join(f"{len(part)} {name}" for name, part in parts.items() if len(part))
    return f"{what} from arrays of shape {shape}: {counts}"


def _kept(settings: ArraysSettings, folder: Path) -> ArraysSettings:
    """The keys with which a run makes the task from its own copy."""
    return settings.model_copy(update={"file": str(folder.absolute() / FILE)})


ARRAYS = TaskKind(
    "arrays",
    "arrays of yours: vynapse.run((X, y), …), or a safetensors file of them",
    ArraysSettings,
    arrays_task,
    how=("file",),
    kept=_kept,
    reader=ArraysReader,
    presets={
        "sgd": {"budget": {"epochs": 100}, "learning_rate": 0.01, "batch_size": 32},
    },
)
