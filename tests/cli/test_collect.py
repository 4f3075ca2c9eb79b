# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse collect`: a file of episodes that a run learns from as if it had played them."""

import json
from pathlib import Path

import pytest

from vynapse.cli import main
from vynapse.rl.log import Log

FEW = ["--set", "task.validation_episodes=1", "--set", "task.test_episodes=1"]


def test_a_file_is_what_a_run_would_have_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["collect", "cartpole", "--episodes", "4", "--seed", "3", "--out", "log.safetensors"]
    assert main.main(words) == 0
    assert "mean return" in capsys.readouterr().out
    assert len(Log.read(Path("log.safetensors")).starts) == 4
    short = ["--mode", "iql", "--seed", "3", "--budget", "steps=2", *FEW]
    one = ["run", "cartpole", *short, "--set", "data=log.safetensors", "--out", "a"]
    two = ["run", "cartpole", *short, "--set", "data.episodes=4", "--out", "b"]
    for own in (one, two):
        assert main.main(own) == 0
    first, second = ((tmp_path / name / "best.safetensors").read_bytes() for name in "ab")
    assert first == second
    # a recipe has the absolute path, so that a run is resumed from anywhere
    recipe = json.loads((tmp_path / "a" / "run.json").read_text())["recipe"]
    assert recipe["stages"][0]["data"] == str(tmp_path / "log.safetensors")


def test_as_json_and_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["collect", "acrobot", "--episodes", "1", "--json", "--out", "log"]
    assert main.main(words) == 0
    assert json.loads(capsys.readouterr().out)["behaviour"] == "random"
    assert main.main(words) == 2
    assert "--out: log exists already" in capsys.readouterr().err
    assert main.main(["collect", "xor", "--out", "other"]) == 2
    assert "'iql' wants a task with episodes" in capsys.readouterr().err
    assert main.main(["collect", "cartpole", "--behaviour", "rand", "--out", "other"]) == 2
    assert "did you mean 'random'" in capsys.readouterr().err
