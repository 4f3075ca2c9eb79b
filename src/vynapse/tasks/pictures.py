# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the picture tasks share: their keys, and how pixels become inputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pydantic import Field, field_validator

from vynapse.core import Array
from vynapse.data.augment import Entry, build_augment, problem_of
from vynapse.settings import Settings
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.picture_files import raw_pictures


class PictureSettings(Settings):
    """Keys of a picture task."""

    augment: tuple[Entry, ...] = Field(
        (),
        description="random changes of training pictures, in order: {crop: pixels}, flip, "
        "{noise: fraction}, package.module:function",
    )

    @field_validator("augment")
    @classmethod
    def _known(cls, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        for entry in entries:
            if (wanted := problem_of(entry)) is not None:
                raise ValueError(wanted)
        return entries


def picture_task(
    name: str,
    data: Splits | Callable[[], Splits],
    settings: PictureSettings,
    *,
    input_shape: tuple[int, int, int],
    classes: tuple[str, ...],
    mean: tuple[float, ...],
    deviation: tuple[float, ...],
    top: int = 255,
    description: str,
) -> ArrayTask:
    """A classification task over uint8 pictures (n, channels, height, width).

    Args:
        name: name of the task.
        data: the pictures, or a function that loads them.
        settings: keys of the task.
        input_shape: (channels, height, width).
        classes: names of the classes.
        mean, deviation: the mean and deviation of each channel over the training pictures, as
            fractions of `top`; inputs are (pixel / top - mean) / deviation.
        top: largest value of a pixel.
        description: one sentence about the data and their splits.
    """
    factor = (1 / (np.array(deviation) * top)).astype(np.float32)[:, None, None]
    offset = (-np.array(mean) / np.array(deviation)).astype(np.float32)[:, None, None]

    def prepare(inputs: Array) -> Array:
        scaled: Array = inputs * factor
        scaled += offset
        return scaled

    return ArrayTask(
        name,
        data,
        input_shape=input_shape,
        output_size=len(classes),
        loss="cross_entropy",
        classes=classes,
        description=description,
        prepare=prepare,
        raw=lambda rows: raw_pictures(rows, input_shape, top),
        pixels={
            "shape": input_shape,
            "factor": factor.ravel().tolist(),
            "offset": offset.ravel().tolist(),
            "top": top,
        },
        augment=build_augment(settings.augment, float(top), "task.augment")
        if settings.augment
        else None,
    )
