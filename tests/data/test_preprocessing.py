# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Preprocessing as data: fitted on training rows, applied to any rows, from JSON alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.data.cells import Column, ColumnBuilder
from vynapse.data.csv import Table
from vynapse.data.preprocessing import (
    ClassTarget,
    Missing,
    Preprocessing,
    fit_categorical,
    fit_number_target,
    fit_numeric,
)
from vynapse.errors import ConfigError, DataError


def table(**columns: list[str | None]) -> Table:
    count = len(next(iter(columns.values())))
    return Table(
        Path("t.csv"),
        {name: column(cells) for name, cells in columns.items()},
        np.arange(2, 2 + count),
    )


def column(cells: list[str | None]) -> Column:
    builder = ColumnBuilder()
    builder.add([cell or "" for cell in cells])
    return builder.column()


TRAIN = table(
    size=["1", "2", None, "6"],
    colour=["red", "blue", "red", None],
    price=["10", "20", "30", "40"],
)


def fitted(missing: Missing) -> Preprocessing:
    return Preprocessing(
        columns=(fit_numeric("size", TRAIN, missing), fit_categorical("colour", TRAIN, missing)),
        target=fit_number_target("price", TRAIN),
    )


def test_numbers_are_standardised_and_categories_become_one_hot() -> None:
    inputs = fitted("mean").inputs(table(colour=["red", "blue"], size=["3", "5"], more=["?", "!"]))
    deviation = np.std([1, 2, 6])
    assert inputs.dtype == np.float32
    wanted = np.array([[0.0, 0.0, 1.0], [2 / deviation, 1.0, 0.0]])
    np.testing.assert_allclose(inputs, wanted, rtol=1e-6)


@pytest.mark.parametrize(("missing", "size"), [("mean", 3), ("median", 2), ("most_frequent", 1)])
def test_missing_values_are_filled_in_from_the_training_rows(missing: Missing, size: int) -> None:
    preprocessing = fitted(missing)
    filled = preprocessing.inputs(table(size=[None], colour=[None]))
    np.testing.assert_array_equal(
        filled, preprocessing.inputs(table(size=[str(size)], colour=["red"]))
    )


@pytest.mark.parametrize("missing", ["refuse", "drop"])
@pytest.mark.parametrize("column", ["size", "colour"])
def test_missing_values_without_a_choice_are_refused(missing: Missing, column: str) -> None:
    cells: dict[str, list[str | None]] = {"size": ["1", "2"], "colour": ["red", "blue"]}
    cells[column][1] = None
    with pytest.raises(DataError, match=f"column '{column}' misses 1 of 2 values, .* line 3"):
        fitted(missing).inputs(table(**cells))


def test_what_training_did_not_show_is_refused_with_its_line() -> None:
    preprocessing = fitted("mean")
    sentence = "line 3: column 'colour': category 'rad' did not occur .*: did you mean 'red'"
    with pytest.raises(DataError, match=sentence):
        preprocessing.inputs(table(size=["1", "2"], colour=["red", "rad"]))
    with pytest.raises(DataError, match="line 2: column 'size': a number was wanted, got 'big'"):
        preprocessing.inputs(table(size=["big"], colour=["red"]))
    with pytest.raises(DataError, match="there is no column 'colour': did you mean 'color'"):
        preprocessing.inputs(table(size=["1"], color=["red"]))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_decoding_inverts_the_targets_of_a_regression(values: list[float]) -> None:
    rows = table(price=[repr(value) for value in values])
    target = fit_number_target("price", rows)
    preprocessing = fitted("mean").model_copy(update={"target": target})
    encoded = preprocessing.targets(rows)
    assert encoded.shape == (len(values), 1)
    tolerance = 1e-5 * (1 + max(abs(value) for value in values))
    decoded = np.array(preprocessing.decode(encoded))
    np.testing.assert_allclose(decoded, np.array(values), atol=tolerance)


def test_classes_are_encoded_and_decoded_by_name() -> None:
    target = ClassTarget(name="kind", classes=("1", "2", "x"))
    preprocessing = fitted("mean").model_copy(update={"target": target})
    encoded = preprocessing.targets(table(kind=["x", "1.0", "2"]))
    assert encoded.dtype == np.int64
    assert encoded.tolist() == [2, 0, 1]
    assert preprocessing.decode(np.eye(3, dtype=np.float32)[encoded]) == ["x", "1", "2"]
    assert preprocessing.output_size == 3
    with pytest.raises(DataError, match="line 2: column 'kind': class 'y' did not occur"):
        preprocessing.targets(table(kind=["y"]))
    with pytest.raises(DataError, match="column 'kind' misses 1 of 1 values"):
        preprocessing.targets(table(kind=[None]))


@pytest.mark.parametrize("missing", ["refuse", "median"])
def test_json_holds_all_of_it(missing: Missing) -> None:
    preprocessing = fitted(missing)
    again = Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json())))
    assert again == preprocessing
    with pytest.raises(ConfigError, match=r"preprocessing\.columns: a value is required"):
        Preprocessing.from_json({"target": preprocessing.to_json()["target"]})


def test_constant_and_empty_columns() -> None:
    rows = table(same=["4", "4"], none=[None, None])
    column = fit_numeric("same", rows, "refuse")
    assert (column.mean, column.scale) == (4.0, 1.0)
    for fit in (fit_numeric, fit_categorical):
        with pytest.raises(DataError, match="column 'none' has no value in the training rows"):
            fit("none", rows, "mean")


def test_the_first_of_equally_frequent_values_fills_in() -> None:
    rows = table(number=["3", "2", "2", "3"], word=["b", "a", "b", "a"])
    assert fit_numeric("number", rows, "most_frequent").fill == 2
    assert fit_categorical("word", rows, "most_frequent").fill == "a"
