# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""grow-existing, and the program esper."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import speed
from vynapse.cli import esper
from vynapse.cli.commands import ESPER
from vynapse.cli.main import main
from vynapse.errors import Interrupted
from vynapse.esper.tamiyo.controllers import CONTROLLERS
from vynapse.experiment.session import Session
from vynapse.experiment.store import load
from vynapse.trainers.sgd_settings import SgdSettings

HOST = ["run", "spirals", "--mode", "sgd", "--network", "mlp:2,8,2"]
HOST += ["--set", "task={name: spirals, kind: generated, points: 200}"]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def recipe_of(run: str) -> dict[str, Any]:
    recipe: dict[str, Any] = json.loads(Path(run, "run.json").read_text())["recipe"]
    return recipe


def test_a_trained_network_is_grown_on_its_own_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*HOST, "--steps", "200", "--out", "host"]) == 0
    host = json.loads(Path("host/summary.json").read_text())
    capsys.readouterr()
    words = ["grow-existing", "host", "--budget", "flops=2e5", "--seed", "5", "--out", "grown"]
    assert main(words) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("spirals · grow · seed 5: loss ")
    assert last == "  grown"
    recipe = recipe_of("grown")
    assert recipe["task"] == recipe_of("host")["task"]
    assert recipe["weights"] == str(Path("host").absolute())
    wanted = CONTROLLERS.choose({"kind": "heuristic", "host_epochs": 0, "bottleneck": None})
    assert recipe["stages"][0]["controller"] == wanted.as_data()
    assert recipe["stages"][0]["isolation"] == "frozen"
    assert json.loads(Path("grown/summary.json").read_text())["loss"] <= host["loss"]


def training_of(run: str) -> dict[str, Any]:
    training: dict[str, Any] = recipe_of(run)["stages"][0]["training"]
    return training


def test_it_is_trained_by_the_rule_of_its_run_at_a_lower_rate() -> None:
    rule = ["--set", "optimizer=sgd", "--set", "momentum=0.8", "--set", "learning_rate=0.05"]
    rule += ["--set", "batch_size=20", "--set", "evaluate_every=2", "--set", "schedule=constant"]
    assert main([*HOST, *rule, "--steps", "2", "--out", "host"]) == 0
    words = ["--budget", "flops=1e5", "--out"]
    assert main(["grow-existing", "host", *words, "once"]) == 0
    once = training_of("once")
    assert (once["optimizer"], once["momentum"], once["batch_size"]) == ("sgd", 0.8, 20)
    assert once["schedule"] == "cosine"
    assert once["learning_rate"] == pytest.approx(0.02), "0.4 of its rate"
    own = ["--set", "training.learning_rate=0.03"]
    assert main(["grow-existing", "once", *own, *words, "twice"]) == 0
    assert training_of("twice") == once | {"learning_rate": 0.03}


def test_without_such_a_run_the_defaults_train_it() -> None:
    evolved = [
        "--mode",
        "deap",
        "--steps",
        "2",
        "--set",
        "strategy.mu=4",
        "--set",
        "strategy.offspring=4",
    ]
    assert main([*HOST[:2], *evolved, *HOST[4:], "--out", "host"]) == 0
    assert main(["grow-existing", "host", "--budget", "flops=1e5", "--out", "grown"]) == 0
    defaults = SgdSettings().model_dump(mode="json")
    assert training_of("grown") == defaults | {"schedule": "cosine"}


def test_the_task_may_be_named_and_changed() -> None:
    assert main([*HOST, "--steps", "2", "--out", "host"]) == 0
    words = ["grow-existing", "host", "--budget", "flops=1e5", "--slots", "1", "--out"]
    assert main([*words, "same", "--task", "spirals", "--set", "task.noise=0.2"]) == 0
    assert recipe_of("same")["task"] == recipe_of("host")["task"] | {"noise": 0.2}
    assert recipe_of("same")["stages"][0]["slots"] == ["1"]
    assert main([*words, "other", "--task", "xor"]) == 2
    assert not Path("other").exists()


