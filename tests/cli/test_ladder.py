# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`esper ladder`: the table, the files, and mistakes."""

import json
from pathlib import Path

import pytest

from vynapse.cli import esper

QUICK = ["ladder", "--task", "xor", "--max-epochs", "3", "--set", "epoch_steps=5"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_prints_a_table_and_leaves_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    words = [*QUICK, "--rungs", "static", "--episodes", "1", "--training", "env_steps=12"]
    assert esper.main([*words, "--out", "a"]) == 0
    told = capsys.readouterr()
    assert "| static |" in told.out
    assert "static: searching, 4 episodes" in told.err
    assert Path("a/report.html").is_file()
    assert esper.main([*words, "--out", "a", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["compared_with"] == "static"
    assert found["rungs"][0]["searched"]["episodes"] == 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--training", "hours=3"], "episodes=NUMBER or env_steps=NUMBER was wanted"),
        (["--training", "episodes=nan"], "episodes=NUMBER or env_steps=NUMBER was wanted"),
        (["--training", "episodes=0"], "episodes=NUMBER or env_steps=NUMBER was wanted"),
        (["--rungs", "no-op,"], "--rungs: names with commas"),
        (["--rungs", "no-ops"], "no-op"),
        (["--episodes", "0"], "--episodes: a number from 1 on"),
        (["--set", "nothing=1"], "nothing"),
    ],
)
def test_mistakes_end_with_exit_2_and_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert esper.main([*QUICK, *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line
    assert not Path("runs").exists()
