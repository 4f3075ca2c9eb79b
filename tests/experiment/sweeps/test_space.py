# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The space of a sweep: what points it has, and what is wrong in a file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiment.sweeps.surfaces import SPACE, content
from vynapse.errors import ConfigError
from vynapse.experiment.sweeps.settings import Axis, json_schema, read_sweep
from vynapse.experiment.sweeps.space import Space, allowed, drawn_value, grid_values
from vynapse.experiment.sweeps.sweep import open_sweep
from vynapse.seeding import Streams
from vynapse.settings import validate


def space_of(axes: dict[str, Any]) -> Space:
    return Space(read_sweep(content("random", search={"space": axes})).search.space)


def test_a_grid_has_all_combinations_and_no_others() -> None:
    axes = {"b": {"values": [1, 2, 3], "when": {"a": ["x", "y"]}}, "a": ["x", "y", "z"]}
    points = space_of(axes).grid()
    assert len(points) == 2 * 3 + 1
    assert {"a": "z"} in points
    assert all(("b" in point) == (point["a"] != "z") for point in points)


def test_a_range_of_a_grid_is_evenly_spread() -> None:
    def values(**keys: Any) -> list[Any]:
        return grid_values(validate(Axis, keys))

    assert values(low=0, high=1, count=3) == [0, 0.5, 1]
    assert values(low=0.01, high=1, log=True, count=3) == [0.01, 0.1, 1]
    assert values(low=2, high=5, int=True) == [2, 3, 4, 5]
    assert values(low=1, high=3, int=True, count=9) == [1, 2, 3]


@given(
    low=st.floats(1e-6, 1e3),
    factor=st.floats(1.5, 1e6),
    at=st.floats(0, 1, exclude_min=True, exclude_max=True),
    log=st.booleans(),
)
def test_what_is_drawn_lies_in_the_range(low: float, factor: float, at: float, log: bool) -> None:
    axis = Axis(low=low, high=low * factor, log=log)
    assert allowed(axis, drawn_value(axis, at))


@pytest.mark.parametrize("log", [False, True])
def test_each_whole_number_is_drawn_and_the_first_as_often_as_its_share(log: bool) -> None:
    axis = Axis(low=1, high=4, int=True, log=log)
    drawn = [drawn_value(axis, (i + 0.5) / 4000) for i in range(4000)]
    assert set(drawn) == {1, 2, 3, 4}
    assert all(isinstance(value, int) for value in drawn)
    assert log or abs(drawn.count(1) - 1000) <= 1


