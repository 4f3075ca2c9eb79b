# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A saved network on data: what `evaluate` measures and what `predict` writes.

Data are a split of the run's task, or a CSV file for runs of the task `csv`; then the original
file of the run is not needed, only the preprocessing that was saved with the winner.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from vynapse.core import Array, Split, SupervisedTask
from vynapse.data.csv import read_table
from vynapse.data.preprocessing import Preprocessing
from vynapse.errors import ConfigError, RunDirectoryError
from vynapse.experiment.store import LoadedRun
from vynapse.tasks.arrays import as_float32
from vynapse.tasks.registry import make_task
from vynapse.tasks.scoring import Scoring, outputs
from vynapse.tasks.tabular import scoring_of

SplitName = Literal["train", "validation"]


def measure(run: LoadedRun, data: str) -> dict[str, Any]:
    """Number of examples, loss, metrics, and for a classifier the figures of each class.

    Raises:
        ConfigError: `data` is no name of a split and no CSV file that the run could read.
        DataError: the data are absent, damaged or lack the target column.
    """
    predict = run.network.predictor()
    if (name := _split_name(data)) is not None:
        task = _task(run)
        split, scoring = task.split(name), Scoring(task.loss_kind, task.classes)
        evaluation = task.evaluate(predict, name)
        output = _outputs(run, task, split)
        targets = split.targets
    else:
        preprocessing = _preprocessing(run, data)
        table = read_table(Path(data), preprocessing.texts())
        targets = preprocessing.targets(table)
        output = _csv_outputs(run, preprocessing, preprocessing.inputs(table))
        scoring = scoring_of(preprocessing)
        evaluation = scoring.evaluate(output, targets)
    return {
        "examples": len(output),
        "loss": evaluation.loss,
        "metrics": dict(evaluation.metrics),
        "per_class": scoring.per_class(output, targets),
    }


def predictions(run: LoadedRun, data: str) -> list[list[str]]:
    """A header and one row per example: class and probabilities, or values, in the data's units.

    Raises:
        ConfigError: as for `measure`.
        DataError: the data are absent or damaged.
    """
    if (name := _split_name(data)) is not None:
        task = _task(run)
        output = _outputs(run, task, task.split(name))
        scoring = Scoring(task.loss_kind, task.classes)
    else:
        preprocessing = _preprocessing(run, data)
        inputs = preprocessing.inputs(read_table(Path(data), preprocessing.texts()))
        output, scoring = _csv_outputs(run, preprocessing, inputs), scoring_of(preprocessing)
        if scoring.classes is None:
            return [["value"], *([_text(value)] for value in preprocessing.decode(output))]
    if scoring.classes is None:
        count = output.shape[1]
        header = ["value"] if count == 1 else [f"value_{number}" for number in range(count)]
        return [header, *([_text(value) for value in row] for row in output)]
    rows = [
        [scoring.classes[best], *(_text(value) for value in row)]
        for best, row in zip(scoring.predicted(output), probabilities(scoring, output), strict=True)
    ]
    return [["class", *(f"p_{name}" for name in scoring.classes)], *rows]


def probabilities(scoring: Scoring, output: Array) -> Array:
    """Outputs (b, o) of a classifier -> probability of each class (b, classes), float64."""
    wide = output.astype(np.float64)
    if scoring.loss_kind == "mse":
        second = wide[:, :1].clip(0.0, 1.0)
        return np.concatenate((1.0 - second, second), axis=1)
    exponentials = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _split_name(data: str) -> SplitName | None:
    if data == "test":
        raise ConfigError(
            "test: this split is read once, at the end of a run: vynapse show has its figures"
        )
    return {"train": "train", "validation": "validation"}.get(data)  # type: ignore[return-value]


def _task(run: LoadedRun) -> SupervisedTask:
    options = {key: value for key, value in run.recipe["task"].items() if key != "name"}
    return make_task(run.task_name, options)


def _outputs(run: LoadedRun, task: SupervisedTask, split: Split) -> Array:
    return outputs(run.network.predictor(), split.inputs, task.prepare, task.output_size)


def _preprocessing(run: LoadedRun, data: str) -> Preprocessing:
    if run.task_name != "csv":
        raise ConfigError(
            f"{data}: train or validation was wanted, the splits of task {run.task_name!r}: "
            "only runs of the task csv read files"
        )
    if run.preprocessing is None:
        raise RunDirectoryError(f"{run.path} lacks preprocessing.json: restore it from a copy")
    return Preprocessing.from_json(run.preprocessing)


def _csv_outputs(run: LoadedRun, preprocessing: Preprocessing, inputs: Array) -> Array:
    return outputs(run.network.predictor(), inputs, as_float32, preprocessing.output_size)


def _text(value: Any) -> str:
    """Nine significant digits: as many as a float32 needs."""
    return f"{float(value):.9g}"
