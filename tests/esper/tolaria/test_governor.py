# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The governor sees sickness relative to the task, and nothing else as sickness."""

import math

import numpy as np
import pytest

from vynapse.esper.tolaria.governor import Governor, GovernorSettings, chance_loss
from vynapse.tasks.registry import make_task


@pytest.mark.parametrize("chance", [0.25, 2.3, 40.0])
def test_limits_are_relative_to_the_task(chance: float) -> None:
    governor = Governor(GovernorSettings(), chance)
    fine = 0.3 * chance
    before = [chance, fine]
    assert governor.trouble(fine, fine, before) is None
    assert "training loss is nan" in (governor.trouble(math.nan, fine, before) or "")
    assert "validation loss is inf" in (governor.trouble(fine, math.inf, before) or "")
    assert "training loss" in (governor.trouble(2.1 * chance, fine, before) or "")
    assert "diverged" in (governor.trouble(fine, 2.1 * chance, before) or "")
    assert "collapsed" in (governor.trouble(fine, 0.98 * chance, before) or "")
    assert governor.trouble(fine, 0.98 * chance, [chance, 0.6 * chance]) is None, "never far below"
    for start in (math.inf, math.nan):
        assert governor.trouble(1.9 * chance, 1.9 * chance, [start]) is None, "a bad start"
        assert "diverged" in (governor.trouble(fine, 2.1 * chance, [start]) or "")


def test_a_network_that_began_far_above_chance_is_not_sick_for_it() -> None:
    """Where 3 % are of one class a constant output scores 0.13, a fresh network 0.7."""
    governor = Governor(GovernorSettings(), 0.13)
    assert governor.trouble(0.6, 0.58, [0.7]) is None
    assert "began with 0.7" in (governor.trouble(1.5, 0.58, [0.7]) or "")


def test_chance_is_the_entropy_of_classes_or_the_variance_of_targets() -> None:
    assert chance_loss(make_task("xor", {})) == pytest.approx(0.25)
    digits = make_task("digits", {})
    targets = digits.split("train").take(slice(None)).targets
    outputs = np.log(np.bincount(targets) / len(targets)).astype(np.float32)
    constant = digits.loss.array(np.broadcast_to(outputs, (len(targets), 10)), targets)
    assert chance_loss(digits) == pytest.approx(float(constant), rel=1e-5)


def test_where_nobody_knows_what_a_constant_output_scores_the_beginning_counts() -> None:
    governor = Governor(GovernorSettings(), None)
    assert governor.trouble(1.9, 1.9, [1.0, 0.1]) is None
    diverged = governor.trouble(2.1, 0.5, [1.0, 0.1]) or ""
    assert diverged.endswith("has diverged: the network began with 1")
    assert governor.trouble(0.1, 0.99, [1.0, 0.1]) is None, "nobody knows what chance is"
    assert governor.trouble(5.0, 5.0, [math.inf]) is None
    assert governor.trouble(math.nan, 5.0, [1.0]) is not None
