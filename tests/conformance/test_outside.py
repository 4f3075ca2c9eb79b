# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One file is one part: what another package brings by entry points is used like what is built in.

No file of Vynapse knows of `outside/parts.py`. Each part is run by the command line, killed and
resumed, and its keys stand in `vynapse schema` and `vynapse init`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vynapse.testing import check_mode, check_sink

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
    site = tmp_path_factory.mktemp("site")
    shutil.copy(PARTS, site / "vynapse_outside.py")
    info = site / "vynapse_outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vynapse-outside\nVersion: 1.0\n")
    lines = []
    for group, (name, target) in GROUPS.items():
        lines += [f"[vynapse.{group}]", f"{name} = vynapse_outside:{target}", ""]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return site


def vynapse(package: Path, *words: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "vynapse", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(package),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(package: Path) -> dict[str, str]:
    paths = [str(package), *sys.path]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.mark.parametrize("group", GROUPS)
def test_a_part_from_outside_is_run_killed_and_resumed(group, package, tmp_path) -> None:
    words = ["run", *RUNS[group], "--set", "checkpoint.every_steps=2"]
    vynapse(package, *words, "--out", "whole", cwd=tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "vynapse", *words, "--out", "cut"],
        cwd=tmp_path,
        env=environment(package),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while process.poll() is None and not list((tmp_path / "cut").glob("checkpoints/*.ckpt")):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    vynapse(package, "resume", "cut", cwd=tmp_path)
    whole, cut = (json.loads((tmp_path / n / "summary.json").read_text()) for n in ("whole", "cut"))
    assert whole["network_sha256"] == cut["network_sha256"]
    assert whole["loss"] == cut["loss"]
    assert "hills" in vynapse(package, "show", "cut", cwd=tmp_path)


def test_what_parts_were_for(package, tmp_path) -> None:
    """They did not only run: each was used."""
    for group in ("evaluators", "controllers", "blueprints", "sinks", "modes"):
        vynapse(package, "run", *RUNS[group], "--out", group, cwd=tmp_path)
    assert len((tmp_path / "tally.txt").read_text().splitlines()) == 20
    for group in ("controllers", "blueprints"):
        growth = json.loads((tmp_path / group / "summary.json").read_text())["growth"]
        assert growth["germinated"] >= 1
        seeds = {seed["blueprint"] for seed in growth["seeds"]}
        assert group == "controllers" or seeds == {"thin"}
    lines = [json.loads(line) for line in (tmp_path / "sinks/mine.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "step" in line] == list(range(1, 31))
    assert lines[-1] == {"closed": True}
    shown = vynapse(package, "show", "modes", cwd=tmp_path)
    assert "times in 30 tosses" in shown
    assert json.loads((tmp_path / "modes/summary.json").read_text())["found"] >= 1


def test_the_keys_stand_in_the_schema_and_in_a_fresh_recipe(package, tmp_path) -> None:
    schema = vynapse(package, "schema", cwd=tmp_path)
    for group, (name, _) in GROUPS.items():
        assert f'"{name}"' in schema or group == "blueprints", name
    for key in KEYS.values():
        assert f'"{key}"' in schema, key
    recipes = {
        "tasks": ["hills", "--mode", "sgd"],
        "modes": ["xor", "--mode", "toss"],
    }
    for group, words in recipes.items():
        assert f"{KEYS[group]}:" in vynapse(package, "init", *words, cwd=tmp_path)
    (tmp_path / "r.yaml").write_text(
        "task: hills\nnetwork: {ring: [4]}\nloss: gentle\ntelemetry: {sinks: [lines]}\n"
        "stages: [{mode: deap, strategy: walk, evaluator: counting, budget: {steps: 2}}]\n"
    )
    vynapse(package, "run", "--recipe", "r.yaml", "--out", "all", cwd=tmp_path)
    written = (tmp_path / "all" / "recipe.yaml").read_text()
    for group in ("structures", "losses", "sinks", "strategies", "evaluators"):
        assert f"{KEYS[group]}:" in written


def test_a_mode_brings_the_arms_of_a_comparison(package, tmp_path) -> None:
    words = ["hills", "--modes", "toss", "--controls", "wide", "--seeds", "2"]
    table = vynapse(
        package, "compare", *words, "--budget", "forwards=1000", "--out", "c", cwd=tmp_path
    )
    assert "toss (usual)" in table
    assert "toss (wide) − toss (usual)" in table


def test_a_budget_that_a_mode_does_not_count_is_refused(package, tmp_path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "vynapse",
            "run",
            "hills",
            "--mode",
            "toss",
            "--budget",
            "flops=1e6",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(package),
    )
    assert done.returncode == 2
    assert "mode 'toss' does not count flops: set one of steps, forwards, seconds" in done.stderr


def test_mode_and_sink_pass_the_checkers(package, tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(package))
    import vynapse_outside as outside

    from vynapse.networks.state import initial_state
    from vynapse.networks.structure import parse_network
    from vynapse.seeding import Streams
    from vynapse.trainers.mode import Stage

    def stage() -> Stage:
        task, streams = outside.Hills(outside.HillSettings()), Streams(0)
        structure = parse_network({"mlp": [2, 3, 1]}).fit(task.interface())
        return Stage(task, initial_state(structure, streams), True, streams)

    check_mode(outside.MODE, stage, {"spread": 0.5})
    check_sink(lambda directory: outside.Lines(outside.LinesSettings(), directory), tmp_path)
