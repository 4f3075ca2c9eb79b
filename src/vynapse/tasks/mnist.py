# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""MNIST: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998."""

from __future__ import annotations

import numpy as np

from vynapse.core import Split
from vynapse.data.idx import read_idx
from vynapse.data.locate import Source, obtain
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.pictures import PictureSettings, picture_task

# The original address refuses automated downloads; this is the mirror that torchvision uses.
_MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist"
_SOURCES = tuple(
    Source(name, f"{_MIRROR}/{name}", md5)
    for name, md5 in (
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    )
)
_VALIDATION = 5_000


def mnist(settings: PictureSettings) -> ArrayTask:
    """Ten classes, inputs (1, 28, 28): mean 0.1307 and deviation 0.3081 of the pixels in [0, 1]."""
    return picture_task(
        "mnist",
        _load,
        settings,
        input_shape=(1, 28, 28),
        classes=tuple("0123456789"),
        mean=(0.1307,),
        deviation=(0.3081,),
        description=(
            "handwritten digits of 28x28 pixels: the first 55,000 of the training set train, its "
            "last 5,000 validate, the official 10,000 test"
        ),
    )


MNIST = TaskKind(
    "mnist",
    "70,000 handwritten digits of 28x28 pixels",
    PictureSettings,
    mnist,
    network={"mlp": {"sizes": [784, 512, 10], "hidden": "relu"}},
    comparison={"flops": 1e11},
)


def _load() -> Splits:
    images, labels, test_images, test_labels = (
        read_idx(path) for path in obtain(_SOURCES, "mnist")
    )
    images, labels = images[:, None], labels.astype(np.int64)
    return Splits(
        Split(images[:-_VALIDATION], labels[:-_VALIDATION]),
        Split(images[-_VALIDATION:], labels[-_VALIDATION:]),
        Split(test_images[:, None], test_labels.astype(np.int64)),
    )
