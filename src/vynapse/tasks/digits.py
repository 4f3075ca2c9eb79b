# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""1,797 handwritten digits of 8x8 pixels, bundled with the package.

Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak (1998), UCI Machine Learning
Repository, https://doi.org/10.24432/C50P49, licensed under CC BY 4.0; `digits.csv.gz` is its test
set unchanged: 64 pixel values from 0 to 16, then the digit, in each line.
"""

from __future__ import annotations

import gzip
from importlib import resources

import numpy as np

from vynapse.core import Split
from vynapse.data.splits import split_rows
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.pictures import PictureSettings, picture_task


def digits(settings: PictureSettings) -> ArrayTask:
    """Ten classes, inputs (1, 8, 8); a fixed stratified split of 60 : 20 : 20 per cent."""
    return picture_task(
        "digits",
        _load,
        settings,
        input_shape=(1, 8, 8),
        classes=tuple("0123456789"),
        mean=(0.3071,),
        deviation=(0.3766,),
        top=16,
        description=(
            "1,797 digits of 8x8 pixels in a fixed stratified split: 1,079 train, 359 validate, "
            "359 test"
        ),
    )


DIGITS = TaskKind(
    "digits",
    "1,797 handwritten digits of 8x8 pixels, bundled",
    PictureSettings,
    digits,
    network={"mlp": {"sizes": [64, 128, 10], "hidden": "relu"}},
    comparison={"flops": 3e9},
    bundled=True,
)


def _load() -> Splits:
    content = resources.files("vynapse.tasks").joinpath("digits.csv.gz").read_bytes()
    text = gzip.decompress(content).replace(b"\n", b",").rstrip(b",").decode("ascii")
    table = np.array(text.split(","), dtype=np.uint8).reshape(-1, 65)
    images, labels = table[:, :64].reshape(-1, 1, 8, 8), table[:, 64].astype(np.int64)
    splits = split_rows(labels, validation=0.2, test=0.2, seed=0)
    return Splits(*(Split(images[rows], labels[rows]) for rows in splits))
