# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From rows of a CSV file to the inputs of a network, as data that is saved beside a winner.

A numeric column becomes one input, (value - mean) / scale; a categorical one becomes one input
per category, 1 for its own and 0 for the others. Means, scales, categories and the values that
stand in for missing ones come from the training rows alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from vynapse.core import Array, Split
from vynapse.data.cells import F64
from vynapse.data.csv import Table
from vynapse.data.csv_format import PLAIN, CsvFormat
from vynapse.data.encoded import (
    CategoricalColumn,
    ClassTarget,
    Missing,
    NumberTarget,
    NumericColumn,
    encode_categories,
    encode_numbers,
    numbers_in,
    positions_in,
    refuse_missing,
    standardised,
)
from vynapse.data.targets import LabelsTarget, NumbersTarget
from vynapse.data.windows import Windows, WindowSource, windows_in
from vynapse.errors import DataError
from vynapse.settings import Settings, validate

_ROUNDING = 1e-12
"""A standard deviation below this fraction of the largest value is rounding: no spread."""
_SQUARES = 1e-140
"""Squares of smaller numbers vanish in float64."""

Column = Annotated[NumericColumn | CategoricalColumn, Field(discriminator="kind")]
Target = Annotated[
    ClassTarget | NumberTarget | NumbersTarget | LabelsTarget, Field(discriminator="kind")
]


class Preprocessing(Settings):
    """Everything that is needed to feed rows to a network and to read its outputs."""

    columns: tuple[Column, ...] = Field(min_length=1, description="input columns, in order")
    target: Target = Field(description="target column or columns")
    window: Windows | None = Field(None, description="how rows make an example of a series")
    format: CsvFormat | None = Field(None, description="how files are written; None for RFC 4180")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Preprocessing:
        """The object whose `to_json` this was.

        Raises:
            ConfigError: it is not one.
        """
        return validate(cls, content, "preprocessing")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data; what is not used has no key."""
        held = self.model_dump(mode="json")
        if self.window is None:
            del held["window"]
        if held["target"].get("weights", ()) is None:
            del held["target"]["weights"]
        if self.format is None:
            del held["format"]
        return held

    @property
    def form(self) -> CsvFormat:
        """How files are written."""
        return self.format or PLAIN

    @property
    def output_size(self) -> int:
        """Number of outputs of a network: one per class, number or label."""
        if isinstance(self.target, ClassTarget):
            return len(self.target.classes)
        return len(self.target_names)

    @property
    def target_names(self) -> tuple[str, ...]:
        """The target columns."""
        if isinstance(self.target, (NumbersTarget, LabelsTarget)):
            return self.target.names
        return (self.target.name,)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input: (features,), or (rows of a window, features)."""
        width = (self.input_size,)
        return width if self.window is None else (self.window.length, *width)

    @property
    def input_size(self) -> int:
        """Features of a row: one per numeric column and per category."""
        return sum(
            1 if isinstance(column, NumericColumn) else len(column.categories)
            for column in self.columns
        )

    def texts(self) -> dict[str, float]:
        """The columns in which `read_table` keeps the texts of numbers, for its `texts`."""
        names = [column.name for column in self.columns if column.kind == "categorical"]
        if isinstance(self.target, ClassTarget):
            names.append(self.target.name)
        if self.window is not None and self.window.group is not None:
            names.append(self.window.group)
        return dict.fromkeys(names, math.inf)

    def inputs(self, table: Table) -> Array:
        """Inputs (rows, features), or (windows, length, features), float32.

        There is a window for each row that has enough rows before it, also where its target is yet
        to come. Columns that are no inputs are ignored.

        Raises:
            DataError: as `features`, or no window is full.
        """
        features = self.features(table)
        if self.window is None:
            return features
        order, ends = windows_in(table, self.window, 0)
        return features[order][self.window.rows_to(ends)]

    def examples(self, table: Table) -> Split | WindowSource:
        """Inputs and targets of the rows, or of the windows whose target is there.

        Raises:
            DataError: as `features` and `targets`, or no window is full.
        """
        features, targets = self.features(table), self.targets(table)
        if self.window is None:
            return Split(features, targets)
        order, ends = windows_in(table, self.window, self.window.horizon)
        return WindowSource(features[order], targets[order], ends, self.window)

    def features(self, table: Table) -> Array:
        """Prepared rows (rows, features), float32. Columns that are no inputs are ignored.

        Raises:
            DataError: a column is absent, or a cell is missing, no number or an unseen category;
                with column and line.
        """
        result = np.empty((len(table), self.input_size), dtype=np.float32)
        begin = 0
        for column in self.columns:
            if isinstance(column, NumericColumn):
                result[:, begin] = encode_numbers(column, table)
                begin += 1
            else:
                positions = encode_categories(column, table)
                result[:, begin : begin + len(column.categories)] = 0
                result[np.arange(len(table)), begin + positions] = 1
                begin += len(column.categories)
        return result

    def targets(self, table: Table) -> Array:
        """Targets of rows: (rows,) int64 of classes, or (rows, out) float32.

        Numbers are standardised, labels are 0 and 1.

        Raises:
            DataError: the column is absent, or a cell is missing, no number or an unseen class.
        """
        for name in self.target_names:
            refuse_missing(table, name)
        if isinstance(self.target, NumbersTarget):
            own = zip(self.target.names, self.target.means, self.target.scales, strict=True)
            each = [NumberTarget(name=name, mean=mean, scale=scale) for name, mean, scale in own]
            columns = [standardised(table, one, numbers_in(table, one.name)) for one in each]
            return np.stack(columns, axis=1)
        if isinstance(self.target, LabelsTarget):
            return np.stack([labels_in(table, name) for name in self.target.names], axis=1)
        if isinstance(self.target, NumberTarget):
            values = numbers_in(table, self.target.name)
            return standardised(table, self.target, values)[:, None]
        return positions_in(table, self.target.name, self.target.classes, "class")

    def decode(self, outputs: Array) -> list[Any]:
        """Outputs of a network (rows, out) -> class names, or numbers in the units of the file.

        Of several numbers or labels a list for each row.
        """
        if isinstance(self.target, NumbersTarget):
            return [list(map(float, row)) for row in self.target.values(outputs)]
        if isinstance(self.target, LabelsTarget):
            return [list(map(int, row)) for row in outputs > 0]
        if isinstance(self.target, ClassTarget):
            return [self.target.classes[best] for best in outputs.argmax(axis=-1)]
        numbers = outputs[:, 0].astype(np.float64) * self.target.scale + self.target.mean
        return [float(value) for value in numbers]


