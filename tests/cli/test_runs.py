# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`vynapse runs` and `vynapse runs tag` as they are typed; `last` where a run is named."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from vynapse.cli.main import main
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs; c is the newest, and a began ten days ago."""
    folder = tmp_path_factory.mktemp("made")
    for days, name, mode, keys in (
        (10, "a", "deap", ["budget={steps: 3, target: null}"]),
        (1, "b", "sgd", ["budget={steps: 500, target: null}"]),
        (0, "c", "deap", ["budget={steps: 200, target: null}"]),
    ):
        run = Session.create(load_recipe("xor", mode, overrides=keys), folder / name)
        run.run()
        record = run.directory / "run.json"
        begun = record.stat().st_mtime - 86400 * days
        os.utime(record, (begun, begun))
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them in `runs`."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path / "runs")
    return tmp_path / "runs"


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    out, err = capsys.readouterr()
    return err if code else out


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    lines = said(capsys, "runs", *words, "--json").splitlines()
    return [json.loads(line)["run"] for line in lines]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "abc"),
        (["runs"], "abc"),
        (["--task", "xor"], "abc"),
        (["--task", "spirals"], ""),
        (["--mode", "deap"], "ac"),
        (["--since", "2d"], "bc"),
        (["--since", "2001-01-01"], "abc"),
        (["--where", "steps>100"], "bc"),
        (["--where", "mode=deap and not steps>100"], "a"),
        (["--sort", "steps"], "acb"),
        (["--sort", "steps", "--reverse"], "bca"),
        (["--sort", "begun"], "abc"),
        (["--reverse"], "cba"),
        (["--mode", "deap", "--since", "2d", "--where", "status=finished"], "c"),
    ],
)
def test_runs_are_chosen_and_sorted(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed(capsys, *words) == list(expected)


@pytest.mark.usefixtures("runs")
def test_tags_are_given_shown_asked_for_and_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert "tags" not in said(capsys, "runs")
    assert said(capsys, "runs", "tag", "runs/a", "paper", "old") == "runs/a: old, paper\n"
    said(capsys, "runs", "tag", "last", "paper")
    assert listed(capsys, "--tag", "paper") == ["a", "c"]
    assert listed(capsys, "--tag", "paper", "--tag", "old") == ["a"]
    header, first, *_ = said(capsys, "runs").splitlines()
    assert header.split()[-1] == "tags"
    assert first.endswith("  old paper")
    assert said(capsys, "runs", "tag", "runs/a", "old", "--remove") == "runs/a: paper\n"
    assert said(capsys, "runs", "tag", "runs/b") == "runs/b: no tags\n"


@pytest.mark.usefixtures("runs")
def test_a_field_that_is_sorted_by_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    header, *lines = said(capsys, "runs", "--sort", "parameters").splitlines()
    assert header.split() == ["run", "status", "loss", "steps", "time", "parameters"]
    assert all(line.split()[-1] == "9" for line in lines)


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--where", "los<1"], "unknown field of --where 'los': did you mean 'loss'?"),
        (["--sort", "stepz"], "unknown field of --sort 'stepz': did you mean 'steps'?"),
        (["--where", "loss <"], "got the end"),
        (["--since", "tomorrow"], "--since: a time such as 2d, 12h or 2026-11-01"),
        (["tag", "last", "--remove"], "--remove: the tags to take off were wanted, got none"),
        (["tag", "last", "a/b"], "tag: a word of at most 64"),
        (["tag", "nowhere", "paper"], "nowhere is not a run directory"),
        (["nowhere"], "nowhere is not a folder of runs"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, "runs", *words, code=2)
    assert sentence in told
    assert told.count("\n") == 1


@pytest.mark.usefixtures("runs")
def test_that_no_run_is_meant_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--task", "spirals"]) == 0
    out, err = capsys.readouterr()
    assert out == "run  status  loss  steps  time\n"
    assert err == "none of the 3 runs in runs is meant\n"


@pytest.mark.parametrize(
    "words",
    [
        ["show", "last"],
        ["resume", "last"],
        ["evaluate", "last", "validation"],
        ["predict", "last", "validation"],
        ["graph", "last"],
        ["runs", "tag", "last"],
        ["show", "run:runs/c"],
    ],
)
def test_last_is_the_newest_run_in_every_command(
    words: list[str], runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = said(capsys, *words)
    path = [str(Path("runs/c")) if word in ("last", "run:runs/c") else word for word in words]
    assert found.replace(f"{runs}/", "runs/") == said(capsys, *path)


def test_without_a_run_there_is_no_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / ".1-0.staging").mkdir(parents=True)
    (tmp_path / "runs" / ".1-0.staging" / "run.json").touch()
    for command in ("show", "resume", "play", "why"):
        assert "'last' is the newest run in 'runs', and there is none" in said(
            capsys, command, "last", code=2
        )
