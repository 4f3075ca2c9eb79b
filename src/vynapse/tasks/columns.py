# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the columns of a table are: numbers, categories, classes; and what is refused as unclear."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice
from typing import Final, Literal

import numpy as np

from vynapse.data.cells import Column, label, number
from vynapse.data.csv import Table
from vynapse.data.encoded import CategoricalColumn
from vynapse.data.notations import advice, notation, shown
from vynapse.data.preprocessing import Preprocessing
from vynapse.errors import DataError
from vynapse.seeding import I64

TargetKind = Literal["classification", "regression"]
MOST_CLASSES: Final = 20
"""A target of more different whole numbers is a number to predict."""
_LOOKED_AT: Final = 100


def is_categorical(table: Table, name: str, listed: tuple[str, ...]) -> bool:
    """Whether an input column holds categories.

    Raises:
        DataError: it holds numbers and other text, or numbers that are not finite.
    """
    if name in listed:
        return True
    column = table.column(name)
    words = column.words
    if not words.any():
        return False
    row = int(np.flatnonzero(words)[0])
    text = column.text(row)
    numbers = int((~np.isnan(column.numbers)).sum())
    if numbers:
        raise DataError(
            f"{table.path}: line {table.line(row)}: column {name!r} holds {shown(text)} among "
            f"{numbers} numbers{advice(text) or ': correct it'}, or list the column under "
            "categorical"
        )
    if all(_is_not_finite(text) for text in words_used(column)):
        raise DataError(
            f"{table.path}: line {table.line(row)}: column {name!r} holds {shown(text)}"
            f"{advice(text)}"
        )
    return True


def target_kind(table: Table, name: str) -> TargetKind:
    """What the values of a target say it is.

    Raises:
        DataError: it holds numbers and other text, or many texts that should be numbers.
    """
    column = table.column(name)
    words, present = column.words, ~np.isnan(column.numbers)
    if words.any():
        row = int(np.flatnonzero(words)[0])
        text = column.text(row)
        where = f"{table.path}: line {table.line(row)}: the target {name!r} holds {shown(text)}"
        remedy = f"{advice(text) or ': correct it'}, or set kind to classification"
        if present.any():
            raise DataError(f"{where} among {int(present.sum())} numbers{remedy}")
        different = words_used(column)
        if all(_is_not_finite(text) for text in different) or (
            len(different) > MOST_CLASSES and reads_as_numbers(different)
        ):
            raise DataError(f"{where}{remedy}")
        return "classification"
    values = np.unique(column.numbers[present])
    whole = bool((values == np.floor(values)).all())
    return "classification" if whole and len(values) <= MOST_CLASSES else "regression"


def classes_of(table: Table, name: str, validation: float) -> tuple[I64, tuple[str, ...]]:
    """The class of each row, and the class names: in the order of numbers, else alphabetical.

    Raises:
        DataError: there is one class, or there are so many that none has a row to validate with.
    """
    positions, texts = table.column(name).labels()
    numbers = {text: number(text) for text in texts}
    classes = tuple(
        sorted(numbers, key=lambda text: (numbers[text] is None, numbers[text] or 0.0, text))
    )
    if len(classes) < 2:
        raise DataError(
            f"{table.path}: the target {name!r} holds only one class, {shown(classes[0])}: two or "
            "more were wanted"
        )
    most = int(np.bincount(positions).max())
    if math.floor(most * validation + 0.5) == 0:
        raise DataError(
            f"{table.path}: the target {name!r} holds {len(classes)} classes in {len(table)} rows, "
            f"at most {most} rows of each: too few to validate with"
        )
    places = {text: place for place, text in enumerate(classes)}
    return np.array([places[text] for text in texts], dtype=np.int64)[positions], classes


def refuse_rare(preprocessing: Preprocessing, parts: Iterable[Table]) -> None:
    """A category that no training row holds cannot be learnt."""
    columns = [part for part in preprocessing.columns if isinstance(part, CategoricalColumn)]
    for part in parts:
        for column in columns:
            known = set(column.categories)
            codes, labels = part.column(column.name).labels()
            rare = [code for code, text in enumerate(labels) if text not in known]
            if rare:
                row = int(np.flatnonzero(np.isin(codes, rare))[0])
                text = labels[codes[row]]
                where = f"{part.path}: line {part.line(row)}: column {column.name!r}"
                if notation(text):
                    raise DataError(f"{where} holds {shown(text)}{advice(text)}")
                raise DataError(
                    f"{where}: category {shown(text)} is so rare that no training row holds it: "
                    "leave the column out, merge categories, or choose another data_seed"
                )


def words_used(column: Column) -> list[str]:
    """The different texts of a column that are no numbers."""
    if column.codes is None:
        return []
    return [column.texts[code] for code in np.unique(column.codes[column.words]).tolist()]


def reads_as_numbers(texts: Iterable[str]) -> bool:
    """Whether all of these texts (the first 100) are numbers or times in another notation."""
    return all(notation(label(text)) for text in islice(texts, _LOOKED_AT))


def _is_not_finite(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False
