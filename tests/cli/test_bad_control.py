# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bad input of mode neat and of control tasks, on the command line: one sentence each."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli.main import main
from vynapse.networks.state import NetworkState

SPACES = """
import gymnasium
from gymnasium import spaces


class Words(gymnasium.Env):
    observation_space = spaces.Dict({"a": spaces.Discrete(2)})
    action_space = spaces.Discrete(2)


class Switches(gymnasium.Env):
    observation_space = spaces.Discrete(2)
    action_space = spaces.MultiBinary(3)
"""
CYCLE: dict[str, Any] = {
    "inputs": 2,
    "outputs": 1,
    "nodes": [{"id": number, "activation": "tanh"} for number in (3, 4, 5)],
    "connections": [
        {"innovation": number, "source": source, "target": target, "enabled": True}
        for number, (source, target) in enumerate([(0, 4), (4, 5), (5, 4), (5, 3)])
    ],
}


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence about a mistake."""
    capsys.readouterr()
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("vynapse: ")
    assert said.err.count("\n") == 1, said.err
    return said.err


def neat(task: str, path: Path, *keys: str) -> list[str]:
    words = [word for key in keys for word in ("--set", key)]
    return ["run", task, "--mode", "neat", "--steps", "1", *words, "--out", str(path)]


def test_gymnasium_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    for mode in ("neat", "deap"):
        words = ["run", "gym:CartPole-v1", "--mode", mode, "--out", str(tmp_path / "run")]
        said = refused(words, capsys)
        assert "needs the package 'gymnasium'" in said
        assert "pip install 'vynapse[gym]'" in said


def test_an_environment_is_not_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gymnasium")
    for name in ("NoSuchThing-v1", "ale_py:ALE/Pong-v5", "no_such_module:Env", "CartPole-v99"):
        said = refused(neat(f"gym:{name}", tmp_path / "run"), capsys)
        assert "task.id" in said
        assert not (tmp_path / "run").exists()


def test_spaces_of_other_kinds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gymnasium")
    (tmp_path / "vynapse_spaces.py").write_text(SPACES)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, kind in (("Words", "Dict"), ("Switches", "MultiBinary")):
        said = refused(neat(f"gym:vynapse_spaces:{name}", tmp_path / "run"), capsys)
        assert f"of kind {kind}" in said


def test_a_genome_of_another_task(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["population=4", "episodes=1", "task.validation_episodes=1", "task.test_episodes=1"]
    assert main(neat("cartpole", tmp_path / "cart", *few)) == 0
    for held in (tmp_path / "cart", tmp_path / "cart" / "best.safetensors"):
        said = refused(neat("xor", tmp_path / "run", f"weights={held}"), capsys)
        assert "task 'xor' has 2 inputs and 1 outputs, the genome has 4 and 1" in said
    recurrent = [*few, "recurrent=true", "normalize_observations=true"]
    assert main(neat("cartpole", tmp_path / "loops", *recurrent)) == 0
    said = refused(neat("acrobot", tmp_path / "run", f"weights={tmp_path / 'loops'}"), capsys)
    assert "acrobot" in said
    said = refused(neat("cartpole", tmp_path / "run", f"weights={tmp_path / 'loops'}"), capsys)
    assert "set recurrent to true" in said


def test_a_cycle_in_a_feed_forward_genome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = {"task": "xor", "mode": "neat", "network": {"neat": CYCLE}, "budget": {"steps": 1}}
    recipe = tmp_path / "cycle.yaml"
    recipe.write_text(json.dumps(content))
    said = refused(["run", "--recipe", str(recipe), "--out", str(tmp_path / "run")], capsys)
    assert "cycle" in said
    assert main(neat("xor", tmp_path / "good", "population=4")) == 0
    file = tmp_path / "file.safetensors"
    state = NetworkState.read(tmp_path / "good" / "best.safetensors")
    structure = type(state.structure).model_validate(CYCLE)
    four = {name: tensor[:1].repeat(4) for name, tensor in state.tensors.items()}
    file.write_bytes(NetworkState(structure, four).to_bytes())
    for words in (
        neat("xor", tmp_path / "run", f"weights={file}"),
        ["graph", str(file), "--task", "xor"],
        ["export", str(file), "--task", "xor", "--format", "onnx", "--out", str(tmp_path / "x")],
    ):
        assert "cycle" in refused(words, capsys)


def test_runs_on_examples_are_not_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(neat("xor", tmp_path / "xor", "population=4")) == 0
    assert "vynapse evaluate or vynapse predict" in refused(["play", str(tmp_path / "xor")], capsys)
    few = ["population=4", "episodes=1", "task.validation_episodes=1", "task.test_episodes=1"]
    assert main(neat("cartpole", tmp_path / "cart", *few)) == 0
    (tmp_path / "rows.csv").write_text("a,b,c,d\n1,2,3,4\n")
    for words in (["evaluate"], ["predict"]):
        said = refused([*words, str(tmp_path / "cart"), str(tmp_path / "rows.csv")], capsys)
        assert "vynapse play" in said
    said = refused(["why", str(tmp_path / "xor"), "99999"], capsys)
    assert "the id of a champion" in said
    said = refused(["why", str(tmp_path / "xor"), "first"], capsys)
    assert "the id of a champion" in said
