# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Options become keys of a recipe, each with the type that the recipe wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.cli.options import overrides, parse_budget, parse_network
from vynapse.errors import ConfigError


def test_whole_numbers_become_integers_however_they_are_written() -> None:
    limits = parse_budget(["flops=1e9", "steps=20,seconds=0.5", "target=1e-2"])
    assert limits == {"flops": 10**9, "steps": 20, "seconds": 0.5, "target": 0.01}
    assert [type(value) for value in limits.values()] == [int, int, float, float]


@given(st.integers(min_value=1, max_value=2**53))
def test_a_count_survives_exactly(count: int) -> None:
    assert overrides(budget=[f"forwards={count}"]) == [("budget.forwards", count)]


@pytest.mark.parametrize(
    "text", ["", "steps", "steps=", "=3", "steps=many", "steps=nan", "steps=inf"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="NAME=NUMBER was wanted"):
        parse_budget([text])


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("mlp:2,2,1", {"mlp": [2, 2, 1]}),
        ("cnn:16,32", {"cnn": [16, 32]}),
        ("my.models:build", {"factory": "my.models:build"}),
        ("{mlp: {sizes: [2, 1], hidden: relu}}", {"mlp": {"sizes": [2, 1], "hidden": "relu"}}),
        ("mlp: [2, 1]", {"mlp": [2, 1]}),
    ],
)
def test_networks(text: str, network: dict[str, object]) -> None:
    assert parse_network(text) == network


@pytest.mark.parametrize("text", ["mlp:", "mlp:2,,1", "mlp:2x2", "cnn:a,b", "mlp:2,-1"])
def test_what_is_no_list_of_numbers_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="numbers like"):
        parse_network(text)


def test_set_comes_last_and_absent_options_add_nothing() -> None:
    assert overrides() == []
    texts = overrides(seed=0, threads=2, log_every=5, device="cpu", steps=7, settings=["seed=9"])
    assert texts == [
        ("seed", 0), ("device", "cpu"), ("threads", 2), ("log_every", 5), ("budget.steps", 7),
        "seed=9",
    ]  # fmt: skip


def test_steps_wins_over_a_budget_of_steps() -> None:
    assert overrides(steps=7, budget=["steps=9"]) == [("budget.steps", 7)]
