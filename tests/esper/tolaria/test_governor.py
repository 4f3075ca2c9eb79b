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
    assert governor.trouble(fine, fine, fine) is None
    assert governor.trouble(1.5 * chance, 1.5 * chance, math.inf) is None, "a bad start"
    assert "training loss is nan" in (governor.trouble(math.nan, fine, fine) or "")
    assert "validation loss is inf" in (governor.trouble(fine, math.inf, fine) or "")
    assert "training loss" in (governor.trouble(2.1 * chance, fine, fine) or "")
    assert "diverged" in (governor.trouble(fine, 2.1 * chance, fine) or "")
    assert "collapsed" in (governor.trouble(fine, 0.98 * chance, fine) or "")
    assert governor.trouble(fine, 0.98 * chance, 0.6 * chance) is None, "it never was far below"


def test_chance_is_the_entropy_of_classes_or_the_variance_of_targets() -> None:
    assert chance_loss(make_task("xor", {})) == pytest.approx(0.25)
    digits = make_task("digits", {})
    targets = digits.split("train").targets
    outputs = np.log(np.bincount(targets) / len(targets)).astype(np.float32)
    constant = digits.array_loss(np.broadcast_to(outputs, (len(targets), 10)), targets)
    assert chance_loss(digits) == pytest.approx(float(constant), rel=1e-5)
