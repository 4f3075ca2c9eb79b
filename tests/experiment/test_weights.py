# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run that begins with weights: where they may come from, that they fit, and that it resumes."""

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from vynapse.errors import ConfigError, Interrupted, RunDirectoryError
from vynapse.experiment.config import load_recipe, resolve
from vynapse.experiment.plan import prepare
from vynapse.experiment.recipe import Recipe
from vynapse.experiment.session import Session, StageReport
from vynapse.experiment.store import load
from vynapse.networks.cnn import CNN
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.networks.structure import Structure, from_json, parse_network
from vynapse.seeding import Streams

WIDE = MLP(sizes=(2, 5, 1), output="sigmoid")
FACTORY = Factory(factory="vynapse_weights_network:build", options={"width": 4})
STEPS = ["budget={steps: 20, target: null}"]
KEYS = {"sgd": [], "deap": ["strategy.mu=4", "strategy.offspring=8", "generations_per_call=1"]}


@pytest.fixture(autouse=True)
def _test_network(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "vynapse_weights_network.py").write_text(
        "from torch import nn\n"
        "def build(width):\n"
        "    return nn.Sequential(nn.Linear(2, width), nn.BatchNorm1d(width), nn.Tanh(),\n"
        "                         nn.Linear(width, 1), nn.Sigmoid())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def recipe(path: Path, *overrides: str, mode: str = "sgd") -> Recipe:
    keys = [f"weights={json.dumps(str(path))}", *STEPS, *KEYS[mode], *overrides]
    return load_recipe("xor", mode, overrides=keys)


def saved(folder: Path, structure: Structure = WIDE, seed: int = 3) -> tuple[Path, NetworkState]:
    network = initial_state(structure, Streams(seed))
    path = folder / "network.safetensors"
    path.write_bytes(network.to_bytes())
    return path, network


def problem(path: Path, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        prepare(recipe(path, *overrides))
    (sentence,) = caught.value.problems
    return sentence


@pytest.mark.parametrize("structure", [WIDE, FACTORY])
def test_a_network_file_brings_its_structure(structure: Structure, tmp_path: Path) -> None:
    path, network = saved(tmp_path, structure)
    plan = prepare(recipe(path))
    assert plan.structure == structure
    assert plan.network().sha256() == network.sha256()
    named = recipe(path, f"network={json.dumps(structure.as_key())}")
    assert prepare(named).network().sha256() == network.sha256()


@pytest.mark.parametrize("kind", ["pt", "pth", "safetensors"])
@pytest.mark.parametrize("structure", [WIDE, FACTORY])
def test_weights_alone_belong_to_the_network_that_is_named(
    structure: Structure, kind: str, tmp_path: Path
) -> None:
    network = initial_state(structure, Streams(3))
    path = tmp_path / f"weights.{kind}"
    if kind == "safetensors":
        save_file(dict(reversed(network.tensors.items())), path, {"format": "pt"})
    else:
        torch.save(network.module().state_dict(), path)
    key = f"network={json.dumps(structure.as_key())}"
    assert prepare(recipe(path, key)).network().sha256() == network.sha256()
    with pytest.raises(ConfigError, match="holds no structure: name the network it belongs to"):
        recipe(path)


def test_a_run_brings_its_best_network(tmp_path: Path) -> None:
    first = Session.create(load_recipe("xor", "deap", overrides=STEPS), tmp_path / "first").run()
    plan = prepare(recipe(tmp_path / "first"))
    assert plan.network().sha256() == first["network_sha256"]
    Session.create(load_recipe("xor", "sgd", overrides=STEPS), tmp_path / "empty")
    with pytest.raises(ConfigError, match="weights: .*empty has saved no network yet"):
        recipe(tmp_path / "empty")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="weights: .*folder is not a run directory"):
        recipe(tmp_path / "folder")


def test_narrow_numbers_become_those_of_the_network(tmp_path: Path) -> None:
    network = initial_state(FACTORY, Streams(3))
    narrow = {n: t.bfloat16() if t.is_floating_point() else t
              for n, t in network.module().state_dict().items()}  # fmt: skip
    torch.save(narrow, tmp_path / "narrow.pt")
    key = f"network={json.dumps(FACTORY.as_key())}"
    read = prepare(recipe(tmp_path / "narrow.pt", key)).network()
    assert {n: t.dtype for n, t in read.tensors.items()} == {
        n: t.dtype for n, t in network.tensors.items()
    }
    assert np.allclose(read.tensors["0.weight"], network.tensors["0.weight"], rtol=1e-2)


@pytest.mark.parametrize("mode", KEYS)
def test_a_mode_goes_on_with_the_network(mode: str, tmp_path: Path) -> None:
    """What a mode reaches from a trained network is no worse than that network."""
    trained = Session.create(
        load_recipe("xor", "sgd", overrides=["budget={steps: 600, target: null}"]),
        tmp_path / "trained",
    ).run()
    summary = Session.create(recipe(tmp_path / "trained", mode=mode), tmp_path / mode).run()
    fresh = Session.create(
        load_recipe("xor", mode, overrides=[*STEPS, *KEYS[mode]]), tmp_path / "fresh"
    ).run()
    assert summary["loss"] <= trained["loss"] < fresh["loss"]


def test_the_first_stage_is_not_fresh_and_has_the_presets_of_a_later_one(tmp_path: Path) -> None:
    path, _ = saved(tmp_path)
    plan = prepare(recipe(path))
    assert plan.recipe.stages[0].as_file()["restart_patience"] is None
    with pytest.raises(ConfigError, match="restart_patience: a stage that goes on with"):
        prepare(recipe(path, "restart_patience=5")).check()


@pytest.mark.parametrize("mode", KEYS)
def test_a_run_keeps_a_copy_and_resumes_from_it(mode: str, tmp_path: Path) -> None:
    path, network = saved(tmp_path)
    whole = Session.create(recipe(path, mode=mode), tmp_path / "whole").run()
    cut = tmp_path / "cut"
    Session.create(recipe(path, mode=mode), cut)
    path.unlink()
    copy = NetworkState.read(cut / "start.safetensors")
    assert copy.sha256() == network.sha256()
    record = json.loads((cut / "run.json").read_text())
    assert record["weights_sha256"] == network.sha256()
    assert record["recipe"]["weights"] == str(path)

    def stop(report: StageReport) -> None:
        if report.report.step == 5:
            os.kill(os.getpid(), signal.SIGINT)

    if mode == "deap":  # the kernel of sgd makes all steps at once
        with pytest.raises(Interrupted):
            Session.open(cut).run([stop])
    assert Session.open(cut).run()["network_sha256"] == whole["network_sha256"]
    assert load(cut).network.structure == WIDE


def test_a_run_does_not_resume_from_another_copy(tmp_path: Path) -> None:
    path, _ = saved(tmp_path)
    run = tmp_path / "run"
    Session.create(recipe(path), run)
    copy = run / "start.safetensors"
    kept = copy.read_bytes()
    copy.write_bytes(initial_state(WIDE, Streams(4)).to_bytes())
    with pytest.raises(RunDirectoryError, match=r"start\.safetensors is not the network the run"):
        Session.open(run)
    copy.write_bytes(kept[:-4])
    with pytest.raises(RunDirectoryError, match=r"start\.safetensors is damaged.*from a copy"):
        Session.open(run)
    copy.unlink()
    with pytest.raises(RunDirectoryError, match=r"start\.safetensors does not exist: restore it"):
        Session.open(run)
    copy.write_bytes(kept)
    assert Session.open(run).run()["steps"] == 20


def test_a_run_without_weights_has_no_copy(tmp_path: Path) -> None:
    Session.create(load_recipe("xor", "sgd", overrides=STEPS), tmp_path / "run")
    assert not (tmp_path / "run" / "start.safetensors").exists()
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert "weights_sha256" not in record


def test_the_recipe_of_a_run_starts_it_again(tmp_path: Path, monkeypatch) -> None:
    """From another folder too: the path is absolute in the recipe."""
    saved(tmp_path)
    monkeypatch.chdir(tmp_path)
    first = Session.create(recipe(Path("network.safetensors")), tmp_path / "first").run()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = load_recipe(file=tmp_path / "first" / "recipe.yaml")
    assert again == resolve(json.loads((tmp_path / "first" / "run.json").read_text())["recipe"])
    summary = Session.create(again, tmp_path / "again").run()
    assert summary["network_sha256"] == first["network_sha256"]


def test_another_network_than_the_recipe_names_is_refused(tmp_path: Path) -> None:
    path, _ = saved(tmp_path)
    said = problem(path, "network.mlp=[2, 4, 1]")
    assert "network.safetensors holds the network {" in said
    assert said.endswith(": leave out network")
    assert '"sizes":[2,5,1]' in said
    assert '"sizes":[2,4,1]' in said
    long, _ = saved(tmp_path, MLP(sizes=(2, *[3] * 80, 1)))
    assert len(problem(long, "network.mlp=[2, 4, 1]")) < 400 + len(str(tmp_path))


def test_a_network_for_another_task_is_refused(tmp_path: Path) -> None:
    path, _ = saved(tmp_path, MLP(sizes=(3, 4, 1)))
    with pytest.raises(ConfigError, match="task 'xor' has 2 inputs and 1 outputs, the network has"):
        recipe(path)


@pytest.mark.parametrize(
    ("tensors", "says"),
    [
        ({"0.bias": None}, r"does not fit the network: missing '0\.bias', not wanted none"),
        ({"0.scale": np.ones(5)}, r"missing none, not wanted '0\.scale'"),
        (
            {f"module.{i}": np.ones(1) for i in range(5)},
            r"not wanted 'module\.0', 'module\.1', 'module\.2' and 2 more",
        ),
        ({"0.bias": np.ones(4)}, r"'0\.bias' of shape \(5,\) was wanted, got \(4,\)"),
        ({"2.bias": np.array([np.nan])}, r"'2\.bias' holds values that are not finite"),
    ],
)
@pytest.mark.parametrize("held", [True, False])
def test_weights_that_do_not_fit_are_refused(tensors, says, held: bool, tmp_path: Path) -> None:
    network = initial_state(WIDE, Streams(0))
    changed = {n: t for n, t in (network.tensors | tensors).items() if t is not None}
    path = tmp_path / "changed.safetensors"
    if held:
        path.write_bytes(NetworkState(WIDE, changed).to_bytes())
    else:
        save_file(changed, path)
    with pytest.raises(ConfigError, match=rf"^weights: {path}:? .*{says}") as caught:
        prepare(recipe(path, "network.mlp=[2, 5, 1]"))
    assert len(caught.value.problems) == 1


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    named = "network.mlp=[2, 5, 1]"
    assert "does not exist" in problem(tmp_path / "no.pt", named)
    shutil.copy(__file__, tmp_path / "code.py")
    assert "ends in .safetensors, .pt, .pth or .json" in problem(tmp_path / "code.py", named)
    for name in ("a.pt", "a.safetensors"):
        for content in (b"", b"no network", bytes(200)):
            (tmp_path / name).write_bytes(content)
            said = problem(tmp_path / name, named)
            assert said.startswith(f"weights: {tmp_path / name} cannot be read: ")
            assert "\n" not in said
            assert "weights_only" not in said, "torch's advice is to execute the file"
            assert content or said.endswith("it is empty")


def test_a_file_is_never_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "sprung"),))

    torch.save({"0.weight": Trap()}, tmp_path / "trap.pt")
    assert "cannot be read" in problem(tmp_path / "trap.pt", "network.mlp=[2, 5, 1]")
    torch.save(torch.nn.Linear(2, 1), tmp_path / "module.pt")
    said = problem(tmp_path / "module.pt", "network.mlp=[2, 5, 1]")
    assert said.endswith(
        "cannot be read: it holds more than tensors: save module.state_dict() alone"
    )
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"epoch": 3, "model": {}}, "got int under 'epoch': save module.state_dict() alone"),
        ([1, 2], "got list: save module.state_dict() alone"),
        ({3: torch.ones(1)}, "got Tensor under 3: save"),
    ],
)
def test_a_torch_file_of_something_else_is_refused(content, says: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "other.pt")
    assert says in problem(tmp_path / "other.pt", "network.mlp=[2, 5, 1]")


@pytest.mark.parametrize("text", ["weights=3", "weights=[a.pt]"])
def test_weights_are_a_path(text: str) -> None:
    with pytest.raises(ConfigError, match="command line: weights: a valid string was wanted"):
        load_recipe("xor", "sgd", overrides=[text])


@pytest.mark.parametrize(
    "structure",
    [WIDE, FACTORY, MLP(sizes=(1, 1)), CNN(channels=(3,), input_shape=(3, 8, 8), outputs=2), CNN()],
)
def test_a_structure_becomes_the_key_that_makes_it(structure: Structure) -> None:
    assert parse_network(structure.as_key()) == structure
    assert from_json(json.loads(json.dumps(structure.model_dump(mode="json")))) == structure
