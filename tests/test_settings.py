# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Everything wrong in a mapping is reported at once, each with its key and the nearest name."""

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
