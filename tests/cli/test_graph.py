# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse graph` and `vynapse export`: what they print and write, and what they refuse."""

from __future__ import annotations

import importlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from vynapse.cli.main import main
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import load

NET = """
inputs: {x: {shape: [batch, 2]}}
parameters: {w: {shape: [8, 2]}, b: {shape: [8]}, last: {shape: [2, 8]}}
nodes:
  - {name: sum, op: linear, inputs: [x, w, b]}
  - {name: hidden, op: tanh, inputs: [sum]}
  - {name: y, op: linear, inputs: [hidden, last]}
outputs: [y]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "graph_models.py").write_text(
        "import torch\nfrom torch import nn\n"
        "def small():\n    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten())\n"
        "def words():\n    return nn.Sequential(nn.Embedding(5, 3), nn.Flatten())\n"
        "class Branching(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x if x.sum() > 0 else -x\n"
        "def number():\n    return 3\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run_of(mode: str, *, out: str, **keys: Any) -> Path:
    overrides = ["network={graph: net.yaml}", "budget={steps: 4, target: null}"]
    overrides += [f"{key}={value}" for key, value in keys.items()]
    Session.create(load_recipe("spirals", mode, overrides=overrides), Path(out)).run()
    return Path(out)


def test_a_graph_is_shown_drawn_measured_and_compared(place: Path, capsys) -> None:
    assert main(["graph", "net.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "hidden  tanh" in shown
    assert "7 nodes, 40 parameters; outputs: y" in shown
    drawn = {"dot": "digraph", "mermaid": "flowchart", "svg": "<svg", "json": "{"}
    for name, first in drawn.items():
        assert main(["graph", "net.yaml", "--format", name]) == 0
        assert capsys.readouterr().out.startswith(first)
    assert main(["graph", "net.yaml", "--cost"]) == 0
    assert re.search(r"40 parameters; \d+ FLOPs at a batch of 2", capsys.readouterr().out)
    assert main(["graph", "net.yaml", "--schedule"]) == 0
    assert "forward" in capsys.readouterr().out
    assert main(["graph", "diff", "net.yaml", "net.yaml"]) == 0
    assert "no difference" in capsys.readouterr().out
    (place / "other.yaml").write_text(NET.replace("tanh", "relu"))
    assert main(["graph", "diff", "net.yaml", "other.yaml"]) == 0
    out = capsys.readouterr().out
    assert "removed hidden: aten.tanh" in out
    assert "added hidden: aten.relu" in out


@pytest.mark.parametrize("mode", ["sgd", "static", "deap", "grow"])
def test_a_network_given_as_a_graph_runs_resumes_and_exports(place: Path, mode, capsys) -> None:
    keys = {"controller.kind": "fixed", "epoch_steps": 2} if mode == "grow" else {}
    run = run_of(mode, out=mode, **keys)
    (place / "net.yaml").unlink()  # the recipe holds it
    Session.open(run).run()
    recipe = load_recipe(file=run / "recipe.yaml")
    assert recipe.network["graph"]["outputs"] == ["y"]
    assert main(["export", str(run), "--format", "onnx", "--out", "net.onnx"]) == 0
    assert "the same outputs as eager" in capsys.readouterr().out
    opened = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    (got,) = opened.run(["output"], {opened.get_inputs()[0].name: x})
    with torch.no_grad():
        wanted = load(run).module()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    assert opened.get_modelmeta().custom_metadata_map["task"] == "spirals"


def test_the_schedule_of_a_run_is_its_training_step(place: Path, capsys) -> None:
    run = run_of("static", out="static")
    assert main(["graph", str(run), "--schedule"]) == 0
    passes = {line.split()[0] for line in capsys.readouterr().out.splitlines()[1:-1]}
    assert passes == {"forward", "backward", "update"}
    run = run_of("deap", out="deap")
    assert main(["graph", str(run), "--schedule"]) == 2
    assert "the steps of mode 'deap' are no graph" in capsys.readouterr().err


def test_a_run_on_a_csv_file_carries_its_preprocessing(place: Path) -> None:
    rows = [f"{i % 7},{'ab'[i % 2]},{'yes' if i % 7 > 3 else 'no'}" for i in range(60)]
    (place / "data.csv").write_text("size,kind,answer\n" + "\n".join(rows) + "\n")
    keys = ["task.path=data.csv", "task.target=answer", "budget={steps: 3}"]
    Session.create(load_recipe("csv", "sgd", overrides=keys), place / "run").run()
    (place / "data.csv").unlink()
    assert main(["export", "run", "--format", "onnx", "--out", "net.onnx"]) == 0
    opened = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
    carried = opened.get_modelmeta().custom_metadata_map
    assert json.loads(carried["classes"]) == ["no", "yes"]
    assert json.loads(carried["preprocessing"]) == load(place / "run").preprocessing


def test_a_module_of_the_users_is_traced_with_weights_of_a_file(place: Path, capsys) -> None:
    graph_models = importlib.import_module("graph_models")

    module = graph_models.small()
    torch.save(module.state_dict(), "net.pt")
    words = ["graph_models:small", "--weights", "net.pt", "--input", "1,5,5"]
    assert main(["export", *words, "--format", "pt2", "--out", "net.pt2"]) == 0
    x = torch.linspace(-1, 1, 75).reshape(3, 1, 5, 5)
    again = torch.export.load(io.BytesIO(Path("net.pt2").read_bytes())).module()
    torch.testing.assert_close(again(x)[0], module(x).detach())
    assert main(["export", *words, "--format", "json", "--out", "net.json"]) == 0
    capsys.readouterr()
    assert main(["graph", "diff", "net.json", "graph_models:small", *words[1:]]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["graph", "graph_models:words", "--input", "4:int64"]) == 0
    assert "int64[batch, 4]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("graph nothing", "a run directory, a file"),
        ("graph gone.yaml", "gone.yaml does not exist"),
        ("graph graph_models:small", "--input: the shape of one input"),
        ("graph graph_models:small --input 3,x", "sizes of one input without the batch"),
        ("graph graph_models:small --input 2,9,9", "it fails while it is traced"),
        ("graph graph_models:number --input 3", "must give a torch.nn.Module, it gave int"),
        ("graph graph_models:Branching --input 3", "line 9"),
        ("graph net.yaml --weights net.pt", "--weights: weights are there already"),
        ("graph net.yaml --format onnx", "--format: json, dot, mermaid or svg was wanted"),
        ("graph net.yaml other", "unexpected word 'other'"),
        ("graph diff net.yaml", "two graphs were wanted, got 1"),
        ("export net.yaml --format onx", "did you mean 'onnx'"),
        ("export graph_models:small --format json --task xr", "xor"),
        ("run digits --mode sgd --network {graph:\\ net.yaml} --steps 1", "wants the input 'x'"),
        ("run xor --mode sgd --network {graph:\\ no.yaml} --steps 1", "no.yaml cannot be read"),
        (
            "run spirals --mode prune --network {graph:\\ net.yaml} --steps 1",
            "nothing can be pruned",
        ),
    ],
)
def test_mistakes_are_sentences(place: Path, words: str, sentence: str, capsys) -> None:
    split = [word.replace("\0", " ") for word in words.replace("\\ ", "\0").split(" ")]
    assert main(split) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error
