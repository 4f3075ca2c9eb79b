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

from vynapse.data.csv import Table, text_table
from vynapse.data.encoded import ClassTarget, Missing
from vynapse.data.preprocessing import (
    Preprocessing,
    fit_categorical,
    fit_number_target,
    fit_numeric,
)
from vynapse.errors import ConfigError, DataError


def table(**columns: list[str | None]) -> Table:
    cells = zip(*columns.values(), strict=True)
    quoted = (",".join(f'"{cell or ""}"' for cell in row) for row in cells)
    rows = [",".join(columns), *quoted]
    if len(columns) == 1:  # a blank line alone is no row
        rows = [f"{row},{'other' * (not n)}" for n, row in enumerate(rows)]
    return text_table(Path("t.csv"), "\n".join(rows))


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


@pytest.mark.parametrize("value", [14.62, -0.1, 1e-200, 3e38, 1e15 / 3])
@pytest.mark.parametrize("count", [3, 36, 1000])
def test_a_spread_that_is_only_rounding_is_none(value: float, count: int) -> None:
    cells: list[str | None] = [repr(value * (1 + k % 3 * 2.3e-16)) for k in range(count)]
    rows = table(same=cells)
    assert fit_numeric("same", rows, "refuse").scale == 1
    assert fit_number_target("same", rows).scale == 1
    # a real spread far below the value is one
    real = table(time=[repr(1.7e9 + k) for k in range(count)])
    assert fit_numeric("time", real, "refuse").scale == np.std(np.arange(float(count))).item()


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-100, 1.0, 1e38])
def test_numbers_of_any_size_that_float32_holds_are_standardised(size: float) -> None:
    rows = table(size=[repr(k * size) for k in (1, 2, 3)], price=["1", "2", "3"])
    preprocessing = Preprocessing(
        columns=(fit_numeric("size", rows, "refuse"),), target=fit_number_target("size", rows)
    )
    np.testing.assert_allclose(preprocessing.inputs(rows)[:, 0], [-1.2247449, 0, 1.2247449], 1e-6)
    np.testing.assert_array_equal(preprocessing.inputs(rows), preprocessing.targets(rows))
    decoded = np.array(preprocessing.decode(preprocessing.targets(rows)), np.float64)
    np.testing.assert_allclose(decoded, [size, 2 * size, 3 * size], 1e-6)


@pytest.mark.parametrize("cell", ["1e308", "-1e308", "1e39", "1e200"])
def test_numbers_beyond_float32_are_refused_with_their_line(cell: str) -> None:
    rows = table(size=["1", cell, "3"])
    sentence = "line 3: column 'size': .* is beyond the range of 32-bit numbers"
    for fit in (lambda: fit_numeric("size", rows, "mean"), lambda: fit_number_target("size", rows)):
        with pytest.raises(DataError, match=sentence):
            fit()


def test_what_lies_too_far_from_the_training_rows_is_refused() -> None:
    preprocessing = Preprocessing(
        columns=(fit_numeric("size", table(size=["1e-20", "2e-20"]), "refuse"),),
        target=fit_number_target("price", TRAIN),
    )
    with pytest.raises(DataError, match="line 3: column 'size': 1e\\+30 lies too far from the"):
        preprocessing.inputs(table(size=["1e-20", "1e30"]))


def test_cells_of_another_notation_are_explained() -> None:
    with pytest.raises(DataError, match="a number was wanted, got '12,5'; it has a comma within"):
        fitted("mean").inputs(table(size=["12,5"], colour=["red"]))


def test_the_texts_that_are_needed_are_named() -> None:
    assert set(fitted("mean").texts()) == {"colour"}
    target = ClassTarget(name="kind", classes=("1", "2"))
    assert set(fitted("mean").model_copy(update={"target": target}).texts()) == {"colour", "kind"}
