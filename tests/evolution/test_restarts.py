# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""When a population starts afresh."""

from __future__ import annotations

import json

import numpy as np

from vynapse.evolution.restarts import Convergence, Restarts, Rule, Stagnation

SOME = np.ones((2, 3), np.float32)


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


def test_a_population_has_converged_when_no_weight_varies() -> None:
    rule = Convergence(0.1)
    assert isinstance(rule, Rule)
    wide = np.array([[0, 5, 1], [0, 5, 2]], np.float32)
    assert not rule.update(1.0, wide)
    assert rule.update(1.0, wide * np.float32(0.1))
    assert not rule.update(1.0, wide[:1]), "one individual has no spread"
    rule.load(rule.state())


def test_any_rule_is_enough_and_all_begin_again() -> None:
    part = Restarts(Stagnation(2), Stagnation(3))
    answers = [part.update(1.0, SOME) for _ in range(8)]
    assert answers == [False, False, True, False, False, True, False, False]
    assert part.count == 2
    assert not any(Restarts().update(1.0, SOME) for _ in range(9))


def test_every_rule_sees_every_generation() -> None:
    part = Restarts(Convergence(0.1), Stagnation(2))
    wide = np.array([[0.0], [1.0]], np.float32)
    assert [part.update(1.0, wide) for _ in range(3)] == [False, False, True]


def test_populations_grow_with_restarts() -> None:
    part = Restarts(Stagnation(1), growth=2.0)
    sizes = []
    for _ in range(3):
        sizes.append(part.scaled(10))
        part.update(1.0, SOME)
        part.update(1.0, SOME)
    assert sizes == [10, 20, 40]
    other = Restarts(Stagnation(1), growth=2.0)
    other.load(json.loads(json.dumps(part.state())))
    assert other.scaled(10) == 80
    assert Restarts(growth=1.0).scaled(7) == 7
