# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The keys of the task csv."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from vynapse.data.csv_format import CsvFormat
from vynapse.data.encoded import Missing
from vynapse.data.locate import absolute_path
from vynapse.settings import Name, Settings, Size
from vynapse.tasks.csv_series import Order
from vynapse.tasks.csv_targets import ClassWeights, CsvTargetKind, several_names


class CsvSettings(Settings):
    """Keys of the task csv."""

    path: str = Field(
        min_length=1,
        description="the CSV file, or a folder of CSV files: a header line, commas, UTF-8",
    )
    target: Annotated[str | tuple[str, ...], BeforeValidator(several_names)] = Field(
        min_length=1, description="name of the column to predict, or a list of several"
    )
    columns: tuple[Name, ...] | None = Field(
        None,
        min_length=1,
        description="input columns; by default all but the target, and that too in windows",
    )
    categorical: tuple[Name, ...] = Field(
        (), description="input columns to read as categories although they hold numbers"
    )
    missing: Missing = Field(
        "refuse",
        description="what to do about missing values: refuse them, drop their rows, or fill them "
        "in from the training rows (categories always with the most frequent one)",
    )
    kind: CsvTargetKind | None = Field(
        None, description="what the target is: a class, a number, or labels that are each 0 or 1; "
        "by default decided by its values"
    )  # fmt: skip
    validation: float = Field(0.2, gt=0, lt=1, description="fraction of the rows that validate")
    test: float = Field(0.2, ge=0, lt=1, description="fraction of the rows that test; 0 for none")
    data_seed: int = Field(0, ge=0, lt=2**64, description="seed of the split")
    class_weights: ClassWeights | None = Field(
        None,
        description="balanced, or a weight for each class by name (1 where none is named), by "
        "which the loss of its examples is multiplied, of those that validate too",
    )
    split: Order | None = Field(
        None, description="whether the split is drawn or the last rows of the file validate and "
        "test; by default shuffled, in windows chronological"
    )  # fmt: skip
    gap: int | None = Field(
        None, ge=0, description="rows left out between two splits of a chronological split; by "
        "default the horizon, without windows 0"
    )  # fmt: skip
    window: Size | None = Field(
        None, description="rows of a time series that a network sees, in the order of the file; "
        "null: an example is a row"
    )  # fmt: skip
    horizon: int | None = Field(
        None, ge=1, le=10**7, description="how many rows after a window the target is; by default 1"
    )  # fmt: skip
    group: Name | None = Field(
        None, description="column that says which of several series a row is of; no input unless "
        "it is named under columns"
    )  # fmt: skip

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

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns to predict."""
        return (self.target,) if isinstance(self.target, str) else self.target

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """So that a run can be resumed from any folder."""
        return absolute_path(value)
