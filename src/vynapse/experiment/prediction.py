# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A saved network on data: what `evaluate` measures and what `predict` writes.

Data are a split of the run's task, or a CSV file for runs of the task `csv`, or pictures for those
of the task `images`. For files the data of the run are not needed, only the preprocessing that was
saved with the winner.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from vynapse.core import Array, SplitName, SupervisedTask
from vynapse.data.csv import Table, read_table
from vynapse.data.preprocessing import Preprocessing
from vynapse.data.windows import windows_in
from vynapse.errors import UNREADABLE, ConfigError, DataError, RunDirectoryError, first_line
from vynapse.experiment.kept import located
from vynapse.experiment.picture_prediction import judged_pictures, picture_rows
from vynapse.experiment.predicted import reader_of
from vynapse.experiment.store import LoadedRun
from vynapse.experiment.summary import with_unknown
from vynapse.tasks.examples import as_float32
from vynapse.tasks.losses.registry import make_loss
from vynapse.tasks.registry import TASKS, make_task
from vynapse.tasks.scoring import Scoring, outputs, outputs_and_targets
from vynapse.tasks.tabular import scoring_of
from vynapse.user_code import own_errors


@own_errors(DataError)
def measure(run: LoadedRun, data: str) -> dict[str, Any]:
    """Number of examples, loss, metrics, the figures of each class, and what is not defined.

    Raises:
        ConfigError: `data` is no name of a split and no CSV file that the run could read.
        DataError: the data are absent, damaged or lack the target column.
    """
    _refuse_control(run)
    if (name := _split_name(data)) is not None:
        task = task_of(run)
        count, evaluation = len(task.split(name)), task.assess(run.network, name)
    elif run.task_name == "images":
        output, targets, scoring = judged_pictures(run, data)
        count, evaluation = len(output), scoring.assess(output, targets)
    else:
        preprocessing = _preprocessing(run, data)
        table = read_table(Path(data), preprocessing.texts(), preprocessing.form)
        with _fitting(run):
            source = preprocessing.examples(table)
            output, targets = outputs_and_targets(
                run.network.predictor(), source, as_float32, preprocessing.output_size
            )
        count, evaluation = len(source), _scoring(run, preprocessing).assess(output, targets)
    return {
        "examples": count,
        "loss": evaluation.loss,
        "metrics": with_unknown(evaluation),
        "per_class": dict(evaluation.per_class),
        "undefined": dict(evaluation.undefined),
    }


@own_errors(DataError)
def predictions(run: LoadedRun, data: str) -> list[list[str]]:
    """A header and one row per example: class and probabilities, or values, in the data's units.

    Of a series in a file there is one for each row that ends a window. Its number in the file, from
    1, is `row`; the prediction is of the row that comes `horizon` rows later.

    Raises:
        ConfigError: as for `measure`.
        DataError: the data are absent or damaged.
    """
    _refuse_control(run)
    if (name := _split_name(data)) is not None:
        task = task_of(run)
        scoring = Scoring.of(task)
        output, _ = outputs_and_targets(
            run.network.predictor(), task.split(name), task.prepare, task.output_size
        )
    elif run.task_name == "images":
        return picture_rows(run, data)
    else:
        preprocessing = _preprocessing(run, data)
        table = read_table(Path(data), preprocessing.texts(), preprocessing.form)
        output, scoring = _csv_outputs(run, preprocessing, table), _scoring(run, preprocessing)
        if preprocessing.window is not None:
            order, ends = windows_in(table, preprocessing.window, 0)
            rows = _rows(run, scoring, output)
            places = ["row", *map(str, (order[ends] + 1).tolist())]
            return [[place, *row] for place, row in zip(places, rows, strict=True)]
    return _rows(run, scoring, output)


def _rows(run: LoadedRun, scoring: Scoring, output: Array) -> list[list[str]]:
    """A header and one row per example."""
    if scoring.labels:
        return _label_rows(scoring, output)
    if scoring.classes is None:
        values = _in_units(run, output)
        header = list(scoring.output_names(values.shape[1]))
        return [header, *([_text(value) for value in row] for row in values)]
    named = [scoring.classes[best] for best in scoring.loss.predicted(output)]
    probabilities = scoring.loss.probabilities(output)
    if probabilities is None:
        return [["class"], *([name] for name in named)]
    rows = [
        [name, *(_text(value) for value in row)]
        for name, row in zip(named, probabilities, strict=True)
    ]
    return [["class", *(f"p_{name}" for name in scoring.classes)], *rows]


