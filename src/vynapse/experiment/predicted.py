# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a network says of rows that people have: classes, probabilities, values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from vynapse.core import Array, SupervisedTask, with_examples
from vynapse.errors import ConfigError, DataError, RunDirectoryError
from vynapse.experiment.notebook import table_html
from vynapse.networks.state import NetworkState
from vynapse.tasks.examples import as_float32
from vynapse.tasks.losses.registry import make_loss
from vynapse.tasks.reader import Reader
from vynapse.tasks.registry import TASKS, make_any_task
from vynapse.tasks.row_inputs import as_numbers
from vynapse.tasks.scoring import Scoring, outputs
from vynapse.user_code import own_errors

_SHOWN = 10


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Prediction:
    """What was predicted for n rows. It is used like the array of its values.

    Attributes:
        values: (n,) names of classes, or numbers in the units of the data; (n, out) where a
            regression has several; (n, labels) of 0 and 1 for labels.
        classes: names of the classes; None for a regression.
        probabilities: (n, classes) of the classes, or of the labels, in their order; None where
            the outputs are none.
        outputs: (n, out) what the network gave.
        names: names of the columns of `values`; None for classes.
    """

    values: Array
    classes: tuple[str, ...] | None
    probabilities: Array | None
    outputs: Array
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: Any) -> Any:
        return self.values[row]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype)

    def named(self) -> list[dict[str, Any]]:
        """For each row its class and the probability of each class by name, or its value."""
        header, *rows = self._table(len(self))
        return [dict(zip(header, row, strict=True)) for row in rows]

    def __repr__(self) -> str:
        what = "values" if self.classes is None else f"classes of {', '.join(self.classes[:5])}"
        more = " …" if self.classes and len(self.classes) > 5 else ""
        return f"Prediction({len(self)} rows, {what}{more})"

    def _repr_html_(self) -> str:
        header, *rows = self._table(_SHOWN)
        cells = [[_short(cell) for cell in row] for row in rows]
        return table_html(header, cells, max(0, len(self) - _SHOWN))

    def _table(self, most: int) -> list[list[Any]]:
        values = self.values[:most].tolist()
        if self.classes is None:
            rows = [value if isinstance(value, list) else [value] for value in values]
            count = 1 if self.values.ndim == 1 else self.values.shape[1]
            plain = ["value"] if count == 1 else [f"value_{place}" for place in range(count)]
            names = list(self.names or plain)
            if self.probabilities is None:
                return [names, *rows]
            own = self.probabilities[:most].tolist()
            header = [*names, *(f"p_{name}" for name in names)]
            return [header, *([*row, *p] for row, p in zip(rows, own, strict=True))]
        if self.probabilities is None:
            return [["class"], *([value] for value in values)]
        names = [f"p_{name}" for name in self.classes]
        each = zip(values, self.probabilities[:most].tolist(), strict=True)
        return [["class", *names], *([value, *row] for value, row in each)]


@own_errors(DataError)
def predict(
    network: NetworkState,
    recipe: Mapping[str, Any],
    preprocessing: Mapping[str, Any] | None,
    rows: Any,
) -> Prediction:
    """What a network of a run says of rows.

    Args:
        network: the network of the run.
        recipe: content of the run's recipe.
        preprocessing: what the run keeps of it.
        rows: an array or a list of rows, as the task has them. For a CSV file they may be a frame,
            columns by name, rows by name or a file. For pictures they may be names of files, and
            for text a text or several.

    Raises:
        ConfigError: the task has no examples, or the network keeps a state between them.
        DataError: the rows are none of this task.
    """
    reader = reader_of(recipe, preprocessing)
    inputs = reader.inputs(rows)
    found = outputs(network.predictor(), inputs, as_float32, reader.output_size)
    scoring = reader.scoring
    if recipe.get("loss") is not None:
        scoring = dataclasses.replace(scoring, loss=make_loss(recipe["loss"]))
    names = scoring.output_names(reader.output_size)
    if scoring.labels:
        there, chances = scoring.loss.predicted(found), scoring.loss.probabilities(found)
        return Prediction(there, None, chances, found, names)
    if scoring.classes is None:
        return Prediction(reader.values(found), None, None, found, names)
    said = np.array(scoring.classes)[scoring.loss.predicted(found)]
    return Prediction(said, scoring.classes, scoring.loss.probabilities(found), found)


def reader_of(recipe: Mapping[str, Any], preprocessing: Mapping[str, Any] | None) -> Reader:
    """What reads rows of a run's task and says what outputs mean.

    Raises:
        ConfigError: the task has no examples.
        RunDirectoryError: the run lacks its preprocessing.
    """
    named = dict(recipe["task"])
    name = named.pop("name")
    kind = None if ":" in name else TASKS.get(name, "task.name")
    if kind is not None and kind.reader is not None:
        if preprocessing is None:
            raise RunDirectoryError("the run lacks preprocessing.json: restore it from a copy")
        return kind.reader(preprocessing)
    task = with_examples(make_any_task(name, named))
    if task is None:
        raise ConfigError(f"predict: task {name!r} has no examples, so there are no rows of it")
    return _OfTask(task)


@final
class _OfTask(Reader):
    """A task that has been made reads rows by its own means."""

    def __init__(self, task: SupervisedTask) -> None:
        self._task = task
        self.output_size, self.scoring = task.output_size, Scoring.of(task)

    def inputs(self, rows: Any) -> Array:
        raw = as_numbers(self._task.raw(rows), "rows")
        wanted = self._task.input_shape
        try:
            prepared = self._task.prepare(raw)
        except ValueError:
            prepared = raw
        if prepared.shape[1:] != wanted:
            raise DataError(f"rows: an array of shape {('n', *wanted)} was wanted, got {raw.shape}")
        return prepared


def _short(cell: Any) -> str:
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)
