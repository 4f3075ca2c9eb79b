# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Texts that look like numbers: what is said about each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.data.cells import number
from vynapse.data.notations import advice, notation, shown


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["inf", "-Infinity", "+nan"], "is no finite number"),
        (["1e400", "-" + "9" * 5000], "is too large"),
        (["12,5", "-0,5", "1,000"], "has a comma within"),
        (["1,234.50", "1.234,50", "1 000", "1'000", "1_000"], "has marks between its digits"),
        (["12%", "12.5 %", "-3,5%"], "has a percent sign"),
        (["$5", "€ 1,000", "5 EUR", "-£3.50"], "has a currency sign"),
        (
            ["2024-01-31", "31.12.2024", "1/2/99", "2024-01-31T10:00:00Z", "31 Jan 2024"],
            "is a date",
        ),
        (["12:30", "7:05:59.5", "7:05 pm"], "is a time"),
        (["\u22125", "\u20135.5"], "has a long minus sign"),
        (["(5)", "(1,000)"], "is a number in brackets"),
        (["0x1F"], "is a hexadecimal number"),
    ],
)
def test_notations_are_named(texts: list[str], what: str) -> None:
    for text in texts:
        assert number(text) is None
        assert (notation(text) or "").startswith(what), text
        assert advice(text).startswith(f"; it {what}")


@pytest.mark.parametrize("text", ["red", "A-1", "May", "3rd", "18-25", "yes", "v1.0", "", "?", "-"])
def test_plain_text_is_plain(text: str) -> None:
    assert notation(text) is None
    assert advice(text) == ""


@given(st.text())
def test_any_text_has_an_answer_and_a_short_form(text: str) -> None:
    notation(text)
    assert len(shown(text)) < 700


def test_long_texts_are_cut() -> None:
    assert shown("a" * 61) == repr("a" * 60 + "\u2026")
