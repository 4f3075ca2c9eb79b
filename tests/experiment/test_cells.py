# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs and comparisons in a notebook, and metrics as a frame."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from vynapse.errors import MissingExtra
from vynapse.experiment.compare import Comparison
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import load


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("cells") / "<b>folder"
    made = Comparison(["xor"], ["deap"], 2, folder, budget={"steps": 2})
    assert "It has not ended: call run()." in made._repr_html_()
    assert "&lt;b&gt;folder" in made._repr_html_()
    made.run()
    return made


def test_a_comparison_that_has_ended_shows_its_table_and_its_curves(comparison: Comparison) -> None:
    pytest.importorskip("matplotlib")
    cell = comparison._repr_html_()
    assert "<td>deap</td>" in cell
    assert "Mean ± 95 % confidence interval" in cell
    assert cell.count("<svg") == 1
    assert "<b>folder" not in cell
    assert cell == comparison._repr_html_()


def test_a_session_shows_the_run_as_it_stands(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    cells = []
    for name in ("one", "two"):
        recipe = load_recipe(task="xor", mode="deap", overrides=["budget.steps=3"])
        session = Session.create(recipe, tmp_path / name)
        assert "<td>unfinished</td>" in session._repr_html_()
        assert "<svg" not in session._repr_html_()
        session.run()
        cells.append(session._repr_html_())
        assert "<td>finished</td>" in cells[-1]
    ids = [set(re.findall(r'id="([^"]+)"', cell)) for cell in cells]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_without_matplotlib_the_tables_stand_alone(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    cell = comparison._repr_html_()
    assert "<svg" not in cell
    assert "<td>deap</td>" in cell
    session = Session.open(comparison.place("xor", "deap", 0))
    assert "<td>finished</td>" in session._repr_html_()


def test_metrics_are_a_frame_where_pandas_is_there(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = load(comparison.place("xor", "deap", 0))
    given: list[dict[str, np.ndarray]] = []
    pandas = types.ModuleType("pandas")
    pandas.DataFrame = given.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    run.frame()
    assert given[0].keys() == run.metrics.keys()
    assert len(given[0]["step"]) == 2
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="run pip install pandas$"):
        run.frame()
