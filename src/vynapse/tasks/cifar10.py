# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CIFAR-10: Krizhevsky, "Learning multiple layers of features from tiny images", 2009."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vynapse.core import Array, Split
from vynapse.data.cifar import CLASSES, read_binary, read_packed
from vynapse.data.locate import Source, checksum, decoded, find, obtain
from vynapse.errors import DataError
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.pictures import PictureSettings, picture_task

_OFFICIAL = Source(
    "cifar-10-binary.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c32a1d4ab5d03f1284b67883e8d87530",
)
_PACKED = ("cifar10-train.zip", "cifar10-test.zip")
_PACKED_PIXELS = "3e9163e5b8a4ce27dd47fdba2006dbc8"
"""MD5 of the 51,017 lossless images as (n, 3, 32, 32)."""

_TRAIN, _VALIDATION = 50_000, 5_000


def cifar10(settings: PictureSettings) -> ArrayTask:
    """Ten classes, inputs (3, 32, 32), each channel less its mean, divided by its deviation.

    The official archive is used where it is found, else the packed form where both of its files
    are found, else the official archive is downloaded. What the splits are is in `description`.
    """
    packed = [path for path in map(find, _PACKED) if path is not None]
    load: Callable[[], Splits] = _load_official
    description = (
        "colour pictures of 32x32 pixels: the first 45,000 of the training set train, its last "
        "5,000 validate, the official 10,000 test"
    )
    if find(_OFFICIAL.name) is None and len(packed) == len(_PACKED):
        load = partial(_load_packed, *packed)
        description = (
            "colour pictures of 32x32 pixels, packed form: of the first 45,000 of the training set "
            "40,000 train and the last 5,000 validate; test is the lossless hold-out of 6,017 (the "
            "last 5,000 of the training set and 1,017 of the official test set), not the official "
            "10,000"
        )
    return picture_task(
        "cifar10",
        load,
        settings,
        input_shape=(3, 32, 32),
        classes=CLASSES,
        mean=(0.4914, 0.4822, 0.4465),
        deviation=(0.2470, 0.2435, 0.2616),
        description=description,
    )


CIFAR10 = TaskKind(
    "cifar10",
    "60,000 colour pictures of 32x32 pixels",
    PictureSettings,
    cifar10,
    network={"cnn": {"channels": [16, 32, 64]}},
    networks={"grow": {"factory": "vynapse.esper.kasmina.hosts:residual", "options": {}}},
    comparison={"flops": 1e12},
)


def _load_official() -> Splits:
    (archive,) = obtain(
        [_OFFICIAL], "cifar10", otherwise=f"; {' and '.join(_PACKED)} serve as well"
    )

    def decode() -> dict[str, Array]:
        images, labels = read_binary(archive)
        return {"images": images, "labels": labels}

    return _split(decoded(f"cifar10-{_OFFICIAL.md5}", decode), _TRAIN)


def _load_packed(train_archive: Path, test_archive: Path) -> Splits:
    def decode() -> dict[str, Array]:
        images, labels = read_packed(train_archive, test_archive)
        if hashlib.md5(images.data, usedforsecurity=False).hexdigest() != _PACKED_PIXELS:
            raise DataError(
                f"{train_archive} and {test_archive}: these are not the pictures of CIFAR-10"
            )
        return {"images": images, "labels": labels}

    key = f"cifar10-{checksum(train_archive)}-{checksum(test_archive)}"
    return _split(decoded(key, decode), _TRAIN - _VALIDATION)


def _split(arrays: dict[str, Array], end: int) -> Splits:
    """The last 5,000 pictures before `end` validate, those before train, those behind test."""
    images, labels = arrays["images"], arrays["labels"]
    begin = end - _VALIDATION
    return Splits(
        Split(images[:begin], labels[:begin]),
        Split(images[begin:end], labels[begin:end]),
        Split(images[end:], labels[end:]),
    )
