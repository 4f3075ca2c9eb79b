# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Everything wrong in a mapping is reported at once, each with its key and the nearest name."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import Field

from vynapse.errors import ConfigError
from vynapse.settings import Settings, validate


class Inner(Settings):
    """Nested keys."""

    steps: int = Field(1, ge=1)
    patience: int | None = None


class Outer(Settings):
    """All kinds of keys."""

    rate: float = Field(0.1, gt=0)
    sizes: tuple[int, ...] = (1, 2)
    name: str | None = None
    inner: Inner = Field(default_factory=Inner)
    required: int


def problems(content) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        validate(Outer, content, "stages.0")
    return caught.value.problems


def test_all_problems_come_at_once() -> None:
    found = problems({"rat": 1, "rate": -1, "inner": {"step": 2}, "sizes": [1, "two"]})
    assert len(found) == 5
    assert any("stages.0.rat: unknown key: did you mean 'rate'?" in p for p in found)
    assert any("stages.0.rate: greater than 0 was wanted, got -1" in p for p in found)
    assert any("stages.0.inner.step: unknown key: did you mean 'steps'?" in p for p in found)
    assert any(p.startswith("stages.0.sizes.1: ") and '"two"' in p for p in found)
    assert any("stages.0.required: a value is required" in p for p in found)


@pytest.mark.parametrize(
    "wrong",
    [{"rate": "0.1"}, {"rate": True}, {"sizes": 3}, {"name": 5}, {"inner": {"steps": 1.5}}],
)
def test_values_are_never_converted(wrong) -> None:
    assert len(problems({"required": 1, **wrong})) == 1


def test_a_valid_mapping_becomes_frozen_settings() -> None:
    settings = validate(Outer, {"required": 3, "rate": 1, "sizes": [4], "inner": {"patience": 2}})
    assert (settings.rate, settings.sizes, settings.inner.patience) == (1.0, (4,), 2)
    with pytest.raises(Exception, match="frozen"):
        settings.rate = 2.0  # type: ignore[misc]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), np.float32("nan")])
def test_a_number_is_finite(value: float) -> None:
    (told,) = problems({"required": 1, "rate": value})
    assert told == f"stages.0.rate: a finite number was wanted, got {float(value)}"
    with pytest.raises(ValueError, match="finite"):
        Outer(required=1, rate=value)


@pytest.mark.parametrize("value", [10**5000, 10**400, -(10**309)], ids=[5000, 400, 309])
def test_a_number_of_too_many_digits_is_refused_without_writing_it_out(value: int) -> None:
    for key in ("rate", "required"):
        (told,) = problems({"required": 1, key: value})
        assert told.startswith(f"stages.0.{key}: a number that fits was wanted")
        assert len(told) < 200


@pytest.mark.parametrize("value", [2**64, 10**30, -(2**64)])
def test_a_whole_number_has_64_bits(value: int) -> None:
    assert "below 2^64 was wanted" in problems({"required": value})[0]
    assert validate(Outer, {"required": 1, "rate": 10**30}).rate == 1e30


def test_what_is_no_json_is_refused() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    deep: object = 1
    for _ in range(2000):
        deep = [deep]
    for value in ({1, 2}, object(), 1j, cycle, deep, b"bytes", {("a",): 1}):
        (told,) = problems({"required": 1, "name": value})
        assert told.startswith("stages.0.name")
        assert len(told) < 300


def test_numbers_of_numpy_and_paths_are_what_they_stand_for() -> None:
    content = {"required": np.int64(3), "rate": np.float32(0.5), "sizes": (np.uint8(1),)}
    settings = validate(Outer, {**content, "name": Path("a/b")})
    assert (settings.required, settings.rate, settings.sizes) == (3, 0.5, (1,))
    assert settings.name == "a/b"


@pytest.mark.parametrize("odd", ["a-b", "a b", "", "é", "0", "int", "float", "tuple[int, ...]"])
def test_a_key_that_is_no_identifier_is_named(odd: str) -> None:
    (told,) = problems({"required": 1, odd: 1})
    assert told.startswith(f"stages.0.{odd}: unknown key")
    (told,) = problems({"required": 1, "inner": {odd: 1}})
    assert told.startswith(f"stages.0.inner.{odd}: unknown key")
    assert "did you mean 'inner'" not in told
