# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recipe files and texts of the command line mean what they look like, or are refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.reading import parse_yaml, read_recipe_file, text_value
from vynapse.experiment.strict_yaml import dump_yaml
from vynapse.plain import DEEPEST

SGD = "task: xor\nstages:\n  - mode: sgd\n    budget: {steps: 1}\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data #1.csv", "data #1.csv"),
        ("010", "010"),
        ("007", "007"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("yes", "yes"),
        ("Off", "Off"),
        ("2024-01-01", "2024-01-01"),
        ("a: b", "a: b"),
        ("- a", "- a"),
        ("&a", "&a"),
        ("!x", "!x"),
        ("%x", "%x"),
        ("nan", "nan"),
        ("~/data.csv", "~/data.csv"),
        ("[old] data.csv", "[old] data.csv"),
        ("{a}.csv", "{a}.csv"),
        ("", ""),
        ("1", 1),
        ("-1", -1),
        ("1e-3", 1e-3),
        ("1.", 1.0),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("[2, 1]", [2, 1]),
        ('{"a": [1, "x"]}', {"a": [1, "x"]}),
        ("{sizes: [2, 010]}", {"sizes": [2, "010"]}),
        ("'2'", "2"),
        ('"yes"', "yes"),
    ],
)
def test_a_text_is_what_it_plainly_is(text: str, value: object) -> None:
    found = text_value(text, "--set key")
    assert found == value
    assert type(found) is type(value)


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="[]{}'\"")))
def test_a_text_without_brackets_and_quotes_is_never_changed(text: str) -> None:
    found = text_value(text, "--set key")
    assert found is None or isinstance(found, (bool, int, float)) or found == text


@pytest.mark.parametrize("text", ["{a: 1, a: 2}", '{"a": {"b": 1, "b": 1}}', "[{a: 1, a: 2}]"])
def test_a_key_that_stands_twice_on_the_command_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r'--set key: line 1: the key "[ab]" stands twice'):
        text_value(text, "--set key")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("task: xor\ntask: xor\n", 2),
        (SGD + "    learning_rate: 0.1\n    momentum: 0.9\n    learning_rate: 0.2\n", 7),
        ("task: {name: parity,\n  bits: 3,\n  bits: 4}\n", 3),
        ('{"task": "xor",\n "stages": [{"mode": "sgd",\n "mode": "deap"}]}', 3),
        ("task: xor\n'task': xor\n", 2),
        ("1: a\n'1': b\n", 2),
    ],
)
def test_a_key_that_stands_twice_in_a_file(text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"r\.yaml: line {line}: the key .* stands twice"):
        read_recipe_file(tmp_path / "r.yaml")


def test_a_merged_key_may_stand_again() -> None:
    assert parse_yaml("a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}")["b"] == {"x": 2, "y": 1}


def bomb(levels: int) -> str:
    return "\n".join(
        f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9) if n else 1}]" for n in range(levels)
    )


@pytest.mark.parametrize("ending", ["yaml", "toml"])
@pytest.mark.parametrize(
    "text",
    [
        bomb(30),
        "task: " + "[" * 900 + "]" * 900,
        "task = " + "[" * 3000 + "]" * 3000,
        "task: &a [*a]",
        "task: &a {name: {b: *a}}",
        "seed: " + "9" * 5000,
        "seed = " + "9" * 5000,
        "seed: !!set {a}",
        "seed: !!binary aGVsbG8=",
        "? [a, b]\n: 1",
        "seed = 2024-01-01",
        "seed = inf",
        "seed: .nan",
        "- a",
        "a",
    ],
)
def test_what_no_recipe_holds_is_refused_at_once(text: str, ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"r.{ending}"
    file.write_text(text)
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        read_recipe_file(file)
    assert time.process_time() - began < 2
    assert all(str(file) in problem for problem in caught.value.problems)
    assert all(len(problem) < 500 for problem in caught.value.problems)


def test_nesting_that_a_recipe_may_have_is_read() -> None:
    depth = DEEPEST - 1
    found = parse_yaml("[" * depth + "1" + "]" * depth)
    for _ in range(depth):
        (found,) = found
    assert found == 1


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**64), 2**64)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
        | st.sampled_from(["1e-3", "1.", "010", "yes", "1:30", "null", "~", "+1", "=", "<<"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.booleans(),
)  # fmt: skip
def test_what_is_written_is_read_back(value: object, flow: bool) -> None:
    assert parse_yaml(dump_yaml({"key": value}, flow=flow)) == {"key": value}


def test_too_many_stages_are_refused_at_once() -> None:
    began = time.process_time()
    stages = [{"mode": "sgd", "budget": {"steps": 1}}] * 3000
    with pytest.raises(ConfigError, match="stages: at most 100 were wanted, got 3,000"):
        load_recipe("xor", stages=stages)
    assert time.process_time() - began < 2


def test_a_recipe_of_many_stages_is_read_in_time() -> None:
    began = time.process_time()
    stages = [{"mode": "sgd", "budget": {"steps": 1}}] * 100
    assert len(load_recipe("xor", stages=stages).stages) == 100
    assert time.process_time() - began < 2