def test_a_random_point_is_a_function_of_its_number_and_is_not_drawn_twice() -> None:
    stream, space = Streams(3).stream("sweep"), space_of(SPACE)
    points: list[dict[str, Any]] = []
    for number in range(50):
        points.append(space.drawn(stream, number, points))
    assert space.drawn(stream, 7, points[:7]) == points[7]
    assert all(("strategy.tournament_size" in p) == (p["strategy.selection"] == "tournament")
               for p in points)  # fmt: skip
    few = space_of({"a": [1, 2], "b": [1, 2]})
    found: list[dict[str, Any]] = []
    for number in range(4):
        found.append(few.drawn(stream, number, found))
    assert len({str(point) for point in found}) == 4


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"search": {"kind": "rndom"}}, "search.kind: 'grid', 'random' or 'tpe' was wanted"),
    ({"search": {"space": {}}}, "search.space: at least 1"),
    ({"search": {"trials": None}}, "search.trials: how many points was wanted"),
    ({"search": {"trils": 3}}, "search.trils: unknown key: did you mean 'trials'"),
    ({"search": {"space": {"seed": [1, 2]}}}, "search.space.seed: seeds of each point stand under"),
    ({"search": {"space": {"task": ["xor"]}}}, "search.space.task: points of different tasks"),
    ({"search": {"space": {"sigma": []}}}, "search.space.sigma.values: at least one was wanted"),
    ({"search": {"space": {"sigma": {"low": 2}}}}, "sigma.low: a list of values, or low and high"),
    ({"search": {"space": {"sigma": {"low": 2, "high": 1}}}}, "a number below high 1 was wanted"),
    ({"search": {"space": {"sigma": {"low": 0, "high": 1, "log": True}}}}, "a number above 0"),
    ({"search": {"space": {"sigma": {"low": 0.5, "high": 2, "int": True}}}}, "whole numbers were"),
    ({"search": {"space": {"sigma": {"values": [1], "low": 2}}}}, "sigma.low: values stand here"),
    (
        {"search": {"space": {"a": {"values": [1], "when": {"bb": 1}}, "b": [1]}}},
        "search.space.a.when: unknown key 'bb'",
    ),
    (
        {"search": {"space": {"a": {"values": [1], "when": {"b": 1}}, "b": {"low": 0, "high": 1}}}},
        "b has a range: a key with values was wanted",
    ),
    ({"seeds": [1, 1]}, "seeds: different whole numbers from 0 on"),
    ({"budget": {"per_run": {"stps": 3}}}, "budget.per_run.stps: unknown key: did you mean"),
    ({"budget": {"totl": {}}}, "budget.totl: unknown key: did you mean 'total'"),
    ({"prune": {"kind": "medan"}}, "prune.kind: 'median' or 'halving' was wanted"),
    ({"prune": {"kind": "median", "at": [0.5, 0.2]}}, "prune.at: rising shares between 0 and 1"),
    (
        {"prune": {"kind": "halving"}, "budget": {"total": {"steps": 9}}},
        "budget.total: halving makes a share of all runs",
    ),
    (
        {"prune": {"kind": "median"}, "search": {"space": {"budget.steps": [1, 2]}}},
        "search.space.budget.steps: points are pruned at the same share",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_a_wrong_file_is_one_sentence(change, sentence, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_sweep(content("random", **change))
    assert sentence in str(caught.value)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"space": {"strategy.sgma": [0.1]}}, "search.space.strategy.sgma: unknown key: did you"),
        ({"space": {"strategy.sigma": [0.1, "x"]}}, "search.space.strategy.sigma: "),
        ({"space": {"network.mlp": [[2, 2]]}}, "network"),
        ({"start": [{"strategy.sgma": 1}]}, "search.start.0: unknown key 'strategy.sgma': did you"),
        ({"start": [{"strategy.sigma": 0.1}]}, "search.start.0: a value of strategy.mu is wanted"),
        (
            {"start": [{"strategy.sigma": 7, "strategy.mu": 3, "strategy.selection": "rank"}]},
            "search.start.0.strategy.sigma: a number from 0.001 to 1, by factors was wanted, got 7",
        ),
    ],
)
def test_a_wrong_point_is_refused_before_anything_runs(change, sentence, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="^") as caught:
        open_sweep(content("random", search=change), tmp_path / "new").run()
    assert sentence in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_limit_that_is_not_counted_is_refused(tmp_path: Path) -> None:
    wrong = content("random", budget={"total": {"env_steps": 5}})
    with pytest.raises(ConfigError, match="budget.total.env_steps: mode 'deap' does not count"):
        open_sweep(wrong, tmp_path / "new").run()


def test_the_schema_has_every_key_with_its_meaning() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == {"recipe", "search", "seeds", "budget", "prune"}
    assert schema["required"] == ["recipe", "search"]
    assert {"type": "string"} in schema["properties"]["recipe"]["anyOf"]
    for part in (schema, *(schema["$defs"][name] for name in ("SearchSettings", "Axis"))):
        assert part["additionalProperties"] is False
        assert all(about.get("description") for about in part["properties"].values())
    space = schema["$defs"]["SearchSettings"]["properties"]["space"]
    assert space["additionalProperties"]["anyOf"][0] == {"type": "array"}
    text = json.dumps(schema)
    named = set(re.findall(r'"#/\$defs/(\w+)"', text))
    assert named <= set(schema["$defs"])
