# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`--evaluator` on run, resume and compare: it changes how a run computes, and no result."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli.main import main
from vynapse.errors import Interrupted
from vynapse.evolution.evaluators.threads import Threads
from vynapse.experiment.compare import Comparison
from vynapse.experiment.config import load_recipe
from vynapse.experiment.evaluating import evaluator_named
from vynapse.experiment.session import Session, StageReport
from vynapse.experiment.store import read_summary

SMALL = ["population=12", "budget={steps: 6, target: null}"]
SETS = [word for key in SMALL for word in ("--set", key)]


def kept(run: Path) -> dict[str, Any]:
    recipe: dict[str, Any] = json.loads((run / "run.json").read_text())["recipe"]
    return recipe


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    return error


def test_a_run_computes_as_it_is_told_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    found = set()
    for name in ("inline", "threads", "threads:2", "processes:2"):
        place = tmp_path / name.replace(":", "-")
        words = ["run", "xor", "--mode", "neat", *SETS, "--evaluator", name, "--out", str(place)]
        assert main(words) == 0
        evaluator = kept(place)["stages"][0]["evaluator"]
        assert evaluator["kind"] == name.partition(":")[0]
        if name.endswith("2"):
            assert 2 in evaluator.values()
        found.add(read_summary(place)["network_sha256"])
    assert len(found) == 1


def test_a_run_is_resumed_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(report: StageReport) -> None:
        if report.report.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    recipe = load_recipe("xor", "neat", overrides=SMALL)
    whole = Session.create(recipe, tmp_path / "whole").run()
    with pytest.raises(Interrupted):
        Session.create(recipe, tmp_path / "run").run([stop])
    built = []
    make = Threads.__init__

    def noted(self: Threads, count: int) -> None:
        built.append(count)
        make(self, count)

    monkeypatch.setattr(Threads, "__init__", noted)
    assert main(["resume", str(tmp_path / "run"), "--evaluator", "threads:2"]) == 0
    assert built == [2]
    assert read_summary(tmp_path / "run")["network_sha256"] == whole["network_sha256"]
    assert kept(tmp_path / "run") == kept(tmp_path / "whole")


def test_a_comparison_measures_elsewhere_what_can_be(tmp_path: Path) -> None:
    whole: dict[str, Any] = {
        "tasks": ["xor"],
        "modes": ["sgd", "neat"],
        "seeds": 1,
        "budget": {"steps": 5},
        "overrides": ["neat.population=12"],
    }
    first = Comparison(**whole, directory=tmp_path / "a")
    second = Comparison(**whole, directory=tmp_path / "b", evaluator="threads:2")
    arms = {arm.name: arm.recipe for arm in second.arms()}
    assert arms["neat"].stages[0].as_file()["evaluator"] == {"kind": "threads", "count": 2}
    assert "evaluator" not in arms["sgd"].stages[0].as_file()
    assert [arm.recipe.identity() for arm in first.arms()] == [
        arm.recipe.identity() for arm in second.arms()
    ]
    rows = [comparison.run().rows for comparison in (first, second)]
    shas = [[row.runs[0]["network_sha256"] for row in some] for some in rows]
    assert shas[0] == shas[1]
    # the same folder, another evaluator: it is the same comparison
    again = Comparison(**whole, directory=tmp_path / "a", evaluator="threads:2").run()
    assert [row.runs[0]["network_sha256"] for row in again.rows] == shas[0]


def test_a_kind_of_a_package_may_be_named() -> None:
    path = "vynapse.evolution.evaluators.threads:EVALUATOR"
    assert evaluator_named(path).settings == evaluator_named("threads").settings
    assert evaluator_named(f"{path}:3").settings == evaluator_named("threads:3").settings


def test_mistakes_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "xor", "--mode", "neat", "--out", str(tmp_path / "run")]
    assert "unknown evaluator 'treads': did you mean 'threads'" in told(
        [*run, "--evaluator", "treads:2"], capsys
    )
    assert "inline takes no number" in told([*run, "--evaluator", "inline:2"], capsys)
    for count in ("0", "-1", "two", ""):
        error = told([*run, "--evaluator", f"threads:{count}"], capsys)
        assert "a whole number from 1 on was wanted" in error
    sgd = ["xor", "--mode", "sgd", "--out", str(tmp_path / "run")]
    assert "a mode that measures genomes" in told(["run", *sgd, "--evaluator", "threads"], capsys)
    compare = ["compare", "xor", "--modes", "sgd,static", "--out", str(tmp_path / "run")]
    assert "a mode that measures genomes" in told([*compare, "--evaluator", "threads"], capsys)
    assert not (tmp_path / "run").exists()
