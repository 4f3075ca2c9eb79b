# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the columns of a cached table are, by the rules of `vynapse.tasks.columns`, without a look
at the rows: the cache has counted the texts of each column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vynapse.data.cells import label, number
from vynapse.data.csv_table import CachedTable
from vynapse.data.csv_texts import Texts
from vynapse.data.encoded import Missing
from vynapse.data.notations import advice, shown
from vynapse.errors import DataError
from vynapse.seeding import I64
from vynapse.tasks.columns import MOST_CLASSES, TargetKind, reads_as_numbers


@dataclass(frozen=True, slots=True)
class Words:
    """The cells of a column that are text and no number.

    Attributes:
        texts: the different ones.
        first: the first row that holds one, -1 for none.
        text: what it holds.
        numbers: how many rows hold a number.
    """

    texts: tuple[str, ...]
    first: int
    text: str
    numbers: int


def words_of(table: CachedTable, name: str) -> Words:
    """The words of a column."""
    column = table.column(name)
    places = np.flatnonzero(np.isnan(column.numbers)).tolist()
    count = int(column.counts[places].sum()) if places else 0
    first = min(places, key=lambda place: int(column.firsts[place]), default=-1)
    return Words(
        tuple(column.texts[place] for place in places),
        -1 if first < 0 else int(column.firsts[first]),
        "" if first < 0 else column.texts[first],
        len(table) - column.missing - count,
    )


def holds_categories(table: CachedTable, name: str, listed: Sequence[str]) -> bool:
    """Whether an input column holds categories.

    Raises:
        DataError: it holds numbers and other text, or numbers that are not finite.
    """
    words = words_of(table, name)
    if name in listed:
        return True
    if words.first < 0:
        return False
    where = f"{table.path}: line {table.line(words.first)}: column {name!r} holds "
    if words.numbers:
        raise DataError(
            f"{where}{shown(words.text)} among {words.numbers} numbers"
            f"{advice(words.text) or ': correct it'}, or list the column under categorical"
        )
    if all(map(_is_not_finite, words.texts)):
        raise DataError(f"{where}{shown(words.text)}{advice(words.text)}")
    return True


def kind_of_target(table: CachedTable, name: str) -> TargetKind:
    """What the values of a target say it is.

    Raises:
        DataError: it holds numbers and other text, or many texts that should be numbers.
    """
    words, column = words_of(table, name), table.column(name)
    if words.first >= 0:
        where = f"{table.path}: line {table.line(words.first)}: the target {name!r} holds "
        remedy = f"{advice(words.text) or ': correct it'}, or set kind to classification"
        if words.numbers:
            raise DataError(f"{where}{shown(words.text)} among {words.numbers} numbers{remedy}")
        if all(map(_is_not_finite, words.texts)) or (
            len(words.texts) > MOST_CLASSES and reads_as_numbers(words.texts)
        ):
            raise DataError(f"{where}{shown(words.text)}{remedy}")
        return "classification"
    if int(column.counts.sum()) + column.missing < len(table):
        return "regression"  # more different numbers than classes may be
    values = np.unique(column.numbers)
    whole = bool((values == np.floor(values)).all())
    return "classification" if whole and len(values) <= MOST_CLASSES else "regression"


def labels_of(column: Texts) -> tuple[tuple[str, ...], I64]:
    """The labels of a column of texts, and the place of each text among them, -1 after the last
    for a missing cell.
    """
    places: dict[str, int] = {}
    found = [places.setdefault(label(text), len(places)) for text in column.texts]
    return tuple(places), np.array([*found, -1], np.int64)


def classes_in_order(labels: Sequence[str]) -> tuple[str, ...]:
    """Class names in the order of numbers, else alphabetical."""
    numbers = {text: number(text) for text in labels}
    return tuple(
        sorted(numbers, key=lambda text: (numbers[text] is None, numbers[text] or 0.0, text))
    )


def refuse_missing(table: CachedTable, target: str, names: Sequence[str], missing: Missing) -> None:
    """Refuse columns that miss values when nothing was chosen for them.

    Raises:
        DataError: there is one.
    """
    for name in (target, *names):
        column = table.column(name)
        if not column.missing or missing == "drop" or (missing != "refuse" and name != target):
            continue
        if column.missing == len(table):
            raise DataError(
                f"{table.path}: column {name!r} has no value in any row: fill it in or leave it out"
            )
        way = (
            "set missing to drop, mean, median or most_frequent"
            if missing == "refuse"
            else "a target is never filled in: set missing to drop"
        )
        if column.spelled and words_of(table, name).first >= 0:
            way += f", or write {next(iter(column.spelled))!r} in another way if it is a value"
        raise DataError(
            f"{table.path}: column {name!r} misses {column.missing} of {len(table)} values, the "
            f"first on line {table.line(column.first_missing)}: {way}"
        )


def _is_not_finite(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False
