# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse sweep` as people and programs use it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests import forked
from tests.experiment.sweeps.surfaces import content
from vynapse.cli.main import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sweep.yaml"
    path.write_text(yaml.safe_dump(content("random", search={"trials": 3}, seeds=[0])))
    return path


def test_a_dry_run_says_what_there_is_and_writes_nothing(file, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", str(file), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "strategy.mu" in said
    assert "a whole number from 2 to 9" in said
    assert "3 points x 1 seeds" in said
    assert main(["sweep", str(file), "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["runs"] == 3
    assert len(told["first"]) == 3
    assert told["seconds"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.yaml"]


def test_the_same_command_again_goes_on_and_so_does_resume(file, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", str(file)]) == 0
    first = capsys.readouterr()
    assert "point-0001" in first.out
    assert "best.yaml" in first.out.splitlines()[-1]
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("sweep-sweep-")
    runs = {path: path.stat().st_mtime_ns for path in folder.glob("*/summary.json")}
    assert main(["sweep", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["best"] in range(3)
    assert told["reproducible"] is True
    assert main(["resume", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**told, "directory": str(folder)}
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*/summary.json")} == runs
    assert main(["run", "--recipe", str(folder / "best.yaml"), "--out", "best"]) == 0
    assert main(["runs", str(folder)]) == 0
    assert "point-0002-seed-0" in capsys.readouterr().out


def test_a_recipe_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    held = content("random", search={"trials": 2}, seeds=[0])
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(held.pop("recipe")))
    held["recipe"] = "recipe.yaml"
    file = tmp_path / "sweep.yaml"
    file.write_text(yaml.safe_dump(held))
    assert main(["sweep", str(file), "--out", str(tmp_path / "s")]) == 0
    assert yaml.safe_load((tmp_path / "s" / "sweep.yaml").read_text())["recipe"]["mode"] == "deap"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("kind: rndom", "sweep.yaml: search.kind: 'grid', 'random' or 'tpe' was wanted"),
        ("strategy.sgma: [1]", "search.space.strategy.sgma: unknown key: did you mean"),
    ],
)
def test_a_mistake_is_one_sentence(change, sentence, file, tmp_path, capsys) -> None:
    held = yaml.safe_load(file.read_text())
    key, _, value = change.partition(": ")
    (held["search"] if key == "kind" else held["search"]["space"])[key] = yaml.safe_load(value)
    file.write_text(yaml.safe_dump(held))
    assert main(["sweep", str(file), "--out", str(tmp_path / "s")]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_without_optuna_tpe_is_one_sentence(file, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    held = yaml.safe_load(file.read_text())
    held["search"]["kind"] = "tpe"
    file.write_text(yaml.safe_dump(held))
    assert main(["sweep", str(file), "--out", str(tmp_path / "s")]) == 2
    assert "pip install 'vynapse[sweep]'" in capsys.readouterr().err


def test_sigterm_saves_and_the_sweep_goes_on(tmp_path: Path) -> None:
    held = content("random", search={"trials": 2}, seeds=[0])
    held["recipe"] = {**held["recipe"], "budget": {"steps": 30_000, "target": None}}
    file, folder = tmp_path / "sweep.yaml", tmp_path / "s"
    file.write_text(yaml.safe_dump(held))
    child = forked.begin(["sweep", str(file), "--out", str(folder)], tmp_path)
    while not list(folder.glob("point-*/metrics.csv")) and not forked.ended(child):
        time.sleep(0.02)
    os.kill(child, signal.SIGTERM)
    code = forked.end(child)
    said = (tmp_path / ".err").read_text()
    assert code == 130, said
    assert "of at most 2 runs have ended: go on with vynapse sweep" in said
    assert list(folder.glob("point-0000-seed-0/checkpoints/*.ckpt"))
    assert not list(folder.glob("notes/*"))
