# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from vynapse.core import Array, SplitName, Stateless, SupervisedTask
from vynapse.testing.demand import demand
from vynapse.testing.loss import check_loss

_SPLITS: Final[tuple[SplitName, ...]] = ("train", "validation")


def check_task(make: Callable[[], SupervisedTask]) -> None:
    """A task keeps its promises: shapes, its loss, one fingerprint, a sealed test split.

    Args:
        make: returns a fresh task; called twice.
    """
    task, again = make(), make()
    for name in _SPLITS:
        source, other = task.split(name), again.split(name)
        demand(len(source) > 0, f"the {name} split is empty")
        demand(len(source) == len(other), f"the {name} split differs between two tasks made alike")
        for rows in (slice(0, 1000), np.array([len(source) - 1, 0])):
            split, twin = source.take(rows), other.take(rows)
            demand(len(split.inputs) == len(split.targets), f"{name}: inputs and targets differ")
            same = np.array_equal(split.inputs, twin.inputs)
            same &= np.array_equal(split.targets, twin.targets)
            demand(same, f"the {name} split differs between two tasks made alike")
        prepared = task.prepare(source.take(slice(0, 3)).inputs)
        demand(prepared.dtype == np.float32, f"prepare() must give float32, got {prepared.dtype}")
        demand(
            prepared.shape[1:] == task.input_shape,
            f"prepare() gives {prepared.shape[1:]}, input_shape is {task.input_shape}",
        )
    demand(task.fingerprint() == again.fingerprint(), "fingerprint() differs between two tasks")
    demand(bool(task.name), "name is empty")
    check_loss(task.loss, task.split("train").take(slice(0, 100)).targets, task.output_size)

    def predict(inputs: Array) -> Array:
        return np.full((len(inputs), task.output_size), 0.25, np.float32)

    network = Stateless(predict)
    demand(
        task.evaluate(predict, "validation") == task.score(network),
        "evaluate() and score() differ, or differ between two calls",
    )
    _check_sealed(task, network)


def _check_sealed(task: SupervisedTask, network: Stateless) -> None:
    first = task.final_test(network)
    if first is None:
        return
    demand(
        task.for_run().final_test(network) == first,
        "for_run() must give a copy whose test split can be read once more",
    )
    try:
        task.final_test(network)
    except Exception:  # noqa: BLE001 - any refusal will do
        return
    raise AssertionError("final_test() may be called once only")
