# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pictures in folders, or named by a table, as a task. They are decoded when they are wanted.

Inputs are (pixel / 255 - mean) / deviation for each channel, by default with the figures of
ImageNet, so that nothing has to be decoded before training begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, final

import numpy as np
from pydantic import Field, field_validator

from vynapse.core import Array, Loss, Source
from vynapse.data.augment import build_augment
from vynapse.data.loader import LoaderSettings
from vynapse.data.locate import absolute_path
from vynapse.data.picture_list import Columns, list_pictures
from vynapse.data.picture_splits import chosen_rows, usable
from vynapse.data.picture_store import PictureSource, PictureStore
from vynapse.data.pictures import Color, Fit, PictureForm, decode, look
from vynapse.errors import ConfigError, DataError
from vynapse.seeding import I64
from vynapse.settings import Name
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.picture_files import raw_pictures
from vynapse.tasks.pictures import PictureSettings
from vynapse.tasks.reader import Reader
from vynapse.tasks.scoring import Scoring

_TOP: Final = 255
_MEAN: Final[Mapping[Color, tuple[float, ...]]] = {"rgb": (0.485, 0.456, 0.406), "grey": (0.449,)}
_DEVIATION: Final[Mapping[Color, tuple[float, ...]]] = {
    "rgb": (0.229, 0.224, 0.225),
    "grey": (0.226,),
}

Pixels = Annotated[int, Field(ge=1, le=4096)]
Share = Annotated[float, Field(gt=0)]


class ImagesSettings(PictureSettings):
    """Keys of the task images."""

    path: str = Field(
        min_length=1, description="a folder with a folder for each class, or a CSV table"
    )
    path_column: Name = Field("path", description="table: the column of paths")
    label_column: Name = Field("label", description="table: the column of classes")
    split_column: Name | None = Field(
        None, description="table: the column that says train, validation or test; null: none"
    )
    size: tuple[Pixels, Pixels] | None = Field(
        None, description="[height, width] of inputs; null: that of all pictures, if they agree"
    )
    color: Color = Field("rgb", description="three channels, or one")
    fit: Fit = Field(
        "crop",
        description="how another shape gets the size: cut, filled up with black, stretched",
    )
    mean: tuple[float, ...] | None = Field(
        None, description="mean of each channel, as a share of 255; null: that of ImageNet"
    )
    deviation: tuple[Share, ...] | None = Field(
        None, description="deviation of each channel, as a share of 255; null: that of ImageNet"
    )
    corrupt: Literal["refuse", "skip"] = Field(
        "refuse",
        description="what to do about damaged pictures: refuse them when they are read, or decode "
        "all pictures once at the start and leave the damaged ones out",
    )
    validation: float = Field(0.2, gt=0, lt=1, description="fraction of each class that validates")
    test: float = Field(0.2, ge=0, lt=1, description="fraction of each class that tests")
    data_seed: int = Field(0, ge=0, lt=2**64, description="seed of the split")
    cache: float | None = Field(
        None, gt=0, le=10**6, description="gigabytes of decoded pictures on disk; null: none"
    )
    loader: LoaderSettings = Field(
        default_factory=LoaderSettings, description="how pictures are read: it changes no result"
    )

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """So that a run can be resumed from any folder."""
        return absolute_path(value)


@final
class ImagesTask(ExampleTask):
    """Classification of pictures in files.

    Args:
        store: the pictures.
        labels: the class of each (n,).
        rows: the pictures of each split.
        encoding: content of preprocessing.json.
        augment: the `augment` key.
    """

    def __init__(
        self,
        store: PictureStore,
        labels: I64,
        rows: Mapping[str, I64],
        encoding: Mapping[str, Any],
        settings: ImagesSettings,
    ) -> None:
        self.name = "images"
        self._reader = ImagesReader(encoding)
        self.input_shape = store.form.shape
        self.classes = tuple(encoding["classes"])
        self.output_size = len(self.classes)
        self.loss: Loss = CrossEntropy()
        self.preprocessing = encoding
        self.augment = (
            build_augment(settings.augment, float(_TOP), "task.augment")
            if settings.augment
            else None
        )
        self._store, self._labels, self._rows = store, labels, rows
        counts = ", ".join(f"{len(own):,} {name}" for name, own in rows.items() if len(own))
        channels, height, width = self.input_shape
        self.description = (
            f"{self.output_size} classes of pictures from {settings.path}, as {height}x{width} "
            f"pixels in {'colour' if channels == 3 else 'grey'}: {counts}"
        )

    def source(self, name: Literal["train", "validation", "test"]) -> Source | None:
        """The pictures of a split."""
        rows = self._rows[name]
        if not len(rows):
            return None
        return PictureSource(self._store, rows, self._labels, self.classes or ())

    def prepare(self, inputs: Array) -> Array:
        """Pixels (batch, *input_shape) -> float32, less the mean, divided by the deviation."""
        return self._reader.prepare(inputs)

    def raw(self, rows: Any) -> Array:
        """Names of files, or pixels from 0 to 255 in any usual layout."""
        return self._reader.raw(rows)


