# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a user should know about a cached table, as `vynapse.tasks.column_warnings` has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np

from vynapse.data.csv_table import CachedTable
from vynapse.data.encoded import NumberTarget, NumericColumn
from vynapse.data.notations import notation, shown
from vynapse.data.preprocessing import Preprocessing
from vynapse.seeding import I64
from vynapse.tasks.columns import reads_as_numbers
from vynapse.tasks.lone_predictors import lone_predictors
from vynapse.tasks.streamed.columns import words_of
from vynapse.tasks.streamed.source import Encoder

_NAMED: Final = 5
_CELLS: Final = 1 << 22


def sentences(
    table: CachedTable,
    train: I64,
    preprocessing: Preprocessing,
    categorical: Sequence[str],
    lost: int,
    constant: Sequence[str],
) -> tuple[str, ...]:
    """Sentences about rows left out, odd notations, constant columns and columns that tell all.

    Args:
        table: the table.
        train: its training rows.
        preprocessing: what was fitted on them.
        categorical: columns that the user called categorical.
        lost: rows that are left out.
        constant: columns of numbers that are the same in all training rows, but for rounding.
    """
    found = [
        *_left_out(table, preprocessing, lost),
        *_notations(table, preprocessing, categorical),
        *_constant(preprocessing, constant),
        *_telling(table, train, preprocessing),
    ]
    return tuple(f"{table.path}: {sentence}" for sentence in found)


def _left_out(table: CachedTable, preprocessing: Preprocessing, lost: int) -> Iterator[str]:
    if lost:
        yield f"{lost} of {len(table)} rows miss a value and are left out"
    for part in (*preprocessing.columns, preprocessing.target):
        spelled = table.texts[part.name].spelled
        if spelled and part.kind in ("categorical", "classification"):
            text, times = next(iter(spelled.items()))
            yield (
                f"column {part.name!r} reads {text!r} in {times} of {len(table)} rows, which is "
                "taken for a missing value: write it in another way if it is a value"
            )


def _notations(
    table: CachedTable, preprocessing: Preprocessing, categorical: Sequence[str]
) -> Iterator[str]:
    for part in (*preprocessing.columns, preprocessing.target):
        if part.kind in ("categorical", "classification") and part.name not in categorical:
            words = words_of(table, part.name).texts
            if words and reads_as_numbers(words):
                what = "categories" if part.kind == "categorical" else "classes"
                yield (
                    f"column {part.name!r} is read as {what}, but {shown(words[0])} "
                    f"{notation(words[0])}"
                )


def _constant(preprocessing: Preprocessing, constant: Sequence[str]) -> Iterator[str]:
    target = preprocessing.target
    if isinstance(target, NumberTarget) and target.name in constant:
        yield (
            f"the target {target.name!r} is {target.mean:g} in all training rows, but for "
            "rounding: there is nothing to learn"
        )
    names = [
        column.name
        for column in preprocessing.columns
        if (
            column.name in constant
            if isinstance(column, NumericColumn)
            else len(column.categories) == 1
        )
    ]
    if names:
        yield (
            f"{_listed(names)} the same value in all training rows, but for rounding, and cannot "
            "help"
        )


def _telling(table: CachedTable, train: I64, preprocessing: Preprocessing) -> Iterator[str]:
    """Columns that tell the target, by a sample of the training rows spread evenly."""
    most = max(1000, _CELLS // preprocessing.input_size)
    sample = np.array(train[:: max(1, -(-len(train) // most))])
    examples = Encoder(table, preprocessing).split(table.take(sample))
    for names in lone_predictors(preprocessing, examples).values():
        what = "all" if len(sample) == len(train) else f"{len(sample):,} of the"
        yield (
            f"{_listed(names)} by itself what is enough to tell the target "
            f"{preprocessing.target.name!r} in {what} training rows: leave it out if it is not "
            "known beforehand"
        )


def _listed(names: Sequence[str]) -> str:
    """`column 'a' has`, `each of the columns 'a', 'b' has`."""
    shown_names = ", ".join(repr(name) for name in islice(names, _NAMED))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"column {shown_names} has"
        if len(names) == 1
        else f"each of the columns {shown_names}{more} has"
    )
