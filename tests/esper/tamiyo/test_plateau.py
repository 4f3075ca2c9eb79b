# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Plateaus of synthetic curves."""

import math

import numpy as np
import pytest

from vynapse.esper.tamiyo.plateau import relative_fall


def fall(losses: list[float], window: int) -> float:
    measured = relative_fall(losses, window)
    assert measured is not None
    assert measured.samples == window + 1
    assert measured.unit == "share per epoch"
    return measured.value


@pytest.mark.parametrize("window", [1, 2, 3, 7])
def test_a_straight_line_falls_by_its_slope(window: int) -> None:
    losses = [3.0, 3.0, *(2.0 - 0.1 * epoch for epoch in range(window + 1))]
    assert fall(losses, window) == pytest.approx(0.1 / np.mean(losses[-window - 1 :]))


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_an_exponential_falls_by_its_rate_at_any_scale(rate: float) -> None:
    for scale in (1e-6, 1.0, 1e6):
        losses = [scale * math.exp(-rate * epoch) for epoch in range(10)]
        assert fall(losses, 3) == pytest.approx(rate, rel=0.05)


def test_a_flat_curve_does_not_fall_and_a_rising_one_falls_negatively() -> None:
    assert fall([0.7] * 6, 3) == pytest.approx(0.0, abs=1e-15)
    assert fall([0.7, 0.8, 0.9, 1.0], 3) < -0.1
    assert fall([0.0] * 6, 3) == 0.0


def test_only_the_window_counts() -> None:
    assert fall([9.0, 5.0, 1.0, 1.0, 1.0], 2) == fall([1.0, 1.0, 1.0], 2)


def test_noise_is_averaged_over_the_window() -> None:
    """With a longer window the same noise says less about the slope."""
    generator = np.random.default_rng(0)
    spreads = []
    for window in (2, 6, 12):
        noisy = 1 + 0.02 * generator.standard_normal((500, window + 1))
        spreads.append(np.std([fall(losses, window) for losses in noisy.tolist()]))
    assert spreads[0] > 2 * spreads[1] > 4 * spreads[2]


@pytest.mark.parametrize("count", range(4))
def test_too_few_losses_are_no_plateau_and_no_error(count: int) -> None:
    assert relative_fall([1.0] * count, 3) is None


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_not_measured(wrong: float) -> None:
    assert relative_fall([1.0, wrong, 1.0, 1.0], 3) is None
    assert relative_fall([wrong, 1.0, 1.0, 1.0, 1.0], 3) is not None


def test_the_interval_holds_the_true_slope_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    inside = 0
    for _ in range(1000):
        losses = [1 - 0.02 * epoch + 0.01 * generator.standard_normal() for epoch in range(4)]
        measured = relative_fall(losses, 3)
        assert measured is not None
        assert measured.low is not None
        assert measured.high is not None
        true = 0.02 / float(np.mean(losses))
        inside += bool(measured.low <= true <= measured.high)
    assert 930 <= inside <= 970


def test_a_line_leaves_nothing_over_and_two_losses_say_nothing_of_it() -> None:
    line = relative_fall([1e150, 0.9e150, 0.8e150], 2)
    assert line is not None
    assert line.uncertainty == pytest.approx(0.0, abs=1e-12)
    two = relative_fall([1.0, 0.9], 1)
    assert two is not None
    assert two.uncertainty is None
