# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tasks for the modules of `zoo.py`."""

from __future__ import annotations

import numpy as np

from vynapse.core import Split
from vynapse.tasks.arrays import ArrayTask, Splits


def _task(name: str, shape: tuple[int, ...], rows, train: int) -> ArrayTask:
    generator = np.random.default_rng(0)

    def part(count: int) -> Split:
        inputs = rows(generator, (count, *shape)).astype(np.float32)
        return Split(inputs, (inputs[:, 0] > inputs[:, 1]).astype(np.int64))

    splits = Splits(part(train), part(12), part(12))
    return ArrayTask(name, splits, input_shape=shape, output_size=2, loss="cross_entropy")


def vectors(train: int = 24) -> ArrayTask:
    return _task("vectors", (3,), lambda g, shape: g.uniform(-1, 1, shape), train)


def tokens(train: int = 24) -> ArrayTask:
    return _task("tokens", (5,), lambda g, shape: g.integers(1, 7, shape), train)
