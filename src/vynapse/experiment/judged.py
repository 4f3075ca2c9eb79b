# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the winner of a run says of its validation split, example by example.

The test split is not among what can be asked here: it is read once, at the end of a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, Source, SupervisedTask
from vynapse.data.encoded import NumericColumn
from vynapse.data.preprocessing import Preprocessing
from vynapse.errors import DataError
from vynapse.experiment.predicted import reader_of
from vynapse.experiment.prediction import task_of
from vynapse.experiment.store import LoadedRun
from vynapse.tasks.scoring import Scoring, outputs_and_targets
from vynapse.user_code import own_errors

Numbers = npt.NDArray[np.float64]

_WORST: Final = 20
_COLUMNS: Final = 12
"""Inputs of a row that are shown, at most."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Wrong:
    """One of the worst examples.

    Attributes:
        place: its place in the split, from 0.
        truth, said: the class or the value that was wanted, and what the network says.
        probability: that the network gives to the true class; None where it gives none.
        picture: (h, w) or (h, w, 3) of uint8, where an input is a picture.
        inputs: what it consists of by name, where it is a row of numbers and words.
    """

    place: int
    truth: str
    said: str
    probability: float | None
    picture: npt.NDArray[np.uint8] | None
    inputs: dict[str, str]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """How the winner does on the examples of the validation split.

    Attributes:
        split: what the examples are, in words.
        count: how many they are.
        classes: names of the classes; None for a regression.
        confusion: (classes, classes) examples by true and by predicted class.
        wrong: how many are of another class than the network says, or have a wrong label.
        values: wanted and predicted values (n, 2) of the first target of a regression, in the units
            of the data.
        target: the name of that target; "value" where it has none.
        worst: the worst examples, the worst first.
    """

    split: str
    count: int
    classes: tuple[str, ...] | None
    confusion: npt.NDArray[np.int64] | None
    wrong: int | None
    values: Numbers | None
    target: str
    worst: list[Wrong]


@own_errors(DataError)
def judge(run: LoadedRun) -> Judged:
    """How the winner of a run does on the examples of its validation split.

    Raises:
        ConfigError, DataError: the task cannot be made, or has no examples.
        RunDirectoryError: its data are not those the run began with.
    """
    task = task_of(run)
    source, scoring = task.split("validation"), Scoring.of(task)
    output, targets = outputs_and_targets(
        run.network.predictor(), source, task.prepare, task.output_size
    )
    split = "the training examples, which validate" if task.validation_is_train else "validation"
    if scoring.labels:
        return _labels(run, source, split, scoring, (output, targets))
    if scoring.classes is None:
        return _regression(run, task, split, output, targets)
    truth, said = scoring.loss.labels(targets), scoring.loss.predicted(output)
    size = len(scoring.classes)
    confusion = np.zeros((size, size), np.int64)
    np.add.at(confusion, (truth, said), 1)
    chances = scoring.loss.probabilities(output)
    own = None if chances is None else chances[np.arange(len(truth)), truth]
    # wrong ones come first, and of those the ones about which the network is surest
    badness = (truth != said) + (0.0 if own is None else 0.5 * (1 - own))
    worst = np.argsort(-badness, kind="stable")[:_WORST]
    worst = worst[truth[worst] != said[worst]]
    shown = _shown(run, source, worst)
    return Judged(
        split,
        len(truth),
        scoring.classes,
        confusion,
        int((truth != said).sum()),
        None,
        "class",
        [
            Wrong(
                int(place),
                scoring.classes[truth[place]],
                scoring.classes[said[place]],
                None if own is None else float(own[place]),
                *shown[number],
            )
            for number, place in enumerate(worst)
        ],
    )


def _labels(
    run: LoadedRun, source: Source, split: str, scoring: Scoring, found: tuple[Array, Array]
) -> Judged:
    """The rows with the most wrong labels come first."""
    output, targets = found
    truth, said = scoring.loss.labels(targets), scoring.loss.predicted(output)
    wrong = (truth != said).sum(axis=1)
    worst = np.argsort(-wrong, kind="stable")[:_WORST]
    worst = worst[wrong[worst] > 0]
    shown = _shown(run, source, worst)
    names = np.array(scoring.output_names(output.shape[1]))

    def words(row: Array) -> str:
        return ", ".join(names[row == 1].tolist()) or "none"

    rows = [
        Wrong(int(place), words(truth[place]), words(said[place]), None, *shown[number])
        for number, place in enumerate(worst)
    ]
    count = int((wrong > 0).sum())
    return Judged(split, len(output), None, None, count, None, "labels", rows)


def _regression(
    run: LoadedRun, task: SupervisedTask, split: str, output: Array, targets: Array
) -> Judged:
    reader = reader_of(run.recipe, run.preprocessing)
    found = [reader.values(part).reshape(len(output), -1) for part in (targets, output)]
    wanted, said = (np.asarray(part, np.float64) for part in found)
    error = np.abs(said - wanted).max(axis=1)
    worst = np.argsort(-error, kind="stable")[:_WORST]
    shown = _shown(run, task.split("validation"), worst)
    return Judged(
        split,
        len(output),
        None,
        None,
        None,
        np.stack((wanted[:, 0], said[:, 0]), axis=1),
        _first_target(run),
        [
            Wrong(int(place), _words(wanted[place]), _words(said[place]), None, *shown[number])
            for number, place in enumerate(worst)
        ],
    )


def _first_target(run: LoadedRun) -> str:
    target = (run.preprocessing or {}).get("target") or {}
    return str(target.get("name") or (target.get("names") or ["value"])[0])


def _words(values: Numbers) -> str:
    return ", ".join(f"{value:.4g}" for value in values[:4]) + (" …" if len(values) > 4 else "")


def _shown(
    run: LoadedRun, source: Source, places: npt.NDArray[Any]
) -> list[tuple[npt.NDArray[np.uint8] | None, dict[str, str]]]:
    """The inputs of examples as a picture, or as words by name."""
    if len(places) == 0:
        return []
    inputs = source.take(places.astype(np.int64)).inputs
    if inputs.ndim == 4 and inputs.shape[1] in (1, 3) and min(inputs.shape[2:]) > 1:
        return [(picture, {}) for picture in _pictures(inputs)]
    if run.preprocessing is not None and "columns" in run.preprocessing:
        columns = Preprocessing.from_json(run.preprocessing)
        last = inputs if columns.window is None else inputs[:, -1]
        return [(None, _row(columns, row)) for row in last]
    flat = inputs.reshape(len(inputs), -1)[:, :_COLUMNS]
    names = [f"input {number}" for number in range(flat.shape[1])]
    return [(None, dict(zip(names, map(_short, row), strict=True))) for row in flat.tolist()]


def _pictures(inputs: Array) -> list[npt.NDArray[np.uint8]]:
    """(n, channels, h, w) of any range, each from its darkest to its brightest value."""
    values = inputs.astype(np.float64)
    low = values.min(axis=(1, 2, 3), keepdims=True)
    span = np.maximum(values.max(axis=(1, 2, 3), keepdims=True) - low, 1e-12)
    grey = np.rint(255 * (values - low) / span).astype(np.uint8).transpose(0, 2, 3, 1)
    return [one[:, :, 0] if one.shape[2] == 1 else one for one in grey]


def _row(preprocessing: Preprocessing, values: Array) -> dict[str, str]:
    """A prepared row in the words and units of its file."""
    row: dict[str, str] = {}
    place = 0
    for column in preprocessing.columns:
        if isinstance(column, NumericColumn):
            row[column.name] = _short(float(values[place]) * column.scale + column.mean)
            place += 1
        else:
            own = values[place : place + len(column.categories)]
            row[column.name] = column.categories[int(own.argmax())] if own.any() else "another"
            place += len(column.categories)
        if len(row) == _COLUMNS:
            break
    return row


def _short(value: float) -> str:
    return f"{value:.4g}"
