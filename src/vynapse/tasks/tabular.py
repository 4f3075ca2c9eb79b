# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Any CSV file as a task.

What is numeric, categorical, a class or a number is decided by rules that are stated here and can
be overruled in the recipe:

- an input column is numeric when all its values are numbers and categorical when none is; a
  column with both is refused unless it is listed under `categorical`;
- the target names classes when it is text, or whole numbers of at most 20 different values;
  otherwise it is a number to predict.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from vynapse.core import Split
from vynapse.data.csv import Table, label, number, read_table
from vynapse.data.preprocessing import (
    CategoricalColumn,
    ClassTarget,
    Missing,
    NumberTarget,
    Preprocessing,
    fit_categorical,
    fit_number_target,
    fit_numeric,
)
from vynapse.data.splits import split_rows
from vynapse.errors import ConfigError, DataError, suggestion
from vynapse.seeding import I64
from vynapse.settings import Settings
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.losses.cross_entropy import CrossEntropy
from vynapse.tasks.losses.mse import MeanSquaredError
from vynapse.tasks.scoring import Scoring

TargetKind = Literal["classification", "regression"]
_MOST_CLASSES = 20


class CsvSettings(Settings):
    """Keys of the task csv."""

    path: str = Field(min_length=1, description="the CSV file: a header line, commas, UTF-8")
    target: str = Field(min_length=1, description="name of the column to predict")
    columns: tuple[str, ...] | None = Field(
        None, min_length=1, description="input columns; by default all but the target"
    )
    categorical: tuple[str, ...] = Field(
        (), description="input columns to read as categories although they hold numbers"
    )
    missing: Missing = Field(
        "refuse",
        description="what to do about missing values: refuse them, drop their rows, or fill them "
        "in from the training rows (categories always with the most frequent one)",
    )
    kind: TargetKind | None = Field(
        None, description="whether the target is a class or a number; by default decided by its "
        "values"
    )  # fmt: skip
    validation: float = Field(0.2, gt=0, lt=1, description="fraction of the rows that validate")
    test: float = Field(0.2, ge=0, lt=1, description="fraction of the rows that test; 0 for none")
    data_seed: int = Field(0, ge=0, lt=2**64, description="seed of the split")

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """So that a run can be resumed from any folder."""
        return str(Path(value).absolute())


def csv_task(settings: CsvSettings) -> ArrayTask:
    """The task that a CSV file poses. Classes are stratified over the splits.

    Classification: cross-entropy, one output per class. Regression: mean squared error of the
    standardised target, one output; `mae` is in the units of the file.

    Raises:
        ConfigError: keys contradict each other.
        DataError: the file is absent, malformed or does not hold what the keys say.
    """
    if settings.validation + settings.test >= 1:
        raise ConfigError(
            f"task.validation: validation + test below 1 was wanted, got {settings.validation} + "
            f"{settings.test}: nothing would be left to train on"
        )
    table, names = _usable_rows(settings)
    kind = settings.kind or _target_kind(table, settings.target)
    labels, classes = np.zeros(len(table), dtype=np.int64), None
    if kind == "classification":
        labels, classes = _classes(table, settings.target)
    splits = split_rows(labels, settings.validation, settings.test, settings.data_seed)
    train, validation, test = (table.rows(rows.tolist()) for rows in splits)
    if not len(validation) or (settings.test and not len(test)):
        raise DataError(
            f"{table.path}: {len(table)} rows are too few for the fractions validation "
            f"{settings.validation} and test {settings.test}"
        )
    preprocessing = Preprocessing(
        columns=tuple(
            fit_categorical(name, train, settings.missing)
            if _is_categorical(table, name, settings.categorical)
            else fit_numeric(name, train, settings.missing)
            for name in names
        ),
        target=fit_number_target(settings.target, train)
        if classes is None
        else ClassTarget(name=settings.target, classes=classes),
    )
    _refuse_rare(preprocessing, (validation, test))
    return _task(settings, preprocessing, train, validation, test)


CSV = TaskKind("csv", "any CSV file: classification or regression", CsvSettings, csv_task)


def scoring_of(preprocessing: Preprocessing) -> Scoring:
    """How the outputs of a network for this target are judged."""
    target = preprocessing.target
    if isinstance(target, NumberTarget):
        return Scoring(MeanSquaredError(), None, target.scale)
    return Scoring(CrossEntropy(), target.classes)


def _task(
    settings: CsvSettings,
    preprocessing: Preprocessing,
    train: Table,
    validation: Table,
    test: Table,
) -> ArrayTask:
    def encoded(part: Table) -> Split:
        return Split(preprocessing.inputs(part), preprocessing.targets(part))

    examples = encoded(train)
    scoring = scoring_of(preprocessing)
    return ArrayTask(
        "csv",
        Splits(examples, encoded(validation), encoded(test) if len(test) else None),
        input_shape=examples.inputs.shape[1:],
        output_size=preprocessing.output_size,
        loss=scoring.loss,
        classes=scoring.classes,
        description=(
            f"{preprocessing.target.kind} of {settings.target!r} from {len(preprocessing.columns)} "
            f"columns of {settings.path}: {len(train)} rows train, {len(validation)} validate, "
            f"{len(test)} test"
        ),
        preprocessing=preprocessing.to_json(),
        target_scale=scoring.target_scale,
    )


