# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One file is one part: what another package brings by entry points is used like what is built in.

No file of Vynapse knows of `outside/parts.py`. Each part is run by the command line, killed and
resumed, and its keys stand in `vynapse schema` and `vynapse init`.
"""

import importlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.forked import begin, ended, kill
from vynapse.cli.main import main
from vynapse.networks.state import initial_state
from vynapse.networks.structure import parse_network
from vynapse.seeding import Streams
from vynapse.testing import check_mode, check_sink
from vynapse.trainers.mode import Stage

PARTS = Path(__file__).parent / "outside" / "parts.py"
GROUPS = {
    "tasks": ("hills", "TASK"),
    "losses": ("gentle", "LOSS"),
    "structures": ("ring", "STRUCTURE"),
    "strategies": ("walk", "STRATEGY"),
    "evaluators": ("counting", "EVALUATOR"),
    "controllers": ("bold", "CONTROLLER"),
    "blueprints": ("thin", "BLUEPRINT"),
    "sinks": ("lines", "SINK"),
    "modes": ("toss", "MODE"),
}
RUNS = {
    "tasks": ["hills", "--mode", "sgd", "--set", "task.frequency=3", "--steps", "40"],
    "losses": ["hills", "--mode", "sgd", "--set", "loss={kind: gentle, threshold: 0.5}",
               "--steps", "20"],
    "structures": ["hills", "--mode", "sgd", "--network", "ring:5", "--steps", "20"],
    "strategies": ["hills", "--mode", "deap", "--set", "strategy={kind: walk, stride: 0.2}",
                   "--steps", "30"],
    "evaluators": ["hills", "--mode", "deap", "--set", "strategy={kind: snes}",
                   "--set", "evaluator={kind: counting, tally: tally.txt}", "--steps", "20"],
    "controllers": ["hills", "--mode", "grow", "--set", "controller={kind: bold, at: 1}",
                    "--network", "{mlp: {sizes: [2, 6, 1]}}", "--steps", "6"],
    "blueprints": ["hills", "--mode", "grow", "--network", "{mlp: {sizes: [2, 6, 1]}}", "--set",
                   "controller={kind: fixed, begin: 1, every: 2, blueprints: [thin]}",
                   "--steps", "6"],
    "sinks": ["hills", "--mode", "deap", "--set",
              "telemetry={sinks: [{kind: lines, file: mine.jsonl}]}", "--steps", "30"],
    "modes": ["hills", "--mode", "toss", "--set", "spread=0.5", "--steps", "30"],
}  # fmt: skip
KEYS = {
    "tasks": "frequency", "losses": "threshold", "structures": "units", "strategies": "stride",
    "evaluators": "tally", "controllers": "at", "sinks": "file", "modes": "spread",
}  # fmt: skip


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The package as an installer would lay it out."""
    site: Path = tmp_path_factory.mktemp("site")
    shutil.copy(PARTS, site / "vynapse_outside.py")
    info = site / "vynapse_outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vynapse-outside\nVersion: 1.0\n")
    lines = []
    for group, (name, target) in GROUPS.items():
        lines += [f"[vynapse.{group}]", f"{name} = vynapse_outside:{target}", ""]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return site


def vynapse(*words: str) -> None:
    assert main(list(words)) == 0


@pytest.fixture(autouse=True)
def _installed(package, tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.chdir(tmp_path)


def summary(run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(run) / "summary.json").read_text())
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_a_part_from_outside_is_run_killed_and_resumed(group, package, capsys) -> None:
    words = ["run", *RUNS[group], "--set", "checkpoint.every_steps=2"]
    vynapse(*words, "--out", "whole")
    USED[group]()
    child = begin([*words, "--out", "cut"])
    while not ended(child) and not list(Path("cut").glob("checkpoints/*.ckpt")):
        time.sleep(0.001)
    kill(child)
    vynapse("resume", "cut")
    for figure in ("network_sha256", "loss", "cost"):
        assert summary("whole")[figure] == summary("cut")[figure]
    vynapse("show", "cut")
    assert "hills" in capsys.readouterr().out


def _grew(*blueprints: str) -> None:
    growth = summary("whole")["growth"]
    assert {seed["blueprint"] for seed in growth["seeds"]} == {*blueprints}
    assert growth["germinated"] >= 1


def _counted() -> None:
    assert len(Path("tally.txt").read_text().splitlines()) == 20


def _watched() -> None:
    lines = [json.loads(line) for line in Path("whole/mine.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "step" in line] == list(range(1, 31))
    assert lines[-1] == {"closed": True}


def _told() -> None:
    assert summary("whole")["found"] >= 1


def _nothing_else() -> None:
    assert summary("whole")["task"] == "hills"


USED: dict[str, Callable[[], None]] = {
    **dict.fromkeys(GROUPS, _nothing_else),
    "evaluators": _counted,
    "controllers": lambda: _grew("norm"),
    "blueprints": lambda: _grew("thin"),
    "sinks": _watched,
    "modes": _told,
}
"""How one sees that the part was used."""


def test_the_keys_stand_in_the_schema_and_in_a_fresh_recipe(capsys) -> None:
    vynapse("schema")
    schema = capsys.readouterr().out
    assert all(f'"{key}"' in schema for key in KEYS.values())
    for group, words in {
        "tasks": ["hills", "--mode", "sgd"],
        "modes": ["xor", "--mode", "toss"],
    }.items():
        vynapse("init", *words)
        assert f"{KEYS[group]}:" in capsys.readouterr().out
    Path("r.yaml").write_text(
        "task: hills\nnetwork: {ring: [4]}\nloss: gentle\ntelemetry: {sinks: [lines]}\n"
        "stages: [{mode: deap, strategy: walk, evaluator: counting, budget: {steps: 2}}]\n"
    )
    vynapse("run", "--recipe", "r.yaml", "--out", "all")
    written = Path("all/recipe.yaml").read_text()
    for key in ("ring", *(KEYS[g] for g in ("losses", "sinks", "strategies", "evaluators"))):
        assert f"{key}:" in written


def test_a_mode_brings_the_arms_of_a_comparison(package, capsys, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package), *sys.path]))
    words = ["hills", "--modes", "toss", "--controls", "wide", "--seeds", "1"]
    vynapse("compare", *words, "--budget", "forwards=1000", "--out", "c")
    table = capsys.readouterr().out
    assert "toss (usual)" in table
    assert "toss (wide) − toss (usual)" in table


def test_a_budget_that_a_mode_does_not_count_is_refused(capsys) -> None:
    assert main(["run", "hills", "--mode", "toss", "--budget", "flops=1e6"]) == 2
    sentence = "mode 'toss' does not count flops: set one of steps, forwards, seconds"
    assert sentence in capsys.readouterr().err


def test_mode_and_sink_pass_the_checkers(tmp_path) -> None:
    outside = importlib.import_module("vynapse_outside")

    def stage() -> Stage:
        task, streams = outside.Hills(outside.HillSettings()), Streams(0)
        structure = parse_network({"mlp": [2, 3, 1]}).fit(task.interface())
        return Stage(task, initial_state(structure, streams), True, streams)

    check_mode(outside.MODE, stage, {"spread": 0.5})
    check_sink(lambda directory: outside.Lines(outside.LinesSettings(), directory), tmp_path)
