# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the winner of a run says over the plane, where its task has two inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, with_examples
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.predicted import predict
from vynapse.experiment.store import load
from vynapse.tasks.registry import make_any_task

Numbers = npt.NDArray[np.float64]

_SIDE: Final = 150
"""Points of the grid along each side."""
_MARGIN: Final = 0.15
"""What is shown beyond the examples, as a share of their extent."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Answers on a grid, and the training examples.

    Attributes:
        x, y: places of the grid (n,).
        heights: answers (n, n), row by row from the lowest y: the probability of the second of two
            classes, the number of the most probable of more, or the first value.
        what: what the heights are.
        points: training inputs (m, 2).
        labels: their classes or values (m,).
    """

    x: Numbers
    y: Numbers
    heights: Numbers
    what: str
    points: Numbers
    labels: Numbers


def surface_of(path: Path) -> Surface | None:
    """That of a run; None where it has no network yet, or its inputs are not two numbers.

    Raises:
        RunDirectoryError, CheckpointError: its files are damaged.
    """
    if not RunDirectory(path).network.exists():
        return None
    run = load(path)
    if run.preprocessing is not None and "columns" in run.preprocessing:
        return None
    options = {key: value for key, value in run.recipe["task"].items() if key != "name"}
    task = with_examples(make_any_task(run.task_name, options))
    if task is None or task.interface().inputs != (2,):
        return None
    split = task.split("train").take(slice(None))
    points, targets = np.asarray(split.inputs, np.float64), np.asarray(split.targets)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * np.maximum(high - low, 1e-9)
    x, y = np.linspace(low - margin, high + margin, _SIDE).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    found = predict(run.network, run.recipe, run.preprocessing, grid)
    heights, what = _heights(found.probabilities, found.values)
    labels = targets.reshape(len(points), -1)
    labels = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(axis=1)
    return Surface(x, y, heights.reshape(_SIDE, _SIDE), what, points, labels.astype(np.float64))


def _heights(probabilities: Array | None, values: Array) -> tuple[Numbers, str]:
    if probabilities is None:
        return np.asarray(values, np.float64).reshape(len(values), -1)[:, 0], "value"
    if probabilities.ndim == 1 or probabilities.shape[1] == 1:
        return probabilities.reshape(-1).astype(np.float64), "probability of the second class"
    if probabilities.shape[1] == 2:
        return probabilities[:, 1].astype(np.float64), "probability of the second class"
    return probabilities.argmax(axis=1).astype(np.float64), "most probable class"
