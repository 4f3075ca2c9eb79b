# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Conditions on the fields of summaries: what they mean, and what is no condition."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.errors import ConfigError, UnknownName, VynapseError
from vynapse.experiment.where import condition, fields_of, place, since

SUMMARY: dict[str, Any] = {
    "run": "first",
    "mode": "deap+sgd",
    "status": "finished",
    "loss": 0.05,
    "steps": 100,
    "converged": True,
    "test": None,
    "metrics": {"accuracy": 0.75, "loss": 9.0},
    "cost": {"flops": 10**9},
    "stages": [{"mode": "deap"}],
}
FIELDS = fields_of(SUMMARY)


def holds(text: str, fields: dict[str, Any] = FIELDS) -> bool:
    return condition(text, list(FIELDS))(fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss<0.1", True),
        ("loss < 1e-3", False),
        ("loss>=0.05", True),
        ("loss!=0.05", False),
        ("steps=100", True),
        ("steps==1e2", True),
        ("cost.flops<=1e9", True),
        ("accuracy>0.7", True),
        ("metrics.loss=9", True),
        ("status=finished", True),
        ("status='finished'", True),
        ('run != "first"', False),
        ("mode=deap+sgd", True),
        ("converged=true", True),
        ("converged=false", False),
        ("test=null", True),
        ("test!=null", False),
        ("loss=null", False),
        ("loss!=null", True),
        ("test<1", False),
        ("not test<1", True),
        ("loss<0.1 and steps<50", False),
        ("loss<0.1 or steps<50", True),
        ("steps<50 or loss<0.1 and steps<50", False),
        ("(steps<50 or loss<0.1) and steps=100", True),
        ("not (steps<50 or loss>0.1)", True),
        ("not not loss<0.1", True),
    ],
)
def test_a_condition_means_what_it_says(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_a_run_satisfies_no_comparison_with_what_it_has_not() -> None:
    assert not holds("accuracy>0", {})
    assert not holds("accuracy!=0", {})
    assert holds("accuracy=null", {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "got the end in place of a name"),
        ("loss", "got the end in place of an operator"),
        ("loss<", "got the end"),
        ("loss<0.1 steps<3", "got 'steps'"),
        ("(loss<0.1", "no closing bracket"),
        ("loss<0.1)", r"got '\)'"),
        ("0.1<loss", "unknown field of --where '0.1'"),
        ("'loss'<0.1", "in place of a name"),
        ("loss<(1)", r"got '\('"),
        ("loss<abc", "loss is compared with a number, got 'abc'"),
        ("los<0.1", "unknown field of --where 'los': did you mean 'loss'"),
        ("loss<'0.1", 'got "\'0.1"'),
        ("(" * 900, "got"),
        ("loss<0.1 or " * 100, "at most 1,000 characters were wanted, got 1,200"),
        ("__import__('os').system('x')", "unknown field"),
    ],
)
def test_what_is_no_condition_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises((ConfigError, UnknownName), match=said):
        holds(text)


@given(st.text("loss <=!()'\"andornt.019_", max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    with suppress(VynapseError):
        assert holds(text) in (True, False)


@given(st.booleans(), st.booleans(), st.booleans())
def test_and_binds_tighter_than_or(a: bool, b: bool, c: bool) -> None:
    fields = {"a": int(a), "b": int(b), "c": int(c)}
    for text, expected in {
        "a=1 or b=1 and c=1": a or (b and c),
        "a=1 and b=1 or c=1": (a and b) or c,
        "not a=1 and b=1": not a and b,
    }.items():
        assert condition(text, [])(fields) == expected


def test_fields_of_a_run_that_goes_on() -> None:
    fields = fields_of({"step": 7, "status": "running"})
    assert fields["steps"] == 7
    assert fields_of({"step": 7, "steps": 9})["steps"] == 9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2d", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ("90m", datetime(2026, 11, 5, 10, 30, tzinfo=UTC)),
        ("1.5h", datetime(2026, 11, 5, 10, 30, tzinfo=UTC)),
        ("2026-11-01T06:00:00+00:00", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_a_date_or_ago(text: str, expected: datetime) -> None:
    assert since(text, datetime(2026, 11, 5, 12, tzinfo=UTC)) == expected


def test_a_date_alone_is_local() -> None:
    found = since("2026-11-01", datetime.now().astimezone())
    assert found == datetime(2026, 11, 1).astimezone()


@pytest.mark.parametrize("text", ["", "2", "d", "yesterday", "2026-13-01", "999999w", "-1d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--since: a time such as"):
        since(text, datetime(2026, 11, 5, tzinfo=UTC))


def test_numbers_come_before_texts_and_nothing_comes_last() -> None:
    assert sorted([None, "b", 2, "a", 1.5, None], key=place) == [1.5, 2, "a", "b", None, None]
