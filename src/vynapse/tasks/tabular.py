# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Any CSV file as a task.

What is numeric, categorical, a class or a number is decided by rules that are stated here and can
be overruled in the recipe:

- an input column is numeric when all its values are numbers and categorical when none is; a
  column with both is refused unless it is listed under `categorical`;
- the target names classes when it is text, or whole numbers of at most 20 different values;
  otherwise it is a number to predict;
- several targets are labels where all hold 0 and 1 alone, else numbers to predict together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

import numpy as np

from vynapse.data.csv import Table, read_table
from vynapse.data.csv_format import files_of, is_packed
from vynapse.data.preprocessing import Preprocessing, fit_categorical, fit_numeric
from vynapse.data.splits import split_in_order, split_rows
from vynapse.errors import ConfigError, DataError, suggestion
from vynapse.seeding import I64
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.column_warnings import column_warnings
from vynapse.tasks.columns import (
    MOST_CLASSES,
    classes_of,
    is_categorical,
    refuse_rare,
)
from vynapse.tasks.csv_reader import CsvReader
from vynapse.tasks.csv_series import (
    gap_of,
    in_order,
    refuse_contradictions,
    windows_of,
)
from vynapse.tasks.csv_settings import CsvSettings
from vynapse.tasks.csv_targets import (
    CsvTargetKind,
    fitted_target,
    kind_of,
    weights_of,
)
from vynapse.tasks.examples import ExampleTask
from vynapse.tasks.incomplete import complete_rows, refuse_lost_classes
from vynapse.tasks.kind import Keys, TaskKind
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


def csv_task(settings: CsvSettings) -> ExampleTask:
    """The task that a CSV file poses. Classes are stratified over a split that is drawn.

    Classification: cross-entropy, one output per class. Regression: mean squared error of the
    standardised targets, one output of each; `mae` is in the units of the file. Labels: binary
    cross-entropy, one output of each.

    Raises:
        ConfigError: keys contradict each other.
        DataError: the file is absent, malformed or does not hold what the keys say.
    """
    _refuse_shares(settings)
    if _is_large(settings):
        return _streamed(settings)
    cut = cut_rows(settings)
    whole, names, table = cut.whole, cut.names, cut.table
    train, validation, test = (table.rows(rows) for rows in cut.rows)
    weights = weights_of(settings.class_weights, cut.classes, cut.labels[cut.rows[0]])
    preprocessing = Preprocessing(
        columns=tuple(
            fit_categorical(name, train, settings.missing)
            if is_categorical(table, name, settings.categorical)
            else fit_numeric(name, train, settings.missing)
            for name in names
        ),
        target=fitted_target(settings.targets, cut.kind, train, cut.classes, weights),
        window=windows_of(settings),
        format=None if settings.form().plain else settings.form(),
    )
    refuse_rare(preprocessing, (validation, test))
    task = _task(settings, preprocessing, train, validation, test)
    if weights is not None:
        task.own_loss = (
            "the class weights of the task belong to its own loss: leave out one of both"
        )
    # what stands in the row of a target is not known before it in a series
    examples = None if preprocessing.window else task.split("train").take(slice(None))
    task.data_files = (settings.path,)
    task.warnings = column_warnings(whole, train, preprocessing, examples, settings.categorical)
    return task


@final
@dataclass(frozen=True, slots=True)
class Cut:
    """Which rows of a file take part, and how.

    Attributes:
        whole: all rows of the file.
        table: the rows that take part.
        names: the input columns.
        kind: what the target is.
        labels: (n,) the class of each row of `table`; zeros without classes.
        classes: names of the classes; None without.
        rows: positions in `table` of the rows that train, validate and test.
    """

    whole: Table
    table: Table
    names: tuple[str, ...]
    kind: CsvTargetKind
    labels: I64
    classes: tuple[str, ...] | None
    rows: tuple[I64, I64, I64]