def _usable_rows(settings: CsvSettings) -> tuple[Table, tuple[str, ...]]:
    """The rows that take part under the policy for missing values, and the input columns."""
    table = read_table(Path(settings.path).expanduser())
    target = table.column(settings.target)
    names = settings.columns or tuple(name for name in table.columns if name != settings.target)
    if settings.target in names:
        raise ConfigError(f"task.columns: {settings.target!r} is the target and cannot be an input")
    if len(set(names)) != len(names) or not names:
        raise ConfigError(f"task.columns: one or more different columns were wanted, got {names}")
    for name in settings.categorical:
        if name not in names:
            raise ConfigError(f"task.categorical: {name!r} is no input{suggestion(name, names)}")
    incomplete = {row for row, cell in enumerate(target) if cell is None}
    if settings.missing in ("refuse", "drop"):
        for name in names:
            cells = table.column(name)
            incomplete |= {row for row, cell in enumerate(cells) if cell is None}
    if settings.missing == "drop":
        table = table.rows([row for row in range(len(table)) if row not in incomplete])
        if not len(table):
            raise DataError(f"{table.path}: every row misses a value, so none is left")
    elif incomplete:
        _refuse_missing(table, (settings.target, *names), settings.missing)
    return table, names


def _refuse_missing(table: Table, names: Iterable[str], missing: Missing) -> None:
    for name in names:
        rows = [row for row, cell in enumerate(table.column(name)) if cell is None]
        if rows:
            advice = (
                "set missing to drop, mean, median or most_frequent"
                if missing == "refuse"
                else "a target is never filled in: set missing to drop"
            )
            raise DataError(
                f"{table.path}: column {name!r} misses {len(rows)} of {len(table)} values, the "
                f"first on line {table.lines[rows[0]]}: {advice}"
            )


def _numeric_rows(table: Table, name: str) -> tuple[list[int], list[int]]:
    """Rows of a column that hold numbers, and rows that hold other text."""
    numeric: list[int] = []
    other: list[int] = []
    for row, cell in enumerate(table.column(name)):
        if cell is not None:
            (other if number(cell) is None else numeric).append(row)
    return numeric, other


def _is_categorical(table: Table, name: str, listed: tuple[str, ...]) -> bool:
    if name in listed:
        return True
    numeric, other = _numeric_rows(table, name)
    if numeric and other:
        row = other[0]
        raise DataError(
            f"{table.path}: line {table.lines[row]}: column {name!r} holds "
            f"{table.column(name)[row]!r} among {len(numeric)} numbers: correct it, or list the "
            "column under categorical"
        )
    return bool(other)


def _target_kind(table: Table, name: str) -> TargetKind:
    numeric, other = _numeric_rows(table, name)
    if numeric and other:
        row = other[0]
        raise DataError(
            f"{table.path}: line {table.lines[row]}: the target {name!r} holds "
            f"{table.column(name)[row]!r} among {len(numeric)} numbers: correct it, or set kind to "
            "classification"
        )
    values = {number(cell) for cell in table.column(name) if cell is not None}
    whole = all(value is None or value.is_integer() for value in values)
    return "classification" if other or (whole and len(values) <= _MOST_CLASSES) else "regression"


def _classes(table: Table, name: str) -> tuple[I64, tuple[str, ...]]:
    """The class of each row, and the class names: in the order of numbers, else alphabetical."""
    texts = [label(cell) for cell in table.column(name) if cell is not None]
    numbers = {text: number(text) for text in texts}
    classes = tuple(
        sorted(numbers, key=lambda text: (numbers[text] is None, numbers[text] or 0.0, text))
    )
    if len(classes) < 2:
        raise DataError(
            f"{table.path}: the target {name!r} holds only one class, {classes[0]!r}: two or more "
            "were wanted"
        )
    places = {text: place for place, text in enumerate(classes)}
    return np.array([places[text] for text in texts], dtype=np.int64), classes


def _refuse_rare(preprocessing: Preprocessing, parts: Iterable[Table]) -> None:
    """A category that no training row holds cannot be learnt."""
    for column in preprocessing.columns:
        if isinstance(column, CategoricalColumn):
            for part in parts:
                for row, cell in enumerate(part.column(column.name)):
                    if cell is not None and label(cell) not in column.categories:
                        raise DataError(
                            f"{part.path}: line {part.lines[row]}: column {column.name!r}: "
                            f"category {cell!r} is so rare that no training row holds it: leave "
                            "the column out, merge categories, or choose another data_seed"
                        )
