# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Curves of the best so far: they hold what the metrics say, and areas are those of the steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.experiment.curves import ACCURACY, LOSS, RETURN, Curve, curve, measure_of, shared_cost

rises = st.lists(st.floats(0.1, 5), min_size=1, max_size=12)
scores = st.lists(st.floats(0, 1), min_size=12, max_size=12)


def logged(costs, values, name="accuracy"):
    return [
        {name: str(value), "flops": str(cost)} for cost, value in zip(costs, values, strict=False)
    ]


@given(rises, scores)
def test_a_curve_is_the_best_so_far(steps, values) -> None:
    costs = np.cumsum(steps)
    found = curve(logged(costs, values), "flops", ACCURACY)
    best = np.maximum.accumulate(values[: len(costs)])
    assert found.at(costs, -1.0) == pytest.approx(best)
    assert found.at(np.array([costs[0] / 2]), -1.0)[0] == -1
    assert (np.diff(found.values) > 0).all()
    assert found.end == costs[-1]
    assert found.first == values[0]
    for level in (0.2, best[-1]):
        reached = [cost for cost, value in zip(costs, best, strict=True) if value >= level]
        assert found.reaches(level, ACCURACY) == (reached[0] if reached else None)


@given(rises, scores)
def test_the_area_is_the_mean_over_the_logarithm_of_the_cost(steps, values) -> None:
    costs = np.cumsum(steps)
    found = curve(logged(costs, values), "flops", ACCURACY)
    begin, end = costs[0] / 3, 2 * costs[-1]
    grid = np.exp((np.arange(200_000) + 0.5) / 200_000 * np.log(end / begin)) * begin
    assert found.area(begin, end, -1.0) == pytest.approx(found.at(grid, -1.0).mean(), abs=1e-3)


def test_a_loss_falls_and_a_return_is_a_loss_with_its_sign_turned() -> None:
    rows = logged([1, 2, 3], [-5, -3, -9], "loss")
    assert curve(rows, "flops", LOSS).values.tolist() == [-5, -9]
    gained = curve(rows, "flops", RETURN)
    assert gained.values.tolist() == [5, 9]
    assert gained.reaches(6, RETURN) == 3
    assert curve(rows, "flops", LOSS).reaches(-10, LOSS) is None


def test_of_two_values_at_one_cost_the_better_stays() -> None:
    found = curve(logged([1, 1, 2], [0.1, 0.4, 0.5]), "flops", ACCURACY)
    assert (found.costs.tolist(), found.values.tolist(), found.first) == ([1, 2], [0.4, 0.5], 0.1)


def test_a_row_without_the_measurement_is_a_row_of_cost() -> None:
    rows = [{"flops": "1"}, {"flops": "2", "accuracy": "0.5"}, {"flops": "9"}, {"accuracy": "1"}]
    found = curve(rows, "flops", ACCURACY)
    assert (found.costs.tolist(), found.end) == ([2], 9)


def test_a_curve_of_nothing_has_no_values() -> None:
    found = curve([{"flops": "1"}], "flops", LOSS)
    assert isinstance(found, Curve)
    assert len(found.costs) == 0


def test_what_all_runs_have_is_what_they_are_compared_by() -> None:
    one, two = logged([1], [1]), [{"loss": "1", "forwards": "3"}]
    assert shared_cost([one, one]) == "flops"
    assert shared_cost([one, two]) is None
    assert shared_cost([two, two]) == "forwards"
    assert measure_of([one, one], returns=False) == ACCURACY
    assert measure_of([one, two], returns=False) == LOSS
    assert measure_of([one, two], returns=True) == RETURN
