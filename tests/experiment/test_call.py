# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run as a call: the same recipe as on the command line; arrays, modules, losses, resume."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import vynapse
from vynapse.cli.main import main
from vynapse.core import Loss, Split
from vynapse.errors import ConfigError, DataError, RunDirectoryError, VynapseError
from vynapse.tasks.arrays import ArrayTask, Splits

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(80, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")
QUICK: dict[str, Any] = {"mode": "sgd", "budget": {"epochs": 2}}


class Net(nn.Module):
    """Its argument cannot be read back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layers(x)
        return result


def importable(output: Tensor, target: Tensor) -> Tensor:
    return nn.functional.cross_entropy(output, target, label_smoothing=0.1)


class Absolute(Loss):
    name, unit = "absolute", "units"

    def tensor(self, output: Tensor, target: Tensor) -> Tensor:
        return (output - target).abs().mean((-1, -2))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_call_is_the_run_of_the_command_line() -> None:
    one = vynapse.run("xor", mode="deap", seed=3, budget={"steps": 5}, strategy="snes", out="one")
    words = "run xor --mode deap --seed 3 --set strategy=snes --budget steps=5 --out two"
    assert main(words.split()) == 0
    two = vynapse.load("two")
    assert one.summary["network_sha256"] == two.summary["network_sha256"]
    assert one.recipe == two.recipe
    assert one.metrics["step"].tolist() == [1, 2, 3, 4, 5]


def test_recipes_files_and_tasks_by_mapping() -> None:
    recipe = vynapse.load_recipe({"name": "parity"}["name"], "deap", budget={"steps": 2})
    assert vynapse.run(recipe, seed=4).summary["seed"] == 4
    Path("r.yaml").write_text("task: xor\nmode: deap\nbudget: {steps: 2}\n")
    assert vynapse.run(recipe="r.yaml").summary["steps"] == 2
    bits: dict[str, Any] = {"task.bits": 2, "budget": {"steps": 2}}
    assert vynapse.run("parity", mode="deap", **bits).recipe["task"]["bits"] == 2
    by_mapping = vynapse.run({"name": "parity", "bits": 2}, mode="deap", budget={"steps": 2})
    assert by_mapping.recipe["task"]["bits"] == 2


def test_arrays_are_kept_in_the_run_and_move_with_it() -> None:
    run = vynapse.run((X, Y), seed=1, out="runs/a", **QUICK)
    assert run.recipe["task"]["file"] == str(Path("runs/a/data.safetensors").absolute())
    assert json.loads(Path("runs/a/run.json").read_text())["origin"] == "recipe"
    found = run.predict(X[:5])
    assert found.classes == ("no", "yes")
    assert found.probabilities is not None
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    again = vynapse.run(recipe="runs/a/recipe.yaml", out="again")
    assert again.summary["network_sha256"] == run.summary["network_sha256"]
    shutil.move("runs", "elsewhere")
    moved = vynapse.load("elsewhere/a")
    assert np.array_equal(moved.predict(X).values, run.predict(X).values)
    assert main(["evaluate", "elsewhere/a", "validation"]) == 0


def test_an_interrupted_run_on_arrays_is_resumed_by_the_command_line_where_it_lies_now() -> None:
    whole = vynapse.run((X, Y), out="whole", **QUICK)

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vynapse.run((X, Y), out="runs/cut", observers=[stop], **QUICK)
    shutil.move("runs/cut", "moved")
    assert main(["resume", "moved"]) == 0
    assert vynapse.load("moved").summary["network_sha256"] == whole.summary["network_sha256"]
    assert len(vynapse.load("moved").metrics["step"]) == len(whole.metrics["step"])


def test_regression_fractions_and_chosen_splits() -> None:
    targets = X[:, 0] * 50 + 1000
    run = vynapse.run((X, targets), validation=0.25, test=0.25, mode="sgd", budget={"epochs": 60})
    assert run.summary["test"]["r2"] > 0.9
    assert np.abs(run.predict(X).values - targets).mean() < 20
    chosen = vynapse.run((X, Y), validation=(X[:9], Y[:9]), **QUICK)
    assert chosen.recipe["task"]["validation"] == 0.2  # not used: the examples were chosen
    assert sum(r["support"] for r in measured(chosen).values()) == 9


def measured(run: Any) -> Any:
    from vynapse.experiment.prediction import measure

    return measure(run, "validation")["per_class"]


class Doubled(Dataset[tuple[Tensor, int]]):
    def __len__(self) -> int:
        return 30

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return torch.full((3,), float(row)), row % 2


def test_datasets_and_loaders_are_read_in_their_own_order() -> None:
    plain = vynapse.run((np.repeat(np.arange(30.0), 3).reshape(30, 3), np.arange(30) % 2), **QUICK)
    shuffled = DataLoader(Doubled(), batch_size=7, shuffle=True)
    before = torch.get_rng_state()
    for data in (Doubled(), shuffled):
        run = vynapse.run(data, **QUICK)
        assert run.summary["network_sha256"] == plain.summary["network_sha256"]
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(DataError, match="examples .input, target. of one shape"):
        vynapse.run(TensorDataset(torch.zeros(4, 2)), **QUICK)


def test_a_module_of_importable_parts_is_named_by_them_and_its_weights_begin_the_run() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    run = vynapse.run((X, Y), network=module, out="m", **QUICK)
    record = json.loads(Path("m/run.json").read_text())
    assert record["origin"] == "recipe"
    start = vynapse.NetworkState.read(Path("m/start.safetensors"))
    for name, tensor in module.state_dict().items():
        assert np.array_equal(start.tensors[name], tensor.numpy())
    again = vynapse.run(recipe="m/recipe.yaml", out="again")
    assert again.summary["network_sha256"] == run.summary["network_sha256"]


def test_a_module_that_cannot_be_imported_is_of_python(capsys) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    options = {**QUICK, "network": Net(5)}
    whole = vynapse.run((X, Y), out="whole", **options)
    with pytest.raises(KeyboardInterrupt):
        vynapse.run((X, Y), out="cut", observers=[stop], **options)
    assert json.loads(Path("cut/run.json").read_text())["origin"] == "python"
    resumed = vynapse.run((X, Y), resume="cut", **options)
    assert resumed.summary["network_sha256"] == whole.summary["network_sha256"]
    with pytest.raises(RunDirectoryError, match="cut holds a run of another recipe"):
        vynapse.run((X, Y), resume="cut", **{**options, "seed": 2})
    with pytest.raises(ConfigError, match="leave out away"):
        vynapse.run((X, Y), resume="cut", out="x", **options)


@pytest.mark.parametrize("evaluator", [{"kind": "processes", "workers": 1}])
def test_workers_and_other_processes_refuse_in_one_sentence(evaluator, tmp_path) -> None:
    options: dict[str, Any] = {"mode": "deap", "network": Net(2), "budget": {"steps": 2}}
    with pytest.raises(
        VynapseError, match=r"stages\.0\.evaluator: worker processes cannot import python:Net\."
    ):
        vynapse.run((X, Y), evaluator=evaluator, out="w", **options)
    with pytest.raises(ConfigError, match="sgd: an object of this call cannot be imported"):
        vynapse.compare((X, Y), ["sgd"], network=Net(2))


def test_a_loss_of_ones_own() -> None:
    smoothed = vynapse.run((X, Y), loss=importable, **QUICK)
    assert smoothed.recipe["loss"]["function"] == f"{__name__}:importable"
    assert smoothed.predict(X[:2]).probabilities is None
    here = vynapse.run((X, Y), loss=lambda o, t: 1 * importable(o, t), out="here", **QUICK)
    assert here.summary["network_sha256"] == smoothed.summary["network_sha256"]
    assert json.loads(Path("here/run.json").read_text())["origin"] == "python"
    for loss in (Absolute, Absolute()):
        run = vynapse.run((X, X[:, :1]), loss=loss, **QUICK)
        assert run.recipe["loss"]["kind"] == f"{__name__}:Absolute"
    weighted = {"kind": "cross_entropy", "class_weights": [1.0, 9.0]}
    assert vynapse.run((X, Y), loss=weighted, **QUICK).predict(X[:2]).probabilities is not None


def test_a_task_that_was_made() -> None:
    def tasks(name: str) -> ArrayTask:
        inputs = X.astype(np.float32)
        parts = Splits(Split(inputs, (Y == "yes").astype(np.int64)))
        return ArrayTask(name, parts, input_shape=(3,), output_size=2, loss="cross_entropy")

    run = vynapse.run(tasks("mine"), out="t", **QUICK)
    assert json.loads(Path("t/run.json").read_text())["origin"] == "python"
    assert len(run.predict(X)) == 80
    named = vynapse.run(vynapse.make_task("xor", {}), mode="deap", budget={"steps": 2})
    assert named.recipe["task"] == {"name": "xor"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"task": (X, Y[:-1])}, "a target for each of 80 rows was wanted, got 79"),
        ({"task": (X[:, 0], Y)}, "X.reshape"),
        ({"task": (X * np.nan, Y)}, "X: finite numbers"),
        ({"task": (X, np.full(80, "a"))}, "two or more classes"),
        ({"task": (X, Y), "kind": "regression"}, "numbers were wanted for a regression"),
        ({"task": (X, Y), "validation": 1.5}, "task.validation: less than 1 was wanted"),
        ({"task": (X, Y), "learning_rat": 1}, "did you mean 'learning_rate'"),
        ({"task": (X, Y), "network": 3}, "network: a mapping like"),
        ({"task": (X, Y), "loss": 3}, "loss: a name, a vynapse.Loss or a function"),
        ({"task": (X, Y), "network": nn.Linear(7, 2)}, "network"),
        ({"task": 3.5}, "a pair .X, y., a Dataset"),
        ({"task": "xor", "mode": "deep"}, "did you mean 'deap'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(arguments, sentence) -> None:
    with pytest.raises(VynapseError, match=sentence):
        vynapse.run(**{**QUICK, **arguments})
    assert not Path("runs").exists()
