# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`run:PATH` and `last` where a network may stand, and graphs that were saved as networks."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vynapse
from vynapse.cli.main import main
from vynapse.errors import ConfigError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.named_runs import named
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.graph.formats.json import load as load_graph
from vynapse.graph.formats.json import save
from vynapse.graph.trace import trace
from vynapse.networks.modules import isolated_generators
from vynapse.networks.state import NetworkState

STEPS: dict[str, Any] = {"budget": {"steps": 4, "target": None}}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(out: str, mode: str = "sgd", task: str = "spirals", **keys: Any) -> Path:
    recipe = load_recipe(task, mode, **{"network": {"mlp": [2, 5, 2]}, **STEPS, **keys})
    Session.create(recipe, Path(out)).run()
    return Path(out)


def of_age(path: Path, seconds: int) -> None:
    os.utime(path / "run.json", (seconds, seconds))


def test_names_become_absolute_paths(place: Path):
    first, second = run("runs/a"), run("runs/b", seed=1)
    of_age(first, 100)
    of_age(second, 50)
    assert named("last", "weights") == str(place / "runs" / "a")
    of_age(second, 200)
    assert named("last", "weights") == str(place / "runs" / "b")
    assert named("run:runs/a", "weights") == str(place / "runs" / "a")
    for other in ("runs/a", "package.module:name", "net.pt", "lasting"):
        assert named(other, "weights") == other


@pytest.mark.parametrize("text", ["run:gone", "run:", "last", "run:."])
def test_a_run_that_is_not_there_is_one_sentence(text, capsys):
    for key in ("weights", "network"):
        with pytest.raises(ConfigError, match=rf"^{key}: .*(there is no run|there is none)"):
            load_recipe("xor", "sgd", **{key: text})
    for words in (
        ["graph", text],
        ["export", text, "--format", "json"],
        ["graph", "diff", text, text],
    ):
        assert main(words) == 2
        assert "source: " in capsys.readouterr().err
    assert main(["grow-existing", text]) == 2
    assert "checkpoint: " in capsys.readouterr().err


def test_weights_of_a_run_come_with_its_structure_and_it_may_vanish(place: Path):
    first = run("runs/first")
    wanted = load(first).network.sha256()
    for text in ("run:runs/first", "last"):
        recipe = load_recipe("spirals", "sgd", weights=text, **STEPS)
        assert recipe.weights == str(place / "runs" / "first")
        assert recipe.network["mlp"]["sizes"] == [2, 5, 2]
    Session.create(recipe, Path("second"))
    shutil.rmtree(first)
    summary = Session.open(Path("second")).run()
    assert summary["status"] == "finished"
    assert vynapse.load("second").path == Path("second")
    assert NetworkState.read(Path("second/start.safetensors")).sha256() == wanted


def test_the_network_of_a_run_is_its_structure_as_data():
    first = run("runs/first")
    for text in ("run:runs/first", "last"):
        recipe = load_recipe("spirals", "deap", network=text, **STEPS)
        assert recipe.network["mlp"]["sizes"] == [2, 5, 2]
        assert recipe.weights is None
        assert main(["run", "spirals", "--mode", "deap", "--network", text, "--dry-run"]) == 0
    shutil.rmtree(first)
    Session.create(recipe, Path("second")).run()
    assert load(Path("second")).network.parameters() == 5 * 2 + 5 + 2 * 5 + 2


def test_a_call_in_python_takes_them_as_well():
    run("runs/first")
    found = vynapse.run("spirals", mode="sgd", network="run:runs/first", out="a", **STEPS)
    assert found.network.parameters() == 27
    found = vynapse.run("spirals", mode="sgd", weights="last", out="b", **STEPS)
    assert found.network.parameters() == 27


def test_graph_export_and_growth_take_them(capsys):
    first = run("runs/first")
    for name in ("run:runs/first", "last", str(first)):
        assert main(["graph", name]) == 0
        assert "27 parameters" in capsys.readouterr().out
        assert main(["graph", name, "--schedule"]) == 0
        assert "backward" in capsys.readouterr().out
        assert main(["export", name, "--format", "json", "--out", "net.json"]) == 0
        assert main(["graph", "diff", name, "net.json"]) == 0
        assert "no difference" in capsys.readouterr().out
    words = ["grow-existing", "last", "--budget", "epochs=1", "--out", "grown"]
    assert main(words) == 0
    assert load(Path("grown")).recipe["weights"] == str(first.absolute())


