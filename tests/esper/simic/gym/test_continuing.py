# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Counterfactual continuations: what an action was worth, and policies that are fitted to it."""

from __future__ import annotations

import numpy as np

from vynapse.esper.simic.gym.compact import OUTPUTS, SEEN, size
from vynapse.esper.simic.gym.continuing import ACTIONS, Tried, fitted, learn, tried, waiting


def test_copies_differ_in_one_action_alone():
    tasks = np.arange(6)
    found = tried(None, 4, 11, tasks)
    assert found.seen.shape == (6, len(SEEN))
    assert found.gains.shape == (6, len(ACTIONS) - 1)
    usable = np.isfinite(found.gains[:, 0])
    assert usable.any()
    # an action that is worth exactly nothing is none
    assert (found.gains[usable] != 0).any(axis=1).all()
    alone = tried(None, 4, 11, tasks[2:4])
    np.testing.assert_array_equal(found.gains[2:4], alone.gains)
    np.testing.assert_array_equal(found.seen[2:4], alone.seen)
    begun = tried(waiting(4), 4, 11, tasks[2:4])
    np.testing.assert_array_equal(alone.gains, begun.gains)


def test_a_policy_is_fitted_to_what_actions_were_worth():
    """It takes an action where it was worth more than to wait, and no other."""
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(800, len(SEEN)))
    worth = np.tanh(seen[:, 0] - 0.5 * seen[:, 3])
    gains = np.stack([worth, worth + 0.3 * np.sign(seen[:, 1]), np.full(800, np.nan)], axis=1)
    gains[:, 2] = -0.2
    genome = fitted(Tried(seen, gains + 0.2 * rng.normal(size=gains.shape), 0.0), 32, 1)
    assert genome.shape == (size(32),)
    first = genome[: (1 + len(SEEN)) * 32].reshape(1 + len(SEEN), 32)
    last = genome[(1 + len(SEEN)) * 32 :].reshape(33, len(OUTPUTS))
    fresh = rng.normal(size=(800, len(SEEN)))
    out = np.tanh(fresh @ first[:-1] + first[-1]) @ last[:-1] + last[-1]
    truth = fresh[:, 0] - 0.5 * fresh[:, 3]
    assert ((out[:, 0] > 0) == (truth > 0)).mean() > 0.8
    assert (out[:, 1] < 0).mean() > 0.95
    assert ((out[:, 2] > 0.5) == (fresh[:, 1] > 0)).mean() > 0.8


def test_processes_change_nothing():
    one, _ = learn(4, 4, 1)
    two, seconds = learn(4, 4, 1, processes=2)
    np.testing.assert_array_equal(one[0], two[0])
    assert seconds[0] > 0
