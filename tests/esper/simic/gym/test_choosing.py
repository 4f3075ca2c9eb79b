# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The pace of a schedule, chosen at one look."""

from __future__ import annotations

import numpy as np

from vynapse.esper.simic.gym import choosing, schedules
from vynapse.esper.simic.gym.choosing import Chooser, Choosing, learn
from vynapse.esper.simic.gym.compact import SEEN
from vynapse.esper.simic.gym.playing import play

WHICH = np.arange(8)
BASIS = len(SEEN) + 1 + len(SEEN) * (len(SEEN) + 1) // 2


def chooser_of(pace: int) -> Chooser:
    """One that always takes the same pace."""
    weights = np.zeros((BASIS, len(choosing.PACES)))
    weights[len(SEEN), pace] = 1.0
    return Chooser(schedules.START, np.zeros(len(SEEN)), np.ones(len(SEEN)), weights)


def test_a_chooser_plays_what_was_tried_at_its_pace():
    for pace, value in enumerate(choosing.PACES):
        chosen = play(chooser_of(pace).decider(8), 4, WHICH)
        tried = play(Choosing(schedules.START, np.full(8, value)), 4, WHICH)
        np.testing.assert_array_equal(chosen.scores, tried.scores)


def test_nothing_grows_before_the_look():
    """So all copies show the same, and what they score apart is the pace's doing."""
    slow, fast = (Choosing(schedules.START, np.full(8, pace)) for pace in (-3.0, 1.2))
    widths = play(slow, 4, WHICH).width, play(fast, 4, WHICH).width
    np.testing.assert_array_equal(slow.looks, fast.looks)
    assert widths[0].sum() < widths[1].sum()
    assert np.abs(slow.looks).max() > 0


def test_learning_is_the_same_in_processes():
    one, _ = learn(schedules.START, 5, 6)
    two, seconds = learn(schedules.START, 5, 6, processes=2)
    np.testing.assert_array_equal(one.weights, two.weights)
    assert one.weights.shape == (BASIS, len(choosing.PACES))
    assert seconds > 0