def cut_rows(settings: CsvSettings) -> Cut:
    """Read the file and split its rows; raises as `csv_task`."""
    _refuse_shares(settings)
    refuse_contradictions(settings)
    whole, names = _read(settings)
    needed = settings.targets if settings.group is None else (*settings.targets, settings.group)
    table = complete_rows(whole, needed, names, settings.missing)
    kind = kind_of(table, settings.targets, settings.kind)
    labels, classes = np.zeros(len(table), dtype=np.int64), None
    if kind == "classification":
        refuse_lost_classes(whole, table, settings.targets[0])
        labels, classes = classes_of(table, settings.targets[0], settings.validation)
    if in_order(settings):
        groups = np.zeros(len(table), dtype=np.int64)
        if settings.group is not None:
            groups = table.column(settings.group).labels()[0]
        rows = split_in_order(groups, settings.validation, settings.test, gap_of(settings))
    else:
        rows = split_rows(labels, settings.validation, settings.test, settings.data_seed)
    if not len(rows[0]) or not len(rows[1]) or (settings.test and not len(rows[2])):
        raise DataError(
            f"{table.path}: {len(table)} rows are too few for the fractions validation "
            f"{settings.validation} and test {settings.test}"
        )
    return Cut(whole, table, names, kind, labels, classes, rows)


def _of_path(path: Path) -> Keys | None:
    return {"path": str(path)} if ".csv" in path.suffixes and path.is_file() else None


CSV = TaskKind(
    "csv",
    "any CSV file: classes, numbers, labels or a time series",
    CsvSettings,
    csv_task,
    reader=CsvReader,
    dataset="vynapse.tasks.csv_dataset:open_csv",
    of_path=_of_path,
)


def scoring_of(preprocessing: Preprocessing) -> Scoring:
    """How the outputs of a network for this target are judged."""
    return CsvReader(preprocessing.to_json()).scoring


def _refuse_shares(settings: CsvSettings) -> None:
    if settings.validation + settings.test >= 1:
        raise ConfigError(
            f"task.validation: validation + test below 1 was wanted, got {settings.validation} + "
            f"{settings.test}: nothing would be left to train on"
        )


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
    if settings.kind not in (None, "classification", "regression"):
        return f"kind: {settings.kind}"
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

    task = StreamedTask(plan_of(settings))
    task.data_files = (settings.path,)
    return task


def _task(
    settings: CsvSettings,
    preprocessing: Preprocessing,
    train: Table,
    validation: Table,
    test: Table,
) -> ArrayTask:
    parts = [preprocessing.examples(part) for part in (train, validation, test) if len(part)]
    scoring = scoring_of(preprocessing)
    counts = [len(part) for part in parts] + [0] * (3 - len(parts))
    what = "rows" if preprocessing.window is None else "windows"
    return ArrayTask(
        "csv",
        Splits(*parts),
        input_shape=preprocessing.input_shape,
        output_size=preprocessing.output_size,
        loss=scoring.loss,
        classes=scoring.classes,
        description=(
            f"{preprocessing.target.kind} of {', '.join(map(repr, settings.targets))} from "
            f"{len(preprocessing.columns)} columns of {settings.path}: {counts[0]} {what} train, "
            f"{counts[1]} validate, {counts[2]} test"
        ),
        preprocessing=preprocessing.to_json(),
        target_scale=scoring.target_scale,
        output_names=scoring.names,
    )


def _read(settings: CsvSettings) -> tuple[Table, tuple[str, ...]]:
    """The whole file, and the names of the input columns."""
    texts: dict[str, float] = dict.fromkeys(settings.categorical, math.inf)
    if settings.kind in (None, "classification") and len(settings.targets) == 1:
        texts[settings.targets[0]] = MOST_CLASSES if settings.kind is None else math.inf
    if settings.group is not None:
        texts[settings.group] = math.inf
    table = read_table(Path(settings.path), texts, settings.form())
    for name in (*settings.targets, *([settings.group] if settings.group is not None else [])):
        table.column(name)
    # in windows the past of the target is known
    unknown = () if settings.window is not None else settings.targets
    apart = {*unknown, settings.group}
    names = settings.columns or tuple(name for name in table.columns if name not in apart)
    for name in unknown:
        if name in names:
            raise ConfigError(f"task.columns: {name!r} is the target and cannot be an input")
    if settings.group in settings.targets:
        raise ConfigError(f"task.group: {settings.group!r} is the target: choose another column")
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