GROW: dict[str, Any] = {"controller": {"kind": "fixed"}, "epoch_steps": 2}


@pytest.mark.parametrize("mode", ["sgd", "static", "deap", "grow"])
def test_a_saved_graph_is_a_network_with_its_weights(mode, capsys):
    first = run("first")
    assert main(["export", "first", "--format", "json", "--out", "net.json"]) == 0
    keys: dict[str, Any] = {"network": {"graph": "net.json"}, **STEPS}
    keys |= GROW if mode == "grow" else {}
    recipe = load_recipe("spirals", mode, **keys)
    keys |= {"network": None, "weights": "net.json"}
    assert load_recipe("spirals", mode, **keys) == recipe
    Session.create(recipe, Path("second"))
    start = load(first).network.tensors
    shutil.rmtree(first)
    Path("net.json").unlink()
    Path("net.safetensors").unlink()
    Session.open(Path("second")).run()
    held = NetworkState.read(Path("second/start.safetensors")).tensors
    assert {name: value.tobytes() for name, value in held.items()} == {
        name: value.tobytes() for name, value in start.items()
    }
    capsys.readouterr()
    assert main(["export", "second", "--format", "json", "--out", "again.json"]) == 0
    assert load_graph(Path("again.json")).parameters
    assert main(["graph", "second", "--cost"]) == 0


def test_constants_travel_in_the_recipe_also_infinite_ones(place: Path):
    """The mask is a constant of the graph, and stays one."""
    mask = torch.tensor([0.0, float("-inf"), 0.0])

    class Masked(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
            self.head = torch.nn.Linear(3, 2)
            self.register_buffer("mask", mask)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.head((self.body(x) + self.mask).softmax(-1))
            return out

    with isolated_generators(3):
        module = Masked().eval()
    x = torch.linspace(-1, 1, 10).reshape(5, 2)
    save(trace(module, x, dynamic_batch=True), place / "net.json")
    recipe = load_recipe("spirals", "deap", network={"graph": "net.json"}, **STEPS)
    json.dumps(recipe.as_file(), allow_nan=False)
    Session.create(recipe, Path("run"))
    (place / "net.json").unlink()
    again = load_recipe(file=Path("run/recipe.yaml"), weights=str(place / "run/start.safetensors"))
    assert again.network == recipe.network
    network = NetworkState.read(Path("run/start.safetensors"))
    got = network.predictor()(x.numpy())
    np.testing.assert_array_equal(got, module(x).detach().numpy())


def test_other_weights_win_over_those_of_the_graph():
    run("first")
    run("other", seed=5)
    assert main(["export", "first", "--format", "json", "--out", "net.json"]) == 0
    torch.save(load(Path("other")).module().state_dict(), "other.pt")
    recipe = load_recipe(
        "spirals", "sgd", network={"graph": "net.json"}, weights="other.pt", **STEPS
    )
    Session.create(recipe, Path("second"))
    held = NetworkState.read(Path("second/start.safetensors")).tensors
    other = load(Path("other")).network.tensors
    assert all(np.array_equal(held[name], other[name]) for name in other)


def damage(kind: str) -> None:
    text = Path("net.json").read_text()
    if kind == "cut":
        Path("net.json").write_text(text[:100])
    elif kind == "tensors":
        Path("net.safetensors").unlink()
    elif kind == "op":
        Path("net.json").write_text(text.replace("aten.tanh.default", "aten.tanhh.default"))
    elif kind == "gone":
        Path("net.json").unlink()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("cut", "is not the JSON of a graph"),
        ("tensors", "its tensors are missing"),
        ("op", "aten.tanhh.default"),
        ("gone", "No such file"),
    ],
)
def test_a_damaged_graph_is_one_sentence(kind, says, capsys):
    run("first", network={"mlp": {"sizes": [2, 5, 2], "hidden": "tanh"}})
    assert main(["export", "first", "--format", "json", "--out", "net.json"]) == 0
    damage(kind)
    words = ["run", "spirals", "--mode", "sgd", "--network", "{graph: net.json}", "--steps", "1"]
    capsys.readouterr()
    assert main(words) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "network.graph" in error
    assert len(error.strip().splitlines()) == 1
