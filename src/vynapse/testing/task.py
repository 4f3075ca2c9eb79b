# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vynapse.core import Array, SupervisedTask
from vynapse.testing.demand import demand


def check_task(make: Callable[[], SupervisedTask]) -> None:
    """A task keeps its promises: shapes, two equal losses, one fingerprint, a sealed test split.

    Args:
        make: returns a fresh task; called twice.
    """
    import torch

    task, again = make(), make()
    for name in ("train", "validation"):
        split, other = task.split(name), again.split(name)
        demand(len(split) > 0, f"the {name} split is empty")
        demand(len(split.inputs) == len(split.targets), f"{name}: inputs and targets differ")
        same = np.array_equal(split.inputs, other.inputs)
        demand(same, f"the {name} split differs between two tasks made alike")
        prepared = task.prepare(split.inputs[:3])
        demand(prepared.dtype == np.float32, f"prepare() must give float32, got {prepared.dtype}")
        demand(
            prepared.shape[1:] == task.input_shape,
            f"prepare() gives {prepared.shape[1:]}, input_shape is {task.input_shape}",
        )
    demand(task.fingerprint() == again.fingerprint(), "fingerprint() differs between two tasks")
    demand(bool(task.name), "name is empty")

    targets = task.split("train").targets[:5]
    outputs = np.linspace(0.1, 0.9, 2 * len(targets) * task.output_size, dtype=np.float32)
    outputs = outputs.reshape(2, len(targets), task.output_size)
    in_numpy = task.array_loss(outputs, targets)
    in_torch = task.loss(torch.from_numpy(outputs), torch.from_numpy(targets)).numpy()
    demand(in_numpy.shape == (2,), "array_loss() must keep leading population dimensions")
    demand(in_torch.shape == (2,), "loss() must keep leading population dimensions")
    demand(np.allclose(in_numpy, in_torch, rtol=1e-4), "loss() and array_loss() differ")

    def predict(inputs: Array) -> Array:
        return np.full((len(inputs), task.output_size), 0.25, np.float32)

    demand(
        task.evaluate(predict, "validation") == task.evaluate(predict, "validation"),
        "evaluate() differs between two calls",
    )
    if task.final_test(predict) is not None:
        try:
            task.final_test(predict)
        except Exception:  # noqa: BLE001 - any refusal will do
            return
        raise AssertionError("final_test() may be called once only")
