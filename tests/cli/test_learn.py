# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper ppo` and `esper evaluate`: a controller learns, is resumed, and grows networks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.evidence import EVIDENCE
from vynapse.cli import esper
from vynapse.cli.commands import ESPER
from vynapse.cli.main import main
from vynapse.errors import Interrupted
from vynapse.esper.tamiyo.limit_settings import LimitSettings
from vynapse.experiment.config import load_recipe
from vynapse.experiment.named_runs import LIMITS
from vynapse.experiment.session import Session, StageReport

PPO = ["ppo", "--task", "digits", "--device", "cpu", "--n-envs", "2"]
PPO += ["--set", "task.network={mlp: [64, 6, 10]}", "--set", "task.grow.epoch_steps=3"]
PPO += ["--set", "task.validation_episodes=1", "--set", "task.test_episodes=1"]
DIGITS = ["--network", "mlp:64,6,10", "--set", "epoch_steps=3", "--max-epochs", "3"]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def cut_after(step: int) -> Callable[[StageReport], None]:
    """An observer that presses Ctrl-C after a step."""

    def observe(item: StageReport) -> None:
        if item.report.step == step:
            os.kill(os.getpid(), signal.SIGINT)

    return observe


def told(run: str, file: str = "summary.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(run, file).read_text())
    return found


def test_the_limits_of_controllers_are_known_by_name() -> None:
    assert tuple(LimitSettings.model_fields) == LIMITS


def test_a_controller_learns_and_its_run_ends_alike_when_it_is_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [*PPO, "--episodes", "8", "--max-epochs", "3", "--set", "rollout=2"]
    words += ["--set", "batch_size=4", "--set", "budget.steps=4", "--set", "threads=1"]
    assert esper.main([*words, "--out", "whole"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("growth · policy · seed 0: loss ")
    for word in ("episodes an hour", "return", "entropy of what", "entropy of size", "explained"):
        assert word in err
    recipe = told("whole", "run.json")["recipe"]
    assert recipe["task"]["epochs"] == 3
    assert recipe["stages"][0]["environments"] == 2
    assert recipe["stages"][0]["entropy"] == 0.05

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vynapse.cli.live.PlainLines", lambda *_: cut_after(2))
        assert esper.main([*words, "--out", "cut"]) == 130
    capsys.readouterr()
    assert not Path("cut/summary.json").exists()
    assert main(["resume", "cut"]) == 0
    assert told("cut")["network_sha256"] == told("whole")["network_sha256"]
    assert told("cut")["cost"]["flops"] == told("whole")["cost"]["flops"]
    assert told("cut")["cost"]["env_steps"] >= 16
    rows = [Path(run, "metrics.csv").read_text().splitlines() for run in ("cut", "whole")]
    one, two = ([row.rpartition(",")[0] for row in own] for own in rows)  # the last is the time
    assert one == two


def learnt() -> None:
    """A policy for networks of digits."""
    assert esper.main([*PPO, "--episodes", "2", "--max-epochs", "2", "--out", "learnt"]) == 0


def test_what_was_learnt_grows_networks_without_its_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    learnt()
    capsys.readouterr()
    words = ["evaluate", "run:learnt", "--task", "digits", *DIGITS, "--json"]
    assert esper.main([*words, "--episodes", "2", "--out", "grown"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["seed"], second["seed"]) == (0, 1)
    recipe = told("grown/seed-0", "run.json")["recipe"]
    controller = recipe["stages"][0]["controller"]
    assert controller["kind"] == "run"
    assert controller["path"] == f"run:{Path('learnt').absolute()}"
    assert controller["parameter_limit"] == 10.0, "that of the preset of the task"
    (copy,) = Path("grown/seed-0").glob("blueprint-*.safetensors")
    assert copy.name == f"blueprint-{told('learnt')['network_sha256']}.safetensors"

    keys = ["controller=run:learnt", "epoch_steps=3", "budget.epochs=3"]
    chosen = load_recipe("digits", "grow", overrides=[("network", {"mlp": [64, 6, 10]}), *keys])
    with pytest.raises(Interrupted):
        Session.create(chosen, "cut").run([cut_after(1)])
    shutil.rmtree("learnt")
    assert main(["resume", "cut"]) == 0
    assert told("cut")["network_sha256"] == first["network_sha256"]


@pytest.mark.skipif(not EVIDENCE, reason="minutes; make evidence")
@pytest.mark.parametrize(("episodes", "epochs", "seconds"), [(2, 4, 40), (8, 25, 1200)])
def test_the_command_of_the_seed_project(episodes: int, epochs: int, seconds: float) -> None:
    words = ["ppo", "--task", "glyphs", "--device", "cpu", "--n-envs", "2", "--out", "seed"]
    words += ["--episodes", str(episodes), "--max-epochs", str(epochs)]
    began = time.process_time()
    assert esper.main(words) == 0
    assert time.process_time() - began < seconds
    assert told("seed")["steps"] == episodes // 2


def test_the_command_of_the_seed_project_in_small() -> None:
    words = ["ppo", "--task", "glyphs", "--device", "cpu", "--episodes", "2", "--n-envs", "2"]
    small = "task.task={name: glyphs, train: 128, validation: 64, test: 64}"
    words += ["--max-epochs", "4", "--set", small, "--set", "task.validation_episodes=1"]
    words += ["--set", "task.test_episodes=1", "--set", "task.grow.probe_examples=32"]
    began = time.process_time()
    assert esper.main([*words, "--out", "seed"]) == 0
    assert time.process_time() - began < 40
    assert told("seed")["steps"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ppo", "--task", "glyphs", "--device", "cuda:7"], "use cpu or auto"),
        (["ppo", "--task", "glyphs", "--devices", "cpu,cuda:7"], "device: cuda:7 was wanted"),
        (["heuristic", "--task", "glyphs", "--device", "cuda:7"], "device: cuda:7 was wanted"),
        (["ppo", "--task", "glyps"], "glyphs"),
        (["ppo", "--task", "cartpole"], "a task with examples was wanted"),
        (["ppo", "--task", "glyphs", "--episodes", "0"], "--episodes: a number from 1 on"),
        (["evaluate", "nowhere", "--task", "glyphs"], "there is no run in 'nowhere'"),
        (["random", "--task", "xor", "--max-epochs", "2", "--budget", "epochs=3"], "once"),
    ],
)
def test_mistakes_end_with_exit_2_and_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert esper.main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line


@pytest.mark.parametrize("command", [c.name for c in ESPER.commands if c.name != "tune"])
def test_every_command_of_growth_has_the_same_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert esper.main([command, "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--device", "--max-epochs", "--seed", "--out", "--task", "--episodes"):
        assert option in text
