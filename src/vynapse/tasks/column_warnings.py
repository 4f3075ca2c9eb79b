# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a user should know about a table before a run: sentences, not errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np

from vynapse.core import Split
from vynapse.data.csv import Table
from vynapse.data.encoded import NumericColumn
from vynapse.data.notations import notation, shown
from vynapse.data.preprocessing import Preprocessing, spread
from vynapse.tasks.columns import reads_as_numbers, words_used
from vynapse.tasks.leaks import numbers_rows
from vynapse.tasks.lone_predictors import lone_predictors

_NAMED: Final = 5


def column_warnings(
    whole: Table,
    train: Table,
    preprocessing: Preprocessing,
    examples: Split | None,
    categorical: tuple[str, ...],
) -> tuple[str, ...]:
    """Sentences about rows left out, odd notations, constant columns and columns that tell all.

    Args:
        whole: the table with all rows of the file.
        train: its training rows.
        preprocessing: what was fitted on them.
        examples: the training rows, preprocessed; None where no column can tell a target alone.
        categorical: columns that the user called categorical.
    """
    sentences = [
        *_left_out(whole, preprocessing),
        *_notations(whole, preprocessing, categorical),
        *_constant(train, preprocessing),
        *_numbering(whole, preprocessing),
        *([] if examples is None else _telling(preprocessing, examples)),
    ]
    return tuple(f"{whole.path}: {sentence}" for sentence in sentences)


def _left_out(whole: Table, preprocessing: Preprocessing) -> Iterator[str]:
    """Rows that miss a value, and texts that were taken for missing values."""
    incomplete = np.zeros(len(whole), np.bool_)
    for name in preprocessing.target_names:
        incomplete = incomplete | whole.column(name).missing
    for column in preprocessing.columns:
        if column.fill is None:
            incomplete = incomplete | whole.column(column.name).missing
    count = int(incomplete.sum())
    if count:
        yield f"{count} of {len(whole)} rows miss a value and are left out"
    for part in (*preprocessing.columns, preprocessing.target):
        if part.kind not in ("categorical", "classification"):
            continue
        cells = whole.column(part.name)
        if cells.spelled:
            text, times = next(iter(cells.spelled.items()))
            yield (
                f"column {part.name!r} reads {text!r} in {times} of {len(whole)} rows, which is "
                "taken for a missing value: write it in another way if it is a value"
            )


def _notations(
    whole: Table, preprocessing: Preprocessing, categorical: tuple[str, ...]
) -> Iterator[str]:
    """Columns of text that a person reads as numbers or times."""
    for part in (*preprocessing.columns, preprocessing.target):
        if part.kind in ("categorical", "classification") and part.name not in categorical:
            words = words_used(whole.column(part.name))
            if words and reads_as_numbers(words):
                what = "categories" if part.kind == "categorical" else "classes"
                yield (
                    f"column {part.name!r} is read as {what}, but {shown(words[0])} "
                    f"{notation(words[0])}"
                )


def _constant(train: Table, preprocessing: Preprocessing) -> Iterator[str]:
    for name in preprocessing.target_names:
        numbers = train.column(name).numbers
        if preprocessing.target.kind != "classification" and not spread(numbers):
            yield (
                f"the target {name!r} is {numbers[0]:g} in all training rows, but for rounding: "
                "there is nothing to learn"
            )
    names = [
        column.name
        for column in preprocessing.columns
        if (
            column.scale == 1 and not spread(_present(train, column.name))
            if isinstance(column, NumericColumn)
            else len(column.categories) == 1
        )
    ]
    if names:
        yield (
            f"{_listed(names)} the same value in all training rows, but for rounding, and cannot "
            "help"
        )


def _numbering(whole: Table, preprocessing: Preprocessing) -> Iterator[str]:
    """Columns that count the rows; time may be an input of a series."""
    for column in preprocessing.columns:
        numeric = preprocessing.window is None and isinstance(column, NumericColumn)
        if numeric and numbers_rows(whole.column(column.name).numbers):
            yield f"column {column.name!r} counts the rows: leave it out if it is an identifier"


def _present(train: Table, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    values = train.column(name).numbers
    return values[~np.isnan(values)]


def _telling(preprocessing: Preprocessing, examples: Split) -> Iterator[str]:
    for target, names in lone_predictors(preprocessing, examples).items():
        yield (
            f"{_listed(names)} by itself what is enough to tell the target {target!r} in all "
            "training rows: leave it out if it is not known beforehand"
        )


def _listed(names: Sequence[str]) -> str:
    """`column 'a' has`, `each of the columns 'a', 'b' has`."""
    shown_names = ", ".join(repr(name) for name in islice(names, _NAMED))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"column {shown_names} has"
        if len(names) == 1
        else (f"each of the columns {shown_names}{more} has")
    )
