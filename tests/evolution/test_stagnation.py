# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""When a loss has stopped improving."""

from __future__ import annotations

import json

from vynapse.evolution.stagnation import Stagnation


def test_true_after_patience_updates_without_improvement() -> None:
    part = Stagnation(3)
    assert [part.update(loss) for loss in (1.0, 1.0, 0.9, 0.9, 0.95, 0.9, 0.9)] == [
        False, False, False, False, False, True, True,
    ]  # fmt: skip


def test_an_improvement_is_a_fraction_of_the_loss_at_any_scale_and_sign() -> None:
    for scale in (1e-6, 1.0, 1e6, -1.0):
        part = Stagnation(1, min_delta=0.1)
        assert not part.update(1.0 * scale)
        small, large = (0.95, 0.85) if scale > 0 else (1.05, 1.15)
        assert part.update(small * scale)
        assert not part.update(large * scale)


def test_small_steps_add_up() -> None:
    """Improvement is measured from the last loss that counted, not from the one before."""
    part = Stagnation(5, min_delta=0.1)
    assert not any(part.update(0.97**step) for step in range(200))


def test_reset_and_state() -> None:
    part = Stagnation(2)
    for loss in (1.0, 1.0):
        part.update(loss)
    other = Stagnation(2)
    other.load(json.loads(json.dumps(part.state())))
    assert part.update(1.0)
    assert other.update(1.0)
    part.reset()
    assert not part.update(5.0)
    assert json.loads(json.dumps(Stagnation(1).state())) == {"best": None, "waited": 0}
