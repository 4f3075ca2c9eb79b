# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gates: when each passes, and that what is unknown never does."""

import json
from collections.abc import Callable

import pytest

from vynapse.esper.leyline.measurement import GateResult
from vynapse.esper.tamiyo import gates

from .looks import blending, look, nats, share, training

CASES: dict[str, tuple[Callable[[], GateResult], bool]] = {
    "healthy": (lambda: gates.gradient_health(training(gradient_health=share(0.81)), 0.8), True),
    "health at the threshold": (
        lambda: gates.gradient_health(training(gradient_health=share(0.8)), 0.8),
        False,
    ),
    "sure gain": (lambda: gates.gain(training(gain=nats(0.02, 0.01)), 0.0), True),
    "doubtful gain": (lambda: gates.gain(training(gain=nats(0.02, 0.03)), 0.0), False),
    "gain below what is asked": (lambda: gates.gain(training(gain=nats(0.02, 0.01)), 0.05), False),
    "seed that does nothing": (lambda: gates.gain(training(gain=nats(0.0, 0.0)), 0.0), False),
    "long enough": (lambda: gates.training_time(training(epochs=3), 3), True),
    "too short": (lambda: gates.training_time(training(epochs=2), 3), False),
    "too long": (lambda: gates.training_limit(training(epochs=3), 3), True),
    "not too long": (lambda: gates.training_limit(training(epochs=2), 3), False),
    "sure drop": (lambda: gates.drop(training(gain=nats(-0.02, 0.01)), 0.0), True),
    "doubtful drop": (lambda: gates.drop(training(gain=nats(-0.02, 0.03)), 0.0), False),
    "drop that is borne": (lambda: gates.drop(training(gain=nats(-0.02, 0.01)), 0.05), False),
    "no drop": (lambda: gates.drop(training(gain=nats(0.0, 0.0)), 0.0), False),
    "alpha 1": (lambda: gates.alpha(blending(alpha=1.0)), True),
    "alpha almost 1": (lambda: gates.alpha(blending(alpha=1 - 1e-9)), False),
    "as good as before": (lambda: gates.stability(look(losses=(1.0, 1.05)), 1.0, 0.05), True),
    "worse than before": (lambda: gates.stability(look(losses=(1.0, 1.06)), 1.0, 0.05), False),
    "loss of 0 before": (lambda: gates.stability(look(losses=(0.0, 0.1)), 0.0, 0.05), False),
    "negative loss before": (lambda: gates.stability(look(losses=(-1.0,)), -1.0, 0.05), True),
    "sure contribution": (lambda: gates.contribution(blending(contribution=nats(0.02)), 0.0), True),
    "doubtful contribution": (
        lambda: gates.contribution(blending(contribution=nats(0.02, 0.03)), 0.0),
        False,
    ),
    "blended too long": (lambda: gates.blending_limit(blending(epochs=4), 4), True),
    "not blended too long": (lambda: gates.blending_limit(blending(epochs=3), 4), False),
    "regression": (lambda: gates.regression(look(losses=(1.0, 1.2, 1.2)), 1.0, 0.15), True),
    "rise at one look": (lambda: gates.regression(look(losses=(1.0, 1.1, 9.0)), 1.0, 0.15), False),
    "small rise": (lambda: gates.regression(look(losses=(1.0, 1.1)), 1.0, 0.15), False),
    "sure harm": (lambda: gates.harm(blending(contribution=nats(-0.02)), 0.0), True),
    "doubtful harm": (lambda: gates.harm(blending(contribution=nats(-0.02, 0.03)), 0.0), False),
    "trained host": (lambda: gates.host_epochs(look(epoch=3), 3), True),
    "young host": (lambda: gates.host_epochs(look(epoch=2), 3), False),
    "plateau": (lambda: gates.plateau(look(), 3, 0.03), True),
    "falling loss": (lambda: gates.plateau(look(losses=(1.3, 1.2, 1.1, 1.0)), 3, 0.03), False),
    "surely falling": (
        lambda: gates.plateau(look(losses=(1.3, 1.21, 1.09, 1.0)), 3, 0.03),
        False,
    ),
    "too noisy to tell": (lambda: gates.plateau(look(losses=(1.3, 1.0, 1.2, 0.9)), 3, 0.03), True),
    "one loss that stands out": (
        lambda: gates.plateau(look(losses=(2.0, 1.0, 1.0, 1.0)), 3, 0.03),
        True,
    ),
    "too noisy over two losses": (lambda: gates.plateau(look(losses=(1.3, 0.9)), 1, 0.03), False),
    "no gain asked of a flat loss": (lambda: gates.plateau(look(), 3, 0.0), False),
}