def test_a_state_dict_is_grown_where_its_network_and_task_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import torch

    assert main([*HOST, "--steps", "2", "--out", "host"]) == 0
    network = load("host")
    torch.save(network.module().state_dict(), "host.pt")
    words = ["grow-existing", "host.pt", "--budget", "flops=1e5", "--out", "grown", "--json"]
    capsys.readouterr()
    assert main([*words, "--network", "mlp:2,8,2"]) == 2
    assert "--task is needed" in objects(capsys.readouterr().out)[-1]["error"]
    assert main([*words, "--task", "spirals"]) == 2
    assert "name the network it belongs to" in objects(capsys.readouterr().out)[-1]["error"]
    assert main([*words, "--task", "spirals", "--network", "mlp:2,8,2"]) == 0
    *rows, summary = objects(capsys.readouterr().out)
    assert rows[0]["mode"] == summary["mode"] == "grow"
    start = Path("grown/start.safetensors").read_bytes()
    assert start == network.network.to_bytes()


EPISODES = ["--task", "spirals", "--network", "mlp:2,8,2", "--budget", "flops=5e5"]
EPISODES += ["--set", "epoch_steps=3"]
AT_ONCE = ["--set", "controller.begin=0", "--set", "controller.blueprints=[norm]"]


@pytest.mark.parametrize("controller", ["heuristic", "fixed", "random", "no-op"])
def test_an_episode_is_a_run_of_its_controller(
    controller: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert esper.main([controller, *EPISODES, "--seed", "4", "--out", "e", "--json"]) == 0
    (summary,) = objects(capsys.readouterr().out)
    assert summary == json.loads(Path("e/seed-4/summary.json").read_text())
    assert (summary["mode"], summary["seed"]) == ("grow", 4)
    given = recipe_of("e/seed-4")["stages"][0]["controller"]
    assert given == CONTROLLERS.choose(controller).as_data(), "no threshold is hidden"
    if controller == "no-op":
        assert "growth" not in summary


def test_episodes_count_their_seeds_and_end_in_a_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["fixed", *EPISODES, *AT_ONCE, "--episodes", "3", "--seed", "7", "--out", "e"]
    assert esper.main([*words, "--set", "training.learning_rate=0.02"]) == 0
    captured = capsys.readouterr()
    header, *rows, mean, _, folder = captured.out.splitlines()
    assert header.split() == [
        "seed", "loss", "accuracy", "test", "parameters", "FLOP", "fossils", "time",
    ]  # fmt: skip
    assert [row.split()[0] for row in rows] == ["7", "8", "9"]
    assert re.match(r"mean  \S+ ± \S+", mean)
    assert folder == "e"
    for number, row in enumerate(rows, start=1):
        seed = 6 + number
        summary = json.loads(Path(f"e/seed-{seed}/summary.json").read_text())
        recipe = recipe_of(f"e/seed-{seed}")
        assert recipe["seed"] == seed
        assert recipe["stages"][0]["training"]["learning_rate"] == 0.02
        assert row.split()[6] == str(summary["growth"]["fossilized"]) == "1"
        assert f"grow seed {seed} ({number}/3): epoch 0: 1/s0 norm germinated" in captured.err
        assert f"grow seed {seed} ({number}/3): step {summary['steps']}" in captured.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["heuristik"], "unknown command 'heuristik': did you mean 'heuristic'?"),
        (["heuristic"], "parameter --task requires an argument"),
        (["heuristic", "--task", "spirlas"], "did you mean 'spirals'?"),
        (["random", "--task", "spirals", "--episodes", "0"], "--episodes: a number from 1 on"),
        (["fixed", "--task", "spirals", "--set", "slot=[a]"], "did you mean 'slots'"),
        (
            ["no-op", "--task", "spirals", "--set", "controller.kind=random"],
            "esper no-op grows by controller no-op, got random: leave it out, or use vynapse run",
        ),
    ],
)
def test_a_mistake_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert esper.main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("esper: ")
    assert sentence in line
    assert not Path("runs").exists()


