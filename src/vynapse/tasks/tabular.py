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

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from vynapse.core import Split
from vynapse.data.csv import Table, read_table
from vynapse.data.csv_format import CsvFormat, files_of, is_packed
from vynapse.data.locate import absolute_path
from vynapse.data.preprocessing import (
    ClassTarget,
    Missing,
    Preprocessing,
    fit_categorical,
    fit_number_target,
    fit_numeric,
)
from vynapse.data.splits import split_rows
from vynapse.errors import ConfigError, DataError, suggestion
from vynapse.settings import Name, Settings
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.column_warnings import column_warnings
from vynapse.tasks.columns import (
    MOST_CLASSES,
    TargetKind,
    classes_of,
    is_categorical,
    refuse_rare,
    target_kind,
)
from vynapse.tasks.csv_reader import CsvReader
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.incomplete import complete_rows, refuse_lost_classes
from vynapse.tasks.kind import TaskKind
from vynapse.tasks.scoring import Scoring

LARGE: Final = 1 << 26
"""Bytes of text from which on rows are not kept in memory."""


if TYPE_CHECKING:
    from vynapse.tasks.streamed.task import Plan

_PLANNED: Final = (
    "target",
    "columns",
    "categorical",
    "missing",
    "kind",
    "validation",
    "test",
    "data_seed",
)
_STREAMED: Final = {*_PLANNED, "path", "separator", "quote", "decimal", "encoding", "cache"}


class CsvSettings(Settings):
    """Keys of the task csv."""

    path: str = Field(
        min_length=1,
        description="the CSV file, or a folder of CSV files: a header line, commas, UTF-8",
    )
    target: Name = Field(min_length=1, description="name of the column to predict")
    columns: tuple[Name, ...] | None = Field(
        None, min_length=1, description="input columns; by default all but the target"
    )
    categorical: tuple[Name, ...] = Field(
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
    separator: str = Field(",", description="the character between cells")
    quote: str = Field('"', description="the character around cells; empty for none")
    decimal: Literal[".", ","] = Field(".", description="what stands before decimals")
    encoding: str = Field("utf-8", description="how characters are written, as utf-16, cp1252")
    cache: bool | None = Field(
        None,
        description="whether rows are read from a cache on the disk, not kept in memory; by "
        "default where the files have 64 MB (compressed 16 MB) or more",
    )

    @model_validator(mode="after")
    def _format(self) -> CsvSettings:
        """The keys of the format are those of a format."""
        self.form()
        return self

    def form(self) -> CsvFormat:
        """How the file is written."""
        return CsvFormat(
            separator=self.separator,
            quote=self.quote,
            decimal=self.decimal,
            encoding=self.encoding,
        )

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """So that a run can be resumed from any folder."""
        return absolute_path(value)


def csv_task(settings: CsvSettings) -> ExampleTask:
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
    if _is_large(settings):
        return _streamed(settings)
    whole, names = _read(settings)
    table = complete_rows(whole, settings.target, names, settings.missing)
    kind = settings.kind or target_kind(table, settings.target)
    labels, classes = np.zeros(len(table), dtype=np.int64), None
    if kind == "classification":
        refuse_lost_classes(whole, table, settings.target)
        labels, classes = classes_of(table, settings.target, settings.validation)
    splits = split_rows(labels, settings.validation, settings.test, settings.data_seed)
    train, validation, test = (table.rows(rows) for rows in splits)
    if not len(validation) or (settings.test and not len(test)):
        raise DataError(
            f"{table.path}: {len(table)} rows are too few for the fractions validation "
            f"{settings.validation} and test {settings.test}"
        )
    preprocessing = Preprocessing(
        columns=tuple(
            fit_categorical(name, train, settings.missing)
            if is_categorical(table, name, settings.categorical)
            else fit_numeric(name, train, settings.missing)
            for name in names
        ),
        target=fit_number_target(settings.target, train)
        if classes is None
        else ClassTarget(name=settings.target, classes=classes),
        format=None if settings.form().plain else settings.form(),
    )
    refuse_rare(preprocessing, (validation, test))
    task = _task(settings, preprocessing, train, validation, test)
    examples = task.split("train").take(slice(None))
    task.warnings = column_warnings(whole, train, preprocessing, examples, settings.categorical)
    return task


CSV = TaskKind(
    "csv",
    "any CSV file: classification or regression",
    CsvSettings,
    csv_task,
    reader=CsvReader,
)


def scoring_of(preprocessing: Preprocessing) -> Scoring:
    """How the outputs of a network for this target are judged."""
    return CsvReader(preprocessing.to_json()).scoring


def _is_large(settings: CsvSettings) -> bool:
    """Whether the rows are read from a cache."""
    alone = _in_memory_alone(settings)
    if settings.cache is not None:
        if settings.cache and alone:
            raise ConfigError(f"task.cache: rows that are read from a cache cannot have {alone!r}")
        return settings.cache
    path = Path(settings.path)
    if alone or path.is_fifo():
        return False
    files = files_of(path)
    size = sum(file.stat().st_size * (4 if is_packed(file) else 1) for file in files)
    return size >= LARGE


def _in_memory_alone(settings: CsvSettings) -> str | None:
    """A key in use that rows in memory alone can have."""
    if not isinstance(settings.target, str):
        return "target: several"
    for name, key in type(settings).model_fields.items():
        if name not in _STREAMED and getattr(settings, name) != key.default:
            return name
    return None


def plan_of(settings: CsvSettings) -> Plan:
    """What a task makes of the rows of a cache."""
    from vynapse.tasks.streamed.task import Plan

    chosen = {key: getattr(settings, key) for key in _PLANNED}
    return Plan(Path(settings.path), settings.form(), **chosen)


def _streamed(settings: CsvSettings) -> ExampleTask:
    from vynapse.tasks.streamed.task import StreamedTask

    return StreamedTask(plan_of(settings))


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


def _read(settings: CsvSettings) -> tuple[Table, tuple[str, ...]]:
    """The whole file, and the names of the input columns."""
    texts: dict[str, float] = dict.fromkeys(settings.categorical, math.inf)
    if settings.kind != "regression":
        texts[settings.target] = MOST_CLASSES if settings.kind is None else math.inf
    table = read_table(Path(settings.path), texts, settings.form())
    table.column(settings.target)
    names = settings.columns or tuple(name for name in table.columns if name != settings.target)
    if settings.target in names:
        raise ConfigError(f"task.columns: {settings.target!r} is the target and cannot be an input")
    if not names:
        raise DataError(
            f"{table.path}: the target {settings.target!r} is the only column: at least one input "
            "column was wanted"
        )
    if len(set(names)) != len(names):
        raise ConfigError(f"task.columns: one or more different columns were wanted, got {names}")
    inputs = set(names)
    for name in settings.categorical:
        if name not in inputs:
            raise ConfigError(f"task.categorical: {name!r} is no input{suggestion(name, names)}")
    return table, names