def fit_numeric(name: str, table: Table, missing: Missing) -> NumericColumn:
    """Statistics of a numeric column over the given (training) rows."""
    values = numbers_in(table, name)
    present = values[~np.isnan(values)]
    if not len(present):
        raise DataError(
            f"{table.path}: column {name!r} has no value in the training rows: leave it out"
        )
    fill: float | None = None
    if missing == "mean":
        fill = float(present.mean())
    elif missing == "median":
        fill = float(np.median(present))
    elif missing == "most_frequent":
        different, counts = np.unique(present, return_counts=True)
        fill = float(different[counts.argmax()])
    scale = spread(present) or 1.0
    return NumericColumn(name=name, mean=float(present.mean()), scale=scale, fill=fill)


def fit_categorical(name: str, table: Table, missing: Missing) -> CategoricalColumn:
    """Categories of a column over the given (training) rows.

    Any policy but "refuse" and "drop" replaces a missing category by the most frequent one, the
    first in alphabetical order among equals.
    """
    positions, labels = table.column(name).labels()
    if not labels:
        raise DataError(
            f"{table.path}: column {name!r} has no value in the training rows: leave it out"
        )
    numbers = np.bincount(positions[positions >= 0], minlength=len(labels)).tolist()
    counts = dict(zip(labels, numbers, strict=True))
    categories = tuple(sorted(counts))
    most_frequent = max(categories, key=counts.__getitem__)
    fill = None if missing in ("refuse", "drop") else most_frequent
    return CategoricalColumn(name=name, categories=categories, fill=fill)


def fit_number_target(name: str, table: Table) -> NumberTarget:
    """Mean and scale of the target over the given (training) rows."""
    refuse_missing(table, name)
    values = numbers_in(table, name)
    return NumberTarget(name=name, mean=float(values.mean()), scale=spread(values) or 1.0)


def labels_in(table: Table, name: str) -> Array:
    """(rows,) float32 of 0 and 1, for cells that are not missing.

    Raises:
        DataError: a cell holds something else.
    """
    values = numbers_in(table, name)
    other = np.flatnonzero(~np.isnan(values) & (values != 0) & (values != 1))
    if len(other):
        row = int(other[0])
        raise DataError(
            f"{table.path}: line {table.line(row)}: the label {name!r} holds {values[row]:g}: 0 or "
            "1 was wanted"
        )
    return values.astype(np.float32)


def spread(values: F64) -> float:
    """Standard deviation; 0 where all values are the same but for rounding."""
    deviation, largest = float(values.std()), float(np.abs(values).max())
    if 0 < largest < _SQUARES:
        exponent = math.frexp(largest)[1]
        deviation = math.ldexp(float(np.ldexp(values, -exponent).std()), exponent)
    return deviation if deviation > _ROUNDING * largest else 0.0
