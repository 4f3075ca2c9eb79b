# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Several numbers, labels and windows in every mode that learns from examples, to the export."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vynapse.cli.main import main
from vynapse.experiment.config import load_recipe
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.tasks.csv_reader import CsvReader
from vynapse.trainers.mode import MODES

MODES_OF_EXAMPLES = ("deap", "sgd", "static", "neat", "hybrid", "grow", "prune")
TARGETS: dict[str, dict[str, Any]] = {
    "numbers": {"target": ["a", "b"], "columns": ["x", "z"]},
    "labels": {"target": ["la", "lb"], "columns": ["x", "z"]},
    "windows": {"target": "a", "columns": ["a", "x"], "window": 3, "horizon": 2},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    lines = ["x,z,a,b,la,lb"]
    for i in range(80):
        x, z = math.sin(i * 1.7), math.cos(i * 0.9)
        lines.append(f"{x:.5f},{z:.5f},{3 * x + 50:.5f},{z * x:.5f},{int(x > 0)},{int(z > 0.5)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def recipe_of(mode: str, file: Path, options: dict[str, Any]) -> Recipe:
    keys = [(f"task.{name}", value) for name, value in options.items()]
    return load_recipe("csv", mode, overrides=[("task.path", str(file)), *keys, "budget.steps=2"])


CASES = [
    *((mode, kind) for kind in ("numbers", "labels") for mode in MODES_OF_EXAMPLES),
    *((mode, "windows") for mode in ("deap", "sgd", "grow")),
]


@pytest.mark.parametrize(("mode", "kind"), CASES)
def test_a_short_run_says_all_outputs_by_name(
    mode: str, kind: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "examples" in MODES.get(mode).accepts
    recipe = recipe_of(mode, file, TARGETS[kind])
    summary = Session.create(recipe, tmp_path / "run").run()
    assert math.isfinite(summary["loss"])
    run = load(tmp_path / "run")
    assert main(["predict", str(run.path), str(file)]) == 0
    header, *rows = csv.reader(capsys.readouterr().out.splitlines())
    wanted = {
        "numbers": ["a", "b"],
        "labels": ["la", "lb", "p_la", "p_lb"],
        "windows": ["row", "value"],
    }[kind]
    assert (header, len(rows)) == (wanted, 78 if kind == "windows" else 80)
    with file.open() as content:
        listed = list(csv.DictReader(content))
    said = run.predict({name: [float(r[name]) for r in listed] for name in ("x", "z", "a")})
    values = said.values.reshape(len(said), -1)
    np.testing.assert_allclose(
        np.array(rows, np.float64)[:, -1 if kind == "windows" else 0], values[:, 0], rtol=1e-6
    )
    names = {"numbers": {"a", "b"}, "labels": {"la", "lb"}, "windows": set()}[kind]
    assert set(summary["test_per_class"]) == set(summary["per_class"]) == names


def test_exports_agree_with_predictions_and_name_the_outputs(file: Path, tmp_path: Path) -> None:
    onnxruntime, onnx = pytest.importorskip("onnxruntime"), pytest.importorskip("onnx")
    for kind, options in TARGETS.items():
        Session.create(recipe_of("sgd", file, options), tmp_path / kind).run()
        for form in ("onnx", "pt2", "json") if kind == "labels" else ("onnx",):
            out = str(tmp_path / f"{kind}.{form}")
            assert main(["export", str(tmp_path / kind), "--format", form, "--out", out]) == 0
        run = load(tmp_path / kind)
        said = run.predict(file)
        preprocessing = json.loads((tmp_path / kind / "preprocessing.json").read_text())
        model = onnx.load(tmp_path / f"{kind}.onnx")
        about = {entry.key: entry.value for entry in model.metadata_props}
        assert json.loads(about["preprocessing"]) == preprocessing
        names = None if kind == "windows" else options["target"]
        assert json.loads(about.get("outputs", "null")) == names
        session = onnxruntime.InferenceSession(str(tmp_path / f"{kind}.onnx"))
        inputs = CsvReader(preprocessing).inputs(file)
        (found,) = session.run(None, {session.get_inputs()[0].name: inputs})
        np.testing.assert_allclose(found, said.outputs, rtol=1e-4, atol=1e-5)