@pytest.mark.parametrize("case", CASES)
def test_a_gate_passes_when_it_should(case: str) -> None:
    ask, expected = CASES[case]
    result = ask()
    assert result.passed is expected
    assert result.measured is not None
    assert result.measured.unit
    assert json.loads(json.dumps(result.as_data(), allow_nan=False))["passed"] is expected


UNKNOWN: dict[str, Callable[[], GateResult]] = {
    "gradient health": lambda: gates.gradient_health(training(gradient_health=None), 0.0),
    "gain": lambda: gates.gain(training(gain=None), -1.0),
    "performance drop": lambda: gates.drop(training(gain=None), -1.0),
    "contribution": lambda: gates.contribution(blending(contribution=None), -1.0),
    "harm": lambda: gates.harm(blending(contribution=None), -1.0),
    "plateau": lambda: gates.plateau(look(losses=(1.0, 1.0)), 3, 1.0),
    "stability": lambda: gates.stability(look(losses=()), 1.0, 1.0),
    "regression": lambda: gates.regression(look(losses=()), -1.0, 0.0),
}


@pytest.mark.parametrize("gate", UNKNOWN)
def test_what_was_not_measured_passes_no_gate_neither_on_nor_out(gate: str) -> None:
    result = UNKNOWN[gate]()
    assert result == GateResult(gate, None, result.side, result.threshold, passed=False)


def test_one_sample_has_no_bounds_and_passes_no_gate_that_asks_for_one() -> None:
    for value in (5.0, -5.0):
        lonely = nats(value, None)
        assert not gates.gain(training(gain=lonely), 0.0).passed
        assert not gates.drop(training(gain=lonely), 0.0).passed
        assert not gates.contribution(blending(contribution=lonely), 0.0).passed
        assert not gates.harm(blending(contribution=lonely), 0.0).passed


def test_a_gate_hands_on_the_measurement_it_was_decided_on() -> None:
    measured = nats(0.02, 0.03)
    result = gates.gain(training(gain=measured), 0.01)
    assert result == GateResult("gain", measured, "above", 0.01, passed=False)


@pytest.mark.parametrize(("epochs", "passed"), [(2, True), (2.5, True), (3, False)])
def test_the_budget_gate_looks_ahead(epochs: float, passed: bool) -> None:
    result = gates.budget(look(progress=0.5, epoch_share=0.1), epochs, reserve=0.25)
    assert result is not None
    assert result.passed is passed
    assert result.threshold == 0.75
    assert result.measured is not None
    assert result.measured.value == pytest.approx(0.5 + 0.1 * epochs)


def test_a_budget_that_is_met_exactly_is_met() -> None:
    assert 0.4 + 3 * 0.1 > 1 - 0.3  # in floating point
    result = gates.budget(look(progress=0.4, epoch_share=0.1), 3, reserve=0.3)
    assert result is not None
    assert result.passed


def test_there_is_no_budget_gate_where_there_is_no_limit() -> None:
    assert gates.budget(look(), 100, 0.5) is None


@pytest.mark.parametrize(
    ("progress", "share", "epochs", "reserve", "late"),
    [
        (0.1, 0.3, 2, 0.25, False),  # the next look is at 0.2
        (0.2, 0.3, 2, 0.25, False),  # and at 0.3, which is just in time
        (0.21, 0.3, 2, 0.25, True),
        (0.2, 0.9, 2, 0.25, False),  # counted back from the end: 0.55
        (0.5, 0.9, 2, 0.25, True),
        (0.0, 0.3, 8, 0.25, True),  # it has been too late from the beginning
    ],
)
def test_the_deadline_comes_when_the_next_look_would_be_too_late(
    progress: float, share: float, epochs: float, reserve: float, late: bool
) -> None:
    result = gates.deadline(look(progress=progress, epoch_share=0.1), share, epochs, reserve)
    assert result is not None
    assert result.passed is late
    assert result.threshold == pytest.approx(min(share, 1 - reserve - 0.1 * epochs))
    assert gates.deadline(look(), share, epochs, reserve) is None
