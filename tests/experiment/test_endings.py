# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How runs and episodes ended, in `compare` and `show`; the pictures beside a table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli.main import main
from vynapse.experiment import endings, plots
from vynapse.experiment.compare import Comparison
from vynapse.experiment.table import Row, Table


def summary(seed: int, stop: str, terminated: float | None = None) -> dict[str, Any]:
    episodes = None
    if terminated is not None:
        episodes = {"loss": -1.0, "terminated": terminated, "episode_steps": 100.0 * (seed + 1)}
    return {"seed": seed, "stop": stop, "metrics": {}, "test": episodes}


def test_runs_are_counted_and_episodes_averaged() -> None:
    runs = [summary(0, "target", 0.0), summary(1, "steps", 0.5), summary(2, "target", 1.0)]
    assert endings.cells(runs) == {
        "by target": "2",
        "by steps": "1",
        "episodes ended by themselves": "50 %",
        "at the limit": "50 %",
        "steps of an episode": "200",
    }
    rows = [endings.cells([summary(0, "flops")]), endings.cells(runs)]
    assert endings.columns(rows)[:3] == ["by target", "by steps", "by flops"]
    assert endings.columns(rows)[3] == "episodes ended by themselves"


def test_episodes_of_validation_stand_in_for_those_of_a_test() -> None:
    ended = endings.episodes_of(
        {"metrics": {"terminated": 0.25, "episode_steps": 7.0}, "test": None}
    )
    assert ended == endings.Ended("validation", 0.25, 7.0)
    assert endings.episodes_of({"metrics": {"accuracy": 1.0}, "test": {"loss": 0.0}}) is None


def test_a_comparison_of_cartpole_says_how_episodes_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    overrides = ["task.validation_episodes=3", "task.test_episodes=4", "evaluate_every=1"]
    table = Comparison(
        ["cartpole"],
        ["neat", "deap"],
        2,
        tmp_path,
        budget={"steps": 3},
        overrides=[*overrides, "neat.population=6", "deap.strategy.offspring=6"],
    ).run()
    text = (tmp_path / "endings.md").read_text()
    assert text in table.markdown()
    header, _, *lines = [line.split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert header[2:] == [
        "by steps",
        "episodes ended by themselves",
        "at the limit",
        "steps of an episode |",
    ]
    assert [line[2] for line in lines] == ["2", "2"]
    for row, line in zip(table.rows, lines, strict=True):
        share = sum(run["test"]["terminated"] for run in row.runs) / 2
        assert float(line[3].split()[0]) == pytest.approx(100 * share, abs=0.1)
    assert (tmp_path / "return-cartpole.svg").read_text().lstrip().startswith("<?xml")
    run = tmp_path / "cartpole-neat" / "seed-0"
    capsys.readouterr()
    assert main(["show", str(run)]) == 0
    shown = capsys.readouterr().out
    assert "  ended by steps\n" in shown
    known = json.loads((run / "summary.json").read_text())["test"]
    assert f"test episodes: {100 * known['terminated']:.4g} % ended by themselves" in shown


def test_without_matplotlib_the_table_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    table = Comparison(["spirals"], ["sgd"], 1, tmp_path, budget={"flops": 1e6}).run()
    assert "| spirals | sgd | 1 |" in table.endings()
    assert not list(tmp_path.glob("*.svg"))


def test_the_picture_of_a_task_has_a_line_for_each_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")

    def place(task: str, mode: str, seed: int) -> Path:
        return tmp_path / f"{task}-{mode}-{seed}"

    rows = [Row("a:b", mode, [summary(0, "steps"), summary(1, "steps")]) for mode in ("one", "two")]
    for row in rows:
        for run in row.runs:
            folder = place(row.task, row.mode, run["seed"])
            folder.mkdir()
            # two stages, whose costs add up; a row without a measurement
            (folder / "metrics.csv").write_text(
                "stage,step,loss,flops,seconds\n0,1,1.0,10,0\n0,2,,20,0\n0,3,0.5,30,0\n1,1,0.01,35,0\n"
            )
    (file,) = plots.draw(rows, place, tmp_path)
    assert file == tmp_path / "loss-a-b.svg"
    text = file.read_text()
    assert text.count("stroke: #1f77b4") >= 2
    assert text.count("stroke: #ff7f0e") >= 2
    logged = [
        {"stage": "0", "loss": "1", "flops": "10"},
        {"stage": "1", "loss": "2", "flops": "15"},
    ]
    assert plots._line(logged, "flops") == ([10.0, 15.0], [1.0, 2.0])
    assert Table(rows).endings().count("| a:b |") == 2
