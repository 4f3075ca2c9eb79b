# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Functions in recipes: the task, and the modes that keep more than one winner."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from vynapse.cli.main import main
from vynapse.core import Stateless
from vynapse.errors import ConfigError
from vynapse.evolution.function_task import FunctionTask
from vynapse.evolution.map_elites import Grid
from vynapse.evolution.nsga2 import fronts
from vynapse.evolution.strategies.kind import STRATEGIES
from vynapse.experiment.config import load_recipe
from vynapse.experiment.plan import prepare
from vynapse.experiment.session import Session
from vynapse.networks.state import NetworkState
from vynapse.networks.vector import Vector
from vynapse.tasks.registry import make_any_task

MODULE = """
def two(x):
    return [(x**2).sum(), ((x - 1)**2).sum()]


def described(x):
    return (x**2).sum(), x[0], x[1]


def sphere(x):
    return (x**2).sum()


NOTHING = 3
"""
TWO = ["task.path=functions_for_recipes:two", "task.size=3", "task.low=0", "task.high=1"]
TWO += ["task.start=0.5", "task.objectives=2", "budget.steps=12", "population=16"]
SPHERE = ["task.path=functions_for_recipes:sphere", "task.size=3", "budget.steps=12"]
DESCRIBED = ["task.path=functions_for_recipes:described", "task.size=3", "task.descriptors=2"]
DESCRIBED += ["budget.steps=12", "batch=16", "grid={low: -1, cells: [4, 6]}"]


@pytest.fixture(autouse=True)
def _functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "functions_for_recipes.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("functions_for_recipes", None)


def test_nsga2_keeps_the_front_and_the_lowest_first_objective(tmp_path: Path) -> None:
    for seed in range(3):
        recipe = load_recipe("function", "nsga2", overrides=[*TWO, f"seed={seed}"])
        done = Session.create(recipe, tmp_path / str(seed)).run()
        front = load_file(tmp_path / str(seed) / "front.safetensors")
        vectors, objectives = front["vectors"], front["objectives"]
        assert len(vectors) == len(objectives) > 1
        assert (fronts(objectives) == 0).all()
        expected = np.stack([(vectors**2).sum(axis=1), ((vectors - 1) ** 2).sum(axis=1)], axis=1)
        np.testing.assert_array_equal(objectives, expected)
        assert done["loss"] <= objectives[:, 0].min()
        winner = NetworkState.read(tmp_path / str(seed) / "best.safetensors").tensors["x"]
        assert float((winner**2).sum()) == done["loss"]
        assert done["stages"][0]["cost"]["forwards"] == 12 * 16


def test_map_elites_keeps_the_archive(tmp_path: Path) -> None:
    recipe = load_recipe("function", "map-elites", overrides=DESCRIBED)
    done = Session.create(recipe, tmp_path / "run").run()
    archive = load_file(tmp_path / "run" / "front.safetensors")
    np.testing.assert_array_equal(archive["losses"], (archive["vectors"] ** 2).sum(axis=1))
    np.testing.assert_array_equal(archive["descriptors"], archive["vectors"][:, :2])
    grid = Grid((-1.0, -1.0), (1.0, 1.0), (4, 6))
    np.testing.assert_array_equal(grid.locate(archive["descriptors"]), archive["cells"])
    assert done["loss"] == archive["losses"].min()