@final
class ImagesReader(Reader):
    """What turns pictures that people have into inputs; made of what a run keeps.

    Args:
        encoding: content of preprocessing.json.
    """

    def __init__(self, encoding: Mapping[str, Any]) -> None:
        height, width = encoding["size"]
        self.form = PictureForm(height, width, encoding["color"], encoding["fit"])
        mean, deviation = (np.array(encoding[key], np.float64) for key in ("mean", "deviation"))
        self._factor = (1 / (deviation * _TOP)).astype(np.float32)[:, None, None]
        self._offset = (-mean / deviation).astype(np.float32)[:, None, None]
        self.output_size = len(encoding["classes"])
        self.scoring = Scoring(CrossEntropy(), tuple(encoding["classes"]))

    def inputs(self, rows: Any) -> Array:
        return self.prepare(self.raw(rows))

    def raw(self, rows: Any) -> Array:
        """Names of files, read as the task reads its own; or arrays, see `raw_pictures`."""
        listed = isinstance(rows, Sequence) and not isinstance(rows, str) and bool(rows)
        if listed and all(isinstance(name, (str, Path)) for name in rows):
            return np.stack([self._read(Path(name)) for name in rows])
        return raw_pictures(rows, self.form.shape, _TOP)

    def prepare(self, inputs: Array) -> Array:
        """Pixels -> float32, less the mean, divided by the deviation."""
        scaled: Array = inputs * self._factor
        scaled += self._offset
        return scaled

    def _read(self, path: Path) -> Array:
        look(path, str(path))
        try:
            return decode(path.read_bytes(), self.form, str(path))
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def images_task(settings: ImagesSettings) -> ImagesTask:
    """The task that pictures pose. Classes are stratified over the splits.

    Raises:
        ConfigError: keys contradict each other.
        DataError: the pictures are absent, or not as the keys say.
        MissingExtra: Pillow is not installed.
    """
    mean, deviation = _scaling(settings)
    root = Path(settings.path)
    columns = Columns(settings.path_column, settings.label_column, settings.split_column)
    files, warnings = list_pictures(root, columns)
    files, size, left_out = usable(files, root, settings.size, skip=settings.corrupt == "skip")
    form = PictureForm(*size, settings.color, settings.fit)
    store = PictureStore(files, form, root, settings.cache, settings.loader)
    if settings.corrupt == "skip":
        store, damaged = store.without_damaged()
        left_out += damaged
    labels, classes, rows = chosen_rows(
        store.files, root, settings.validation, settings.test, settings.data_seed
    )
    encoding = {
        "kind": "images",
        "size": list(size),
        "color": settings.color,
        "fit": settings.fit,
        "mean": list(mean),
        "deviation": list(deviation),
        "classes": list(classes),
    }
    task = ImagesTask(store, labels, rows, encoding, settings)
    task.warnings = (*warnings, *_told(left_out))
    return task


IMAGES = TaskKind(
    "images",
    "pictures in files: a folder for each class, or a table of paths and labels",
    ImagesSettings,
    images_task,
    network={"cnn": {"channels": [16, 32, 64]}},
    networks={"grow": {"factory": "vynapse.esper.kasmina.hosts:residual", "options": {}}},
    comparison={"flops": 1e12},
    presets={
        "sgd": {
            "budget": {"epochs": 10},
            "optimizer": "adamw",
            "schedule": "cosine",
            "learning_rate": 0.005,
            "weight_decay": 0.05,
            "batch_size": 64,
        },
    },
    how=("cache", "loader"),
    reader=ImagesReader,
)


def _scaling(settings: ImagesSettings) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of each channel."""
    wanted = len(_MEAN[settings.color])
    given = {"mean": settings.mean, "deviation": settings.deviation}
    problems = [
        f"task.{key}: {'one number was' if wanted == 1 else 'three numbers were'} wanted for "
        f"color {settings.color}, got {len(own)}"
        for key, own in given.items()
        if own is not None and len(own) != wanted
    ]
    if settings.validation + settings.test >= 1:
        problems.append(
            f"task.validation: validation + test below 1 was wanted, got {settings.validation} + "
            f"{settings.test}: nothing would be left to train on"
        )
    if problems:
        raise ConfigError(problems)
    return (
        settings.mean or _MEAN[settings.color],
        settings.deviation or _DEVIATION[settings.color],
    )


def _told(left_out: Sequence[str]) -> tuple[str, ...]:
    """A sentence about the pictures that were left out."""
    if not left_out:
        return ()
    more = f" (and {len(left_out) - 3:,} more)" if len(left_out) > 3 else ""
    return (f"{len(left_out):,} damaged pictures are left out: {'; '.join(left_out[:3])}{more}",)
