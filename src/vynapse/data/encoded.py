# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Columns as they are kept beside a winner, and how their cells become numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from vynapse.core import Array
from vynapse.data.cells import F64
from vynapse.data.csv import Table
from vynapse.data.notations import advice, shown
from vynapse.errors import DataError, suggestion
from vynapse.seeding import I64
from vynapse.settings import Settings

Missing = Literal["refuse", "mean", "median", "most_frequent", "drop"]

_LARGEST = float(np.finfo(np.float32).max)
"""Networks compute in float32; what lies beyond its range is refused."""


class NumericColumn(Settings):
    """One input: (value - mean) / scale; `fill` stands in for a missing value."""

    kind: Literal["numeric"] = "numeric"
    name: str = Field(description="column name")
    mean: float = Field(description="mean of the training rows")
    scale: float = Field(
        gt=0,
        description="standard deviation of the training rows, 1 if that is 0 but for rounding",
    )
    fill: float | None = Field(None, description="value for missing cells; None refuses them")


class CategoricalColumn(Settings):
    """One input per category; `fill` stands in for a missing value."""

    kind: Literal["categorical"] = "categorical"
    name: str = Field(description="column name")
    categories: tuple[str, ...] = Field(min_length=1, description="values of the training rows")
    fill: str | None = Field(None, description="category for missing cells; None refuses them")


class ClassTarget(Settings):
    """A target that is one of several classes."""

    kind: Literal["classification"] = "classification"
    name: str = Field(description="column name")
    classes: tuple[str, ...] = Field(min_length=2, description="class names in order of outputs")
    weights: tuple[float, ...] | None = Field(
        None, description="what the loss of an example of each class is multiplied by"
    )


class NumberTarget(Settings):
    """A target that is a number; a network learns (value - mean) / scale."""

    kind: Literal["regression"] = "regression"
    name: str = Field(description="column name")
    mean: float = Field(description="mean of the training rows")
    scale: float = Field(
        gt=0,
        description="standard deviation of the training rows, 1 if that is 0 but for rounding",
    )


def encode_numbers(column: NumericColumn, table: Table) -> Array:
    """(rows,) float32."""
    values = numbers_in(table, column.name)
    missing = np.isnan(values)
    if missing.any():
        if column.fill is None:
            refuse_missing(table, column.name)
        else:
            values = np.where(missing, column.fill, values)
    return standardised(table, column, values)


def standardised(table: Table, column: NumericColumn | NumberTarget, values: F64) -> Array:
    """(rows,) float32 of (value - mean) / scale.

    Raises:
        DataError: a value lies so far from the training rows that float32 does not hold it.
    """
    with np.errstate(over="ignore"):
        result = ((values - column.mean) / column.scale).astype(np.float32)
    far = ~np.isfinite(result)
    if far.any():
        row = int(np.flatnonzero(far)[0])
        raise DataError(
            f"{table.path}: line {table.line(row)}: column {column.name!r}: {values[row]:g} lies "
            f"too far from the training rows, whose mean is {column.mean:g} and whose standard "
            f"deviation is {column.scale:g}: correct it"
        )
    return result


def encode_categories(column: CategoricalColumn, table: Table) -> I64:
    """(rows,) position of each category."""
    if column.fill is None:
        refuse_missing(table, column.name)
    return positions_in(table, column.name, column.categories, "category", column.fill)


def numbers_in(table: Table, name: str) -> F64:
    """(rows,) float64, not-a-number where a cell is missing.

    Raises:
        DataError: a cell holds other text, or a number beyond the range of float32.
    """
    column = table.column(name)
    words = column.words
    if words.any():
        row = int(np.flatnonzero(words)[0])
        text = column.text(row)
        raise DataError(
            f"{table.path}: line {table.line(row)}: column {name!r}: a number was wanted, got "
            f"{shown(text)}{advice(text)}"
        )
    large = np.abs(column.numbers) > _LARGEST
    if large.any():
        row = int(np.flatnonzero(large)[0])
        raise DataError(
            f"{table.path}: line {table.line(row)}: column {name!r}: {column.numbers[row]:g} is "
            f"beyond the range of 32-bit numbers, {_LARGEST:.2g}: correct it, leave the cell "
            "empty, or use a larger unit"
        )
    return column.numbers


def positions_in(
    table: Table, name: str, known: tuple[str, ...], what: str, fill: str | None = None
) -> I64:
    """(rows,) position of each cell among the known labels; `fill` stands for a missing cell."""
    column = table.column(name)
    codes, labels = column.labels()
    places = {text: position for position, text in enumerate(known)}
    filled = -1 if fill is None else places[fill]
    lookup = np.array([*(places.get(text, -1) for text in labels), filled], dtype=np.int64)
    result = lookup[codes]
    unknown = np.flatnonzero(result < 0)
    if len(unknown):
        row = int(unknown[0])
        text = labels[codes[row]]
        raise DataError(
            f"{table.path}: line {table.line(row)}: column {name!r}: {what} {shown(text)} did not "
            f"occur in the training rows{suggestion(text, known)}"
        )
    return result


def refuse_missing(table: Table, name: str) -> None:
    """Raises DataError where a cell of a column is missing."""
    rows = np.flatnonzero(table.column(name).missing)
    if len(rows):
        raise DataError(
            f"{table.path}: column {name!r} misses {len(rows)} of {len(table)} values, the first "
            f"on line {table.line(int(rows[0]))}, and nothing was chosen to stand in for them"
        )
