# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper iql` and `esper evolve`: runs of ordinary modes, whose winners grow networks."""

import json
from pathlib import Path

import pytest

from vynapse.cli import esper, main
from vynapse.experiment.store import read_summary

QUICK = ["--task", "xor", "--max-epochs", "3", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def grown_by(run: str, capsys: pytest.CaptureFixture[str]) -> float:
    """The loss that a network reaches which grows by the winner of a run."""
    words = ["run", "xor", "--mode", "grow", "--set", f"controller=run:{run}", "--json"]
    capsys.readouterr()
    assert main.main([*words, "--budget", "epochs=2", "--out", f"{run}-grown"]) == 0
    loss: float = json.loads(capsys.readouterr().out.splitlines()[-1])["loss"]
    return loss


def test_iql_learns_from_a_mix(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["iql", *QUICK, "--episodes", "3", "--n-envs", "2", "--passes", "2", "--out", "a"]
    assert esper.main(words) == 0
    told = capsys.readouterr().err
    assert "1 of heuristic" in told
    assert "1 of clock" in told
    assert "1 of random" in told
    summary = read_summary(Path("a"))
    assert (summary["mode"], summary["steps"]) == ("iql", 2)
    assert main.main(["resume", "a"]) == 0
    assert grown_by("a", capsys) > 0
    # a learned controller plays for the next one
    more = ["--behaviour", "random,run:a", "--episodes", "2", "--passes", "1", "--out", "b"]
    assert esper.main(["iql", *QUICK, *more]) == 0
    assert "1 of run:a@" in capsys.readouterr().err


def test_a_network_is_evolved(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evolve", *QUICK, "--episodes", "4", "--n-envs", "1", "--population", "2"]
    assert esper.main([*words, "--out", "a"]) == 0
    summary = read_summary(Path("a"))
    assert (summary["mode"], summary["steps"]) == ("deap", 2)
    assert grown_by("a", capsys) > 0


def test_thresholds_are_evolved_to_a_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evolve", *QUICK, "--policy", "heuristic", "--episodes", "4", "--n-envs", "1"]
    assert esper.main([*words, "--population", "4", "--out", "a", "--recipe", "r.yaml"]) == 0
    assert "vynapse run --recipe r.yaml grows by these thresholds" in capsys.readouterr().out
    assert main.main(["run", "--recipe", "r.yaml", "--out", "b"]) == 0
    recipe = json.loads((Path("b") / "run.json").read_text())["recipe"]
    (stage,) = recipe["stages"]
    assert stage["controller"]["kind"] == "heuristic"
    assert stage["budget"]["epochs"] == 3
    # the same command only shows it again, and writes the recipe beside the run
    assert esper.main([*words, "--population", "4", "--out", "a", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[-1])["status"] == "finished"
    assert (Path("a") / "evolved.yaml").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["iql", *QUICK, "--behaviour", "nobody"], "one of random, heuristic, clock, no-op, or"),
        (["evolve", *QUICK, "--policy", "network", "--recipe", "r"], "it is for --policy heuri"),
        (
            ["evolve", *QUICK, "--policy", "heuristic", "--devices", "cpu,cpu"],
            "thresholds are evolved on one device",
        ),
        (["evolve", *QUICK, "--population", "0"], "--population: a number from 1 on"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert esper.main(words) == 2
    assert sentence in capsys.readouterr().err
