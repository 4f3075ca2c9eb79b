# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How runs, summaries, predictions and tables look in Python and in notebooks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vynapse
from vynapse.errors import ConfigError, RunDirectoryError
from vynapse.experiment.notebook import Summary, columns_of, table_html
from vynapse.experiment.predicted import Prediction
from vynapse.experiment.repeats import Repeats
from vynapse.experiment.table import Row, Table


def test_a_loaded_run_is_short_and_has_columns(tmp_path: Path) -> None:
    run = vynapse.run("xor", mode="deap", budget={"steps": 3}, out=tmp_path / "x")
    assert len(repr(run)) < 200
    assert repr(run.summary).startswith(
        "Summary(task xor, mode deap, seed 0, status finished, loss"
    )
    assert "<td>xor</td>" in run._repr_html_()
    assert run.metrics["loss"].dtype == np.float64
    assert run.metrics["loss"].shape == (3,)
    (tmp_path / "x" / "metrics.csv").unlink()
    with pytest.raises(RunDirectoryError, match=r"metrics\.csv"):
        _ = run.metrics


def test_cells_without_a_measurement_are_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("step,loss\n1,\n2,0.5\n3")
    found = columns_of(tmp_path / "m.csv")
    assert found["step"].tolist() == [1, 2]
    assert np.isnan(found["loss"][0])
    (tmp_path / "m.csv").write_text("step,loss\n")
    assert columns_of(tmp_path / "m.csv")["loss"].shape == (0,)


def test_a_prediction_is_used_like_its_values() -> None:
    values, shares = np.array(["a<", "b"]), np.array([[0.75, 0.25], [0.4, 0.6]])
    found = Prediction(values, ("a<", "b"), shares, shares)
    assert (len(found), found[1], list(found)) == (2, "b", ["a<", "b"])
    assert np.array_equal(np.asarray(found), values)
    assert found.named()[0] == {"class": "a<", "p_a<": 0.75, "p_b": 0.25}
    assert "a&lt;" in found._repr_html_()
    assert "a<" not in found._repr_html_().replace("a&lt;", "")
    several = Prediction(np.zeros((30, 2)), None, None, np.zeros((30, 2)))
    assert several.named()[3] == {"value_0": 0.0, "value_1": 0.0}
    assert "20 more rows" in several._repr_html_()
    assert repr(several) == "Prediction(30 rows, values)"


def test_a_task_without_examples_has_no_rows(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "task.path": "math:fsum",
        "task.size": 2,
        "task.low": 0,
        "task.high": 1,
    }
    run = vynapse.run("function", mode="deap", budget={"steps": 2}, out=tmp_path / "f", **options)
    with pytest.raises(ConfigError, match="has no examples"):
        run.predict([[1, 2]])


def test_tables_of_a_comparison_in_a_notebook() -> None:
    run = {
        "seed": 0, "loss": 1.0, "metrics": {}, "cost": {}, "parameters": 3, "converged": None,
        "peak_megabytes": 1.0, "wall_seconds": 1.0, "cpu_seconds": 1.0, "test": None,
        "network_sha256": "0",
    }  # fmt: skip
    repeats = Repeats(2, (0,), (0.5,))
    table = Table([Row("t", "one", [run]), Row("t", "two", [run | {"loss": 3.0}], "one", repeats)])
    assert repr(table) == "Table(t one x 1, t two x 1)"
    html = table._repr_html_()
    assert html.count("<table>") == html.count("</table>") == 3
    assert "<td>two − one</td>" in html
    assert "no (seed 0)" in html
    assert table.json()[1]["repeats"]["different_seeds"] == [0]


def test_html_escapes() -> None:
    assert "&lt;b&gt;" in table_html(["<b>"], [["x"]])
    assert "<thead>" not in table_html(["", ""], [["a", "b"]])
    assert "loss 0.1235" in repr(Summary({"loss": 0.123456789}))