@pytest.mark.parametrize(("mode", "keys"), [("nsga2", TWO), ("map-elites", DESCRIBED)])
def test_a_resumed_run_has_the_same_front(mode: str, keys: list[str], tmp_path: Path) -> None:
    every = "checkpoint.every_steps=5"
    whole = Session.create(load_recipe("function", mode, overrides=keys), tmp_path / "whole").run()
    cut = Session.create(load_recipe("function", mode, overrides=[*keys, every]), tmp_path / "cut")

    def stop(report: Any) -> None:
        if report.report.step == 7:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut.run([stop])
    resumed = Session.open(tmp_path / "cut").run()
    assert resumed["network_sha256"] == whole["network_sha256"]
    files = [tmp_path / name / "front.safetensors" for name in ("whole", "cut")]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("mode", "overrides", "sentence"),
    [
        ("nsga2", [*TWO, "task.low=null"], "task.low: mode nsga2 searches a box"),
        ("nsga2", [*TWO, "task.objectives=1"], "'nsga2' wants a task with objectives"),
        ("map-elites", TWO[:-1], "'map-elites' wants a task with descriptors"),
        ("map-elites", [*DESCRIBED, "grid.low=[0, 0, 0]"], "grid.low: one number or one for each"),
        ("nsga2", ["task.path=functions_for_recipes:NOTHING", *TWO[1:]], "a function was wanted"),
        ("nsga2", ["task.path=functions_for_recipes:to", *TWO[1:]], "task.path"),
        ("nsga2", [*TWO, "task.start=[1, 2]"], "task.start: one number or 3 of them were wanted"),
        ("nsga2", [*TWO, "task.start=7"], "task.bounds: low < high and x0 in between"),
        ("nsga2", [*TWO, "budget.flops=5"], "does not count flops"),
        ("deap", [*SPHERE, "budget.flops=5"], "budget.flops: a function counts forwards alone"),
        ("deap", [*SPHERE, "batch_size=5"], "batch_size: a function has no examples"),
        ("sgd", TWO[:-1], "'sgd' wants a task with examples"),
        ("nsga2", [*TWO, "network={vector: {size: 4}}"], "network.vector.size"),
    ],
)
def test_what_does_not_fit_is_a_sentence(mode: str, overrides: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as caught:
        prepare(load_recipe("function", mode, overrides=overrides)).check()
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_mode_deap_minimizes_a_function(strategy: str, tmp_path: Path) -> None:
    """From the start of the task, with bounds and masks; the loss is the function's value."""
    keys = ["task.path=functions_for_recipes:sphere", "task.size=3", "task.start=[1.5, -1, 1]"]
    keys += ["task.low=-2", "mask={x: [1, 1, 0]}", "budget.forwards=3000"]
    strategy = f"strategy={{kind: '{strategy}', sigma: 0.3}}"
    recipe = load_recipe("function", "deap", overrides=[*keys, strategy])
    done = Session.create(recipe, tmp_path / "run").run()
    vector = NetworkState.read(tmp_path / "run" / "best.safetensors").tensors["x"]
    assert (done["loss"], vector[2]) == (float((vector**2).sum()), 1.0)
    assert done["loss"] < 1.1
    assert done["stages"][0]["cost"]["forwards"] >= 3000


def test_the_command_line_runs_them(tmp_path: Path) -> None:
    sets = [word for key in TWO for word in ("--set", key)]
    assert main(["run", "function", "--mode", "nsga2", *sets, "--out", "run"]) == 0
    assert main(["show", "run"]) == 0
    assert (tmp_path / "run" / "front.safetensors").exists()


def test_a_function_is_a_task() -> None:
    options = {"path": "functions_for_recipes:two", "size": 2, "objectives": 2, "high": [3, 4]}
    task, again = (make_any_task("function", options) for _ in range(2))
    assert isinstance(task, FunctionTask)
    assert task.fingerprint() == again.fingerprint()
    other = make_any_task("function", {**options, "high": [3, 5]})
    assert task.fingerprint() != other.fingerprint()
    assert task.offers == ("function", "objectives")
    point = Stateless(lambda inputs: np.tile(np.array([1.0, 2.0]), (len(inputs), 1)))
    evaluation = task.score(point)
    assert (evaluation.loss, dict(evaluation.metrics)) == (5.0, {"objective_2": 1.0})
    assert make_any_task("function", options).final_test(point) is None
    assert Vector().fit(task.interface()).size == 2
    with pytest.raises(ConfigError, match="several objectives, or descriptors, but not both"):
        make_any_task("function", {**options, "descriptors": 1})