def test_episodes_that_were_interrupted_are_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["fixed", *EPISODES, *AT_ONCE, "--episodes", "3", "--out", "e"]
    run = Session.run

    def interrupted(self: Session, *given: Any) -> Any:
        if self.directory.name == "seed-1":
            raise Interrupted("interrupted")
        return run(self, *given)

    monkeypatch.setattr(Session, "run", interrupted)
    assert esper.main(words) == 130
    assert "1 of 3 episodes have ended: go on with the same command" in capsys.readouterr().err
    monkeypatch.setattr(Session, "run", run)
    assert esper.main(words) == 0
    assert len(capsys.readouterr().out.splitlines()) == 7, "a head, three rows, a mean, the folder"


def test_a_checkpoint_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grow-existing", "nope", "--budget", "flops=1e5"]) == 2
    assert "nope does not exist: a run directory or a file" in capsys.readouterr().err


@pytest.mark.parametrize("name", [c.name for c in ESPER.commands if c.name != "tune"])
def test_help_of_a_controller_has_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert esper.main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Usage: esper {name}" in text
    assert re.search(rf"\n  esper {name} (\S+ )?--task", text.partition("Example")[2])
    for option in ("--task", "--episodes", "--seed", "--set", "--out", "--json"):
        assert option in text


def test_help_is_instant_and_the_module_is_the_program() -> None:
    words = [sys.executable, "-m", "vynapse.esper", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: esper COMMAND [ARGS]")
    assert done.stdout.endswith("Example:\n  esper heuristic --task cifar10 --episodes 1\n")
    assert speed.of_command(words) < speed.limit(0.2)


HELP_LOADS = """
import sys
from vynapse.cli.commands import ESPER
from vynapse.cli.esper import main
main(["--help"])
for command in ESPER.commands:
    main([command.name, "--help"])
heavy = {"torch", "numpy", "pydantic", "yaml", "psutil", "matplotlib"} & set(sys.modules)
sys.stderr.write(" ".join(sorted(heavy)))
"""


def test_help_loads_nothing_heavy() -> None:
    words = [sys.executable, "-c", HELP_LOADS]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")


def test_tune_writes_a_schedule_that_a_run_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["tune", "--task", "xor", "--network", "mlp:2,4,1", "--budget", "epochs=4"]
    words += ["--set", "epoch_steps=5", "--budget-runs", "6", "--seeds", "1"]
    assert esper.main([*words, "--out", "found.json", "--json"]) == 0
    *tried, content = objects(capsys.readouterr().out)
    assert [row["number"] for row in tried] == list(range(1, 7))
    assert json.loads(Path("found.json").read_text()) == content
    assert content["found"]["loss"] == min(row["loss"] for row in tried)

    run = ["run", "xor", "--mode", "grow", "--network", "mlp:2,4,1", "--budget", "epochs=4"]
    own = ["--set", "epoch_steps=5", "--set", "controller={kind: tuned, schedule: found.json}"]
    assert main([*run, *own, "--out", "tuned"]) == 0
    assert recipe_of("tuned")["stages"][0]["controller"]["schedule"] == content
    Path("found.json").unlink()
    assert main(["run", "--recipe", "tuned/recipe.yaml", "--out", "again"]) == 0
    first, again = (json.loads(Path(n, "summary.json").read_text()) for n in ("tuned", "again"))
    assert first["network_sha256"] == again["network_sha256"]


def test_tune_refuses_before_it_runs_anything(capsys: pytest.CaptureFixture[str]) -> None:
    Path("there.json").write_text("kept")
    for out, runs, sentence in (
        ("there.json", "40", "--out: there.json exists already: name another file"),
        ("no/folder.json", "40", "lies in no folder that there is"),
        ("new.json", "4", "runs: at least 10 were wanted"),
        ("new.json", "0", "--budget-runs: a number from 1 on"),
    ):
        assert esper.main(["tune", "--task", "xor", "--out", out, "--budget-runs", runs]) == 2
        assert sentence in capsys.readouterr().err
    assert Path("there.json").read_text() == "kept"
    assert not Path("new.json").exists()