def _label_rows(scoring: Scoring, output: Array) -> list[list[str]]:
    """Each label with 0 or 1, then the probability of each."""
    names = scoring.output_names(output.shape[1])
    rows = [list(map(str, row)) for row in scoring.loss.predicted(output).tolist()]
    chances = scoring.loss.probabilities(output)
    if chances is None:
        return [list(names), *rows]
    each = ([_text(value) for value in row] for row in chances)
    header = [*names, *(f"p_{name}" for name in names)]
    return [header, *([*row, *own] for row, own in zip(rows, each, strict=True))]


def _split_name(data: str) -> SplitName | None:
    if data == "test":
        raise ConfigError(
            "test: this split is read once, at the end of a run: vynapse show has its figures"
        )
    return {"train": "train", "validation": "validation"}.get(data)  # type: ignore[return-value]


def _refuse_control(run: LoadedRun) -> None:
    kind = TASKS.get(run.task_name) if ":" not in run.task_name else None
    if kind is not None and kind.episodes:
        raise ConfigError(
            f"{run.path}: task {run.task_name!r} has episodes, not examples: use vynapse play "
            f"{run.path}"
        )


def _in_units(run: LoadedRun, output: Array) -> Array:
    """Outputs of a regression (rows, out) in the units of the data, wherever the rows are from."""
    if run.preprocessing is None:
        return output
    if run.task_name == "csv":
        _saved_preprocessing(run)
    return reader_of(run.recipe, run.preprocessing).values(output).reshape(len(output), -1)


def task_of(run: LoadedRun) -> SupervisedTask:
    """The task of a run, as the run sees it: with its loss.

    Raises:
        RunDirectoryError: its data are not those the run began with: another split would be
            measured.
    """
    named = located(run.recipe, run.path)["task"]
    options = {key: value for key, value in named.items() if key != "name"}
    task = make_task(run.task_name, options)
    if run.data_sha256 is not None and task.fingerprint() != run.data_sha256:
        raise RunDirectoryError(
            f"{run.path}: the data of task {run.task_name!r} are not those the run began with: put "
            "the original data back, or name a CSV file of a run of the task csv"
        )
    own = run.recipe.get("loss")
    return task if own is None else task.with_loss(make_loss(own))


def _scoring(run: LoadedRun, preprocessing: Preprocessing) -> Scoring:
    """How the outputs for a CSV file are judged: by the loss of the run."""
    scoring, own = scoring_of(preprocessing), run.recipe.get("loss")
    return scoring if own is None else replace(scoring, loss=make_loss(own))


def _preprocessing(run: LoadedRun, data: str) -> Preprocessing:
    if run.task_name != "csv":
        raise ConfigError(
            f"{data}: train or validation was wanted, the splits of task {run.task_name!r}: "
            "only runs of the tasks csv and images read files"
        )
    return _saved_preprocessing(run)


def _saved_preprocessing(run: LoadedRun) -> Preprocessing:
    if run.preprocessing is None:
        raise RunDirectoryError(f"{run.path} lacks preprocessing.json: restore it from a copy")
    try:
        return Preprocessing.from_json(run.preprocessing)
    except (ConfigError, *UNREADABLE) as error:
        raise RunDirectoryError(
            f"{run.path / 'preprocessing.json'} was changed ({first_line(error)}): restore it from "
            "a copy"
        ) from None


def _csv_outputs(run: LoadedRun, preprocessing: Preprocessing, table: Table) -> Array:
    with _fitting(run):
        inputs = preprocessing.inputs(table)
        return outputs(run.network.predictor(), inputs, as_float32, preprocessing.output_size)


@contextmanager
def _fitting(run: LoadedRun) -> Iterator[None]:
    """Say which files do not fit each other where a network does not take its inputs."""
    try:
        yield
    except UNREADABLE as error:
        raise RunDirectoryError(
            f"{run.path / 'preprocessing.json'} and best.safetensors do not fit each other "
            f"({first_line(error)}): restore both from a copy"
        ) from error


def _text(value: Any) -> str:
    """Nine significant digits: as many as a float32 needs."""
    return f"{float(value):.9g}"
