# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Numbers and results in the words of a report."""

from __future__ import annotations

import pytest

from vynapse.pages.report import wording


def test_times_and_amounts() -> None:
    times = [wording.duration(seconds) for seconds in (0.4, 12.34, 64.2, 3723, None)]
    assert times == ["0.4 s", "12.3 s", "1:05 min", "1:02:03 h", "–"]
    assert wording.amount(1.234e9, "FLOP") == "1.23 GFLOP"
    assert wording.amount(12, "FLOP") == "12 FLOP"
    assert [wording.number(value) for value in (1234567, 0.123456, 500.0, None)] == [
        "1,234,567",
        "0.1235",
        "500",
        "–",
    ]


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        ("target", "the best network had reached the target"),
        ("env_steps", "its budget of env steps was spent"),
        ("a whim", "of a whim"),
        ("nothing finite", "no network of a generation had a finite loss"),
    ],
)
def test_why_a_stage_ended(stop: str, words: str) -> None:
    assert wording.end_words(stop) == words


def test_costs_that_nobody_counted_are_left_out() -> None:
    assert wording.cost_words({"flops": 2e6, "forwards": 10}) == ["2 MFLOP", "10 forward passes"]
    assert wording.cost_words({}) == []
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
