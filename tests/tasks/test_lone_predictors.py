# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Columns that tell the target alone, and those that only seem to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import many
from vynapse.tasks.arrays import ArrayTask
from vynapse.tasks.registry import make_task


def warnings(path: Path, columns: dict[str, Any], **options: Any) -> str:
    """The warnings of a task whose target is called y, as one text."""
    lines = [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    path.write_text("\n".join([",".join(columns), *lines]) + "\n")
    task = make_task("csv", {"path": str(path), "target": "y"} | options)
    assert isinstance(task, ArrayTask)
    return " ".join(task.warnings)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.csv"


LONE = "'lone' has by itself what is enough to tell the target 'y' in all training rows"


@pytest.mark.parametrize("seed", range(many(sample=2, evidence=5)))
def test_the_target_in_other_words(path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    noise, value = draw.normal(size=(2, 100))
    group = draw.integers(0, 6, 100)
    classes = np.where(value > 0, "a", "b")
    words = {"noise": noise, "lone": np.where(value > 0, "in", "out"), "y": classes}
    assert LONE in warnings(path, words)
    assert LONE in warnings(path, {"noise": noise, "lone": value, "y": classes})
    assert LONE in warnings(
        path, {"noise": noise, "lone": group, "y": np.array(list("aabbcc"))[group]}
    )
    assert LONE in warnings(path, {"noise": noise, "lone": (3 * value - 1).round(3), "y": value})
    cities = np.array(list("abcdef"))[group]
    assert LONE in warnings(path, {"noise": noise, "lone": cities, "y": group * 1.25 + 0.1})


@pytest.mark.parametrize("seed", range(many(sample=4, evidence=20)))
def test_chance_is_not_reported(path: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    count = 40
    columns = {f"x{number}": draw.normal(size=count) for number in range(30)}
    rare = np.where(np.arange(count) < 4, "rare", "often")
    assert warnings(path, columns | {"y": rare}) == ""
    assert warnings(path, columns | {"y": draw.normal(size=count)}) == ""
    near = draw.normal(size=count)
    assert warnings(path, columns | {"near": near, "y": near + 0.1 * draw.normal(size=count)}) == ""


def test_titanic_with_the_answer_among_the_columns(real_data: Path) -> None:
    path = real_data / "small" / "titanic.csv"
    if not path.exists():
        pytest.skip("titanic.csv is not there")
    options = {"path": str(path), "target": "survived", "missing": "median"}
    columns = ["pclass", "sex", "age", "fare", "embarked"]
    honest = make_task("csv", options | {"columns": columns})
    told = make_task("csv", options | {"columns": [*columns, "alive"]})
    assert isinstance(honest, ArrayTask)
    assert isinstance(told, ArrayTask)
    assert honest.warnings == ()
    assert len(told.warnings) == 1
    assert "column 'alive' has by itself what is enough to tell the target" in told.warnings[0]
