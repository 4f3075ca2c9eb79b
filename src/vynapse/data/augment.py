# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random changes of training images, the same for a sample in an epoch whatever its batch.

    augment: [{crop: 4}, flip, {noise: 0.1}, "my_package.changes:cutout"]

Steps apply in this order. `crop: p` pads p black pixels on every side and cuts the old size out at
a random place. `flip` mirrors left to right with probability 1/2. `noise: s` adds Gaussian noise
whose standard deviation is s times the range of the pixels. A function of the user's takes (inputs,
samples, epoch, seed) and returns changed inputs of the same shape and type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from vynapse.core import Array, Augment
from vynapse.errors import ConfigError, DataError
from vynapse.imports import import_object
from vynapse.seeding import I64, Stream, Streams

Entry = str | dict[str, float | int]
"""One item of a recipe's `augment` list."""


def problem_of(entry: Entry) -> str | None:
    """What is wrong with an entry, as what was wanted instead; None for a valid one."""
    if isinstance(entry, str):
        if entry == "flip" or ":" in entry:
            return None
    elif list(entry) == ["crop"]:
        size = entry["crop"]
        return None if size >= 1 and float(size).is_integer() else "crop: a whole number of pixels"
    elif list(entry) == ["noise"]:
        return None if 0 < entry["noise"] <= 1 else "noise: a fraction of the pixel range up to 1"
    return "{crop: pixels}, flip, {noise: fraction} or package.module:function"


def build_augment(entries: Sequence[Entry], top: float, where: str) -> Augment:
    """The steps of a recipe as one function.

    Args:
        entries: valid entries (`problem_of` finds nothing).
        top: the largest value of a pixel.
        where: key of the list, for the sentence of an error.

    Raises:
        ConfigError: a function of the user's cannot be imported.
    """
    steps = [_step(entry, number, top, f"{where}.{number}") for number, entry in enumerate(entries)]

    def augment(inputs: Array, samples: I64, epoch: int, seed: int) -> Array:
        for step in steps:
            inputs = step(inputs, samples, epoch, seed)
        return inputs

    return augment


def crop(inputs: Array, samples: I64, epoch: int, stream: Stream, pixels: int) -> Array:
    """Shift images (batch, channels, height, width) by up to `pixels`, black where nothing was."""
    height, width = inputs.shape[-2:]
    border = ((0, 0), (0, 0), (pixels, pixels), (pixels, pixels))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(inputs, border), (height, width), axis=(2, 3)
    )
    corners = stream.integers(2 * pixels + 1, 2, epoch, samples)
    cut: Array = windows[np.arange(len(inputs)), :, corners[:, 0], corners[:, 1]]
    return cut


def flip(inputs: Array, samples: I64, epoch: int, stream: Stream) -> Array:
    """Mirror every second image or so, left to right."""
    chosen = stream.integers(2, 1, epoch, samples)[:, 0] == 1
    result = inputs.copy()
    result[chosen] = inputs[chosen][..., ::-1]
    return result


def noise(
    inputs: Array, samples: I64, epoch: int, stream: Stream, deviation: float, top: float
) -> Array:
    """Add Gaussian noise and keep values in [0, top]; integers are rounded to the nearest."""
    count = int(np.prod(inputs.shape[1:]))
    normals = stream.normal(count, epoch, samples).reshape(inputs.shape)
    noisy = np.clip(inputs + np.float32(deviation * top) * normals, 0, np.float32(top))
    if np.issubdtype(inputs.dtype, np.integer):
        noisy = np.rint(noisy)
    result: Array = noisy.astype(inputs.dtype)
    return result


def _step(entry: Entry, number: int, top: float, where: str) -> Augment:
    if isinstance(entry, str) and entry != "flip":
        return _users_function(entry, where)
    name = entry if isinstance(entry, str) else next(iter(entry))
    change: Callable[[Array, I64, int, Stream], Array] = flip
    if isinstance(entry, dict) and name == "crop":
        change = partial(crop, pixels=int(entry["crop"]))
    elif isinstance(entry, dict):
        change = partial(noise, deviation=float(entry["noise"]), top=top)

    def step(inputs: Array, samples: I64, epoch: int, seed: int) -> Array:
        stream = Streams(seed).stream(f"augment.{number}.{name}")
        return change(inputs, samples, epoch, stream)

    return step


def _users_function(path: str, where: str) -> Augment:
    function = import_object(path, where)
    if not callable(function):
        raise ConfigError(f"{where}: a function was wanted, {path} is a {type(function).__name__}")

    def step(inputs: Array, samples: I64, epoch: int, seed: int) -> Array:
        result: Array = function(inputs, samples, epoch, seed)
        if result.shape != inputs.shape or result.dtype != inputs.dtype:
            raise DataError(
                f"{where}: {path} must return {inputs.dtype} of shape {inputs.shape}, it returned "
                f"{result.dtype} of shape {result.shape}"
            )
        return result

    return step
