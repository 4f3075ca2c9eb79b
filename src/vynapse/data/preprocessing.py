# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From rows of a CSV file to the inputs of a network, as data that is saved beside a winner.

A numeric column becomes one input, (value - mean) / scale; a categorical one becomes one input
per category, 1 for its own and 0 for the others. Means, scales, categories and the values that
stand in for missing ones come from the training rows alone.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from vynapse.core import Array
from vynapse.data.csv import Table, label, number
from vynapse.errors import DataError, suggestion
from vynapse.settings import Settings, validate

Missing = Literal["refuse", "mean", "median", "most_frequent", "drop"]


class NumericColumn(Settings):
    """One input: (value - mean) / scale; `fill` stands in for a missing value."""

    kind: Literal["numeric"] = "numeric"
    name: str = Field(description="column name")
    mean: float = Field(description="mean of the training rows")
    scale: float = Field(
        gt=0, description="standard deviation of the training rows, 1 if that is 0"
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


class NumberTarget(Settings):
    """A target that is a number; a network learns (value - mean) / scale."""

    kind: Literal["regression"] = "regression"
    name: str = Field(description="column name")
    mean: float = Field(description="mean of the training rows")
    scale: float = Field(
        gt=0, description="standard deviation of the training rows, 1 if that is 0"
    )


Column = Annotated[NumericColumn | CategoricalColumn, Field(discriminator="kind")]
Target = Annotated[ClassTarget | NumberTarget, Field(discriminator="kind")]


class Preprocessing(Settings):
    """Everything that is needed to feed rows to a network and to read its outputs."""

    columns: tuple[Column, ...] = Field(min_length=1, description="input columns, in order")
    target: Target = Field(description="target column")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Preprocessing:
        """The object whose `to_json` this was.

        Raises:
            ConfigError: it is not one.
        """
        return validate(cls, content, "preprocessing")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return self.model_dump(mode="json")

    @property
    def output_size(self) -> int:
        """Number of outputs of a network: one per class, or one number."""
        return len(self.target.classes) if isinstance(self.target, ClassTarget) else 1

    def inputs(self, table: Table) -> Array:
        """Inputs (rows, features), float32. Columns that are no inputs are ignored.

        Raises:
            DataError: a column is absent, or a cell is missing, no number or an unseen category;
                with column and line.
        """
        return np.concatenate(
            [
                _encode_numbers(column, table)
                if isinstance(column, NumericColumn)
                else _encode_categories(column, table)
                for column in self.columns
            ],
            axis=1,
        )

    def targets(self, table: Table) -> Array:
        """Targets: (rows,) int64 of classes, or (rows, 1) float32 of standardised numbers.

        Raises:
            DataError: the column is absent, or a cell is missing, no number or an unseen class.
        """
        cells = _filled(table, self.target.name, None)
        if isinstance(self.target, NumberTarget):
            values = _numbers(table, self.target.name, cells)
            return ((values - self.target.mean) / self.target.scale).astype(np.float32)[:, None]
        return _positions(table, self.target.name, cells, self.target.classes, "class")

    def decode(self, outputs: Array) -> list[str] | list[float]:
        """Outputs of a network (rows, out) -> class names, or numbers in the units of the file."""
        if isinstance(self.target, ClassTarget):
            return [self.target.classes[best] for best in outputs.argmax(axis=-1)]
        numbers = outputs[:, 0].astype(np.float64) * self.target.scale + self.target.mean
        return [float(value) for value in numbers]


def fit_numeric(name: str, table: Table, missing: Missing) -> NumericColumn:
    """Statistics of a numeric column over the given (training) rows."""
    values = _numbers(table, name, table.column(name))
    present = values[~np.isnan(values)]
    if not len(present):
        raise DataError(f"{table.path}: column {name!r} has no value in the training rows")
    fill: float | None = None
    if missing == "mean":
        fill = float(present.mean())
    elif missing == "median":
        fill = float(np.median(present))
    elif missing == "most_frequent":
        fill = float(statistics.mode(np.sort(present).tolist()))
    deviation = float(present.std())
    return NumericColumn(name=name, mean=float(present.mean()), scale=deviation or 1.0, fill=fill)


def fit_categorical(name: str, table: Table, missing: Missing) -> CategoricalColumn:
    """Categories of a column over the given (training) rows.

    Any policy but "refuse" and "drop" replaces a missing category by the most frequent one, the
    first in alphabetical order among equals.
    """
    counts = Counter(label(cell) for cell in table.column(name) if cell is not None)
    if not counts:
        raise DataError(f"{table.path}: column {name!r} has no value in the training rows")
    categories = tuple(sorted(counts))
    most_frequent = max(categories, key=counts.__getitem__)
    fill = None if missing in ("refuse", "drop") else most_frequent
    return CategoricalColumn(name=name, categories=categories, fill=fill)


def fit_number_target(name: str, table: Table) -> NumberTarget:
    """Mean and scale of the target over the given (training) rows."""
    values = _numbers(table, name, _filled(table, name, None))
    return NumberTarget(name=name, mean=float(values.mean()), scale=float(values.std()) or 1.0)


def _encode_numbers(column: NumericColumn, table: Table) -> Array:
    cells = table.column(column.name)
    if column.fill is None:
        _refuse_missing(table, column.name)
    values = _numbers(table, column.name, cells)
    if column.fill is not None:
        values = np.where(np.isnan(values), column.fill, values)
    return ((values - column.mean) / column.scale).astype(np.float32)[:, None]


def _encode_categories(column: CategoricalColumn, table: Table) -> Array:
    cells = _filled(table, column.name, column.fill)
    positions = _positions(table, column.name, cells, column.categories, "category")
    one_hot = np.zeros((len(cells), len(column.categories)), dtype=np.float32)
    one_hot[np.arange(len(cells)), positions] = 1
    return one_hot


def _numbers(table: Table, name: str, cells: Sequence[str | None]) -> npt.NDArray[np.float64]:
    """(rows,) float64, not-a-number where a cell is missing."""
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        if cell is not None:
            value = number(cell)
            if value is None:
                raise DataError(
                    f"{table.path}: line {table.lines[row]}: column {name!r}: a number was "
                    f"wanted, got {cell!r}"
                )
            values[row] = value
    return values


def _positions(
    table: Table, name: str, cells: list[str], known: tuple[str, ...], what: str
) -> npt.NDArray[np.int64]:
    """(rows,) position of each cell among the known labels."""
    places = {text: position for position, text in enumerate(known)}
    result = np.empty(len(cells), dtype=np.int64)
    for row, cell in enumerate(cells):
        text = label(cell)
        if text not in places:
            raise DataError(
                f"{table.path}: line {table.lines[row]}: column {name!r}: {what} {text!r} did not "
                f"occur in the training rows{suggestion(text, known)}"
            )
        result[row] = places[text]
    return result


def _filled(table: Table, name: str, fill: str | None) -> list[str]:
    """The cells of a column, missing ones replaced by `fill` or refused where that is None."""
    if fill is None:
        _refuse_missing(table, name)
    return [cell if cell is not None else str(fill) for cell in table.column(name)]


def _refuse_missing(table: Table, name: str) -> None:
    rows = [row for row, cell in enumerate(table.column(name)) if cell is None]
    if rows:
        raise DataError(
            f"{table.path}: column {name!r} misses {len(rows)} of {len(table)} values, the first "
            f"on line {table.lines[rows[0]]}, and nothing was chosen to stand in for them"
        )
