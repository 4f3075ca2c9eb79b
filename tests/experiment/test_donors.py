# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs that are named as blueprints: `controller: {blueprints: [run:PATH]}`."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import forked
from vynapse.cli.main import main
from vynapse.errors import ConfigError, Interrupted, RunDirectoryError
from vynapse.experiment.config import load_recipe, resolve
from vynapse.experiment.plan import prepare
from vynapse.experiment.session import Session, StageReport
from vynapse.experiment.store import load
from vynapse.networks.mlp import MLP
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import Streams

FIXED: dict[str, Any] = {"kind": "fixed", "begin": 1, "every": 50}
GROW: dict[str, Any] = {
    "network": {"mlp": {"sizes": [2, 8, 6, 2], "hidden": "relu"}},
    "training": {"learning_rate": 0.01, "batch_size": 32},
    "epoch_steps": 3,
    "probe_examples": 20,
    "log_every": 1,
    "budget": {"steps": 7},
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evolve(out: str = "runs/evolved", mode: str = "neat", **keys: Any) -> Path:
    budget = {"budget": {"steps": 3, "target": None}}
    own = {"population": 12} if mode == "neat" else {"network": {"mlp": [2, 5, 2]}}
    recipe = load_recipe("spirals", mode, **{**budget, **own, **keys})
    Session.create(recipe, Path(out)).run()
    return Path(out)


def grafted(*blueprints: str, **keys: Any) -> dict[str, Any]:
    controller = {**FIXED, "blueprints": list(blueprints or ["run:runs/evolved"])}
    return {**GROW, "controller": controller, **keys}


def run(out: str, *blueprints: str, **keys: Any) -> Path:
    recipe = load_recipe("spirals", "grow", **grafted(*blueprints, **keys))
    Session.create(recipe, Path(out)).run()
    return Path(out)


def happened(path: Path) -> list[tuple[str, str]]:
    lines = (path / "events.jsonl").read_text().splitlines()
    events = [e for e in map(json.loads, lines) if e["kind"] == "growth.stage"]
    return [(e["data"]["blueprint"], e["data"]["to"]) for e in events]


@pytest.mark.parametrize("mode", ["neat", "sgd"])
def test_a_winner_germinates_and_becomes_a_part(mode: str, place: Path):
    winner = load(evolve(mode=mode)).network
    path = run("grown")
    name = f"run:evolved@{winner.sha256()[:12]}"
    stages = [to for blueprint, to in happened(path) if blueprint == name]
    assert stages.count("germinated") == stages.count("fossilized") == 2
    record = json.loads((path / "run.json").read_text())
    said = f"run:{place / 'runs' / 'evolved'}"
    assert record["recipe"]["stages"][0]["controller"]["blueprints"] == [said]
    assert record["blueprints"] == {said: {"sha256": winner.sha256(), "inputs": [2]}}
    copy = NetworkState.read(path / f"blueprint-{winner.sha256()}.safetensors")
    assert copy.sha256() == winner.sha256()


def test_the_newest_run_is_meant_by_last_and_others_may_stand_beside(place: Path):
    evolve("runs/old")
    newest = evolve("runs/new", seed=1)
    os.utime(newest / "run.json", (2**32, 2**32))
    recipe = load_recipe("spirals", "grow", **grafted("mlp", "last"))
    (stage,) = recipe.as_file()["stages"]
    assert stage["controller"]["blueprints"] == ["mlp", f"run:{place / 'runs' / 'new'}"]
    plan = prepare(recipe)
    assert list(plan.donors) == [f"run:{place / 'runs' / 'new'}"]


def test_the_result_is_the_same_wherever_the_other_run_lay(place: Path):
    evolve()
    first = run("one")
    shutil.copytree("runs/evolved", "elsewhere/evolved")
    second = run("two", "run:elsewhere/evolved")
    assert load(first).network.sha256() == load(second).network.sha256()


def test_a_seed_in_training_leaves_the_host_alone():
    evolve()
    late = {**FIXED, "training_epochs": 50, "blueprints": ["run:runs/evolved"]}
    alone = load(run("alone", controller="no-op")).network
    for isolation in ("shadow", "straight_through"):
        path = run(isolation, controller=late, isolation=isolation)
        assert ("training" in [to for _, to in happened(path)]) is True
        assert load(path).network.sha256() == alone.sha256()


def test_it_resumes_without_the_other_run(place: Path):
    evolve()
    whole = load(run("whole")).network.sha256()
    recipe = load_recipe("spirals", "grow", **grafted())
    Session.create(recipe, Path("cut"))
    shutil.rmtree("runs")
    for step in (1, 3, 5):
        with pytest.raises(Interrupted):
            Session.open(Path("cut")).run([stops_at(step)])
    Session.create_or_open(recipe, Path("cut")).run()
    assert load(Path("cut")).network.sha256() == whole
    Session.create_or_open(recipe, Path("cut")).run()
    shutil.move("cut", "moved")
    moved = load(Path("moved")).network
    assert moved.sha256() == whole
    assert moved.module() is not None


def stops_at(step: int) -> Callable[[StageReport], None]:
    def observer(report: StageReport) -> None:
        if report.report.step == step:
            os.kill(os.getpid(), 2)

    return observer


def test_it_is_killed_at_any_moment_and_ends_in_the_same_bytes(place: Path):
    evolve()
    keys = grafted(budget={"steps": 40}, checkpoint={"every_steps": 1})
    Path("recipe.json").write_text("")
    words = ["--set", f"controller={json.dumps(keys.pop('controller'))}"]
    budget = keys.pop("budget")
    words += [
        word
        for k, v in (keys | {"budget": budget}).items()
        for word in ("--set", f"{k}={json.dumps(v)}")
    ]
    command = ["run", "spirals", "--mode", "grow", *words]
    assert forked.vynapse([*command, "--out", "whole"], place).returncode == 0
    wanted = load(Path("whole")).network.sha256()
    child = forked.begin([*command, "--out", "cut"], place)
    kills = 0
    for least in (2, 9, 20):
        while not forked.ended(child) and newest(Path("cut")) < least:
            time.sleep(0.001)
        kills += not forked.ended(child)
        forked.kill(child)
        shutil.rmtree("runs", ignore_errors=True)
        child = forked.begin(["resume", "cut"], place)
    assert forked.end(child) == 0
    assert kills >= 2
    assert load(Path("cut")).network.sha256() == wanted


def newest(path: Path) -> int:
    names = [p.stem for p in (path / "checkpoints").glob("*.ckpt")]
    return max((int(name.split("-")[1]) for name in names), default=0)


def test_it_is_trained_pruned_and_exported(place: Path, capsys):
    evolve()
    stages = [
        {
            "mode": "grow",
            **{k: v for k, v in grafted().items() if k not in ("network", "log_every")},
        },
        {"mode": "sgd", "budget": {"steps": 20}},
        {"mode": "prune", "budget": {"steps": 6}, "epoch_steps": 3},
    ]
    Session.create(
        resolve({"task": "spirals", "network": GROW["network"], "stages": stages}), Path("all")
    ).run()
    shutil.rmtree("runs")
    assert main(["export", "all", "--format", "onnx", "--out", "net.onnx"]) == 0
    assert "the same outputs" in capsys.readouterr().out
    assert load(Path("all")).module() is not None


def damaged(path: Path) -> Path:
    (file,) = path.glob("blueprint-*.safetensors")
    return file


def test_a_copy_that_is_gone_or_another_is_refused(place: Path):
    evolve()
    path = Path("grown")
    Session.create(load_recipe("spirals", "grow", **grafted()), path)
    other = initial_state(MLP(sizes=(2, 3, 2)), Streams(0))
    other.save(damaged(path))
    with pytest.raises(RunDirectoryError, match="is not the network that the run began with"):
        Session.open(path)
    damaged(path).unlink()
    with pytest.raises(RunDirectoryError, match="does not exist: restore it from a copy"):
        Session.open(path)


@pytest.mark.parametrize(
    ("blueprint", "sentence"),
    [
        ("run:nowhere", "stages.0.controller.blueprints: 'run:nowhere': there is no run in"),
        ("run:", "stages.0.controller.blueprints: 'run:': there is no run in"),
        ("last", "stages.0.controller.blueprints: 'last' is the newest run in 'runs', and there"),
        ("run:/nowhere", "stages.0.controller.blueprints: 'run:/nowhere': /nowhere is not a run"),
    ],
)
def test_what_is_no_run_is_refused_in_a_sentence(blueprint: str, sentence: str):
    with pytest.raises(ConfigError) as raised:
        prepare(load_recipe("spirals", "grow", **grafted(blueprint)))
    (problem,) = raised.value.problems
    assert problem.removeprefix("command line: ").startswith(sentence)


def test_a_run_without_a_network_is_refused(place: Path):
    recipe = load_recipe("spirals", "sgd", network={"mlp": [2, 3, 2]}, budget={"steps": 3})
    Session.create(recipe, Path("runs/evolved"))
    with pytest.raises(ConfigError, match=r"blueprints: .*has saved no network yet: go on with"):
        prepare(load_recipe("spirals", "grow", **grafted()))


def test_a_network_that_fits_no_slot_is_refused(place: Path):
    recipe = load_recipe("digits", "sgd", network={"cnn": [3]}, budget={"steps": 3, "target": None})
    Session.create(recipe, Path("runs/evolved")).run()
    keys = grafted(network={"cnn": [4, 4]}, slots=["6"])
    with pytest.raises(ConfigError) as raised:
        prepare(load_recipe("digits", "grow", **keys)).check()
    (problem,) = raised.value.problems
    assert "no slot of this network offers 'run:evolved@" in problem
    assert "pictures (c, h, w) of 8x8 positions: name some of" in problem
