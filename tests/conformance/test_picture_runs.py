# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whole runs on pictures in files end with the same bytes, however they are read, and if killed."""

import csv
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.data.drawn_pictures import folder_of
from tests.evidence import many
from vynapse.cli.main import main
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import read_summary
from vynapse.trainers import feed as feed_module

SIZES = ["network={cnn: {channels: [4]}}", "task.size=[8, 8]"]
AUGMENT = "task.augment=[flip, {crop: 1}]"
MODES = {
    "sgd": [AUGMENT, "batch_size=5", "budget={epochs: 3}"],
    "static": [AUGMENT, "network={mlp: [192, 6, 3]}", "batch_size=5", "budget={epochs: 1}"],
    "grow": [AUGMENT, "network={mlp: [192, 6, 3]}", "training.batch_size=5", "budget={epochs: 2}"],
    "deap": ["batch_size=7", "strategy.mu=3", "budget={steps: 2}"],
}
LOADERS = ("{threads: 0}", "{threads: 1}", "{threads: 2, ahead: 1}", "{threads: 4, ahead: 9}")


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    folder_of(tmp_path / "data", 8)


def session(mode: str, path: Path, *keys: str) -> Session:
    overrides = ["task.path=data", *SIZES, *MODES[mode], *keys]
    return Session.create(load_recipe("images", mode, overrides=overrides), path)


def ended(path: Path) -> tuple[Any, list[list[str]]]:
    """What a run found, and all that it measured but for time."""
    with (path / "metrics.csv").open() as file:
        rows = [row[:-1] for row in csv.reader(file)]
    return read_summary(path)["network_sha256"], rows


@pytest.mark.parametrize("mode", MODES)
def test_prefetch_and_threads_change_no_byte(mode: str, tmp_path: Path) -> None:
    found = []
    for number, loader in enumerate(LOADERS if mode == "sgd" else LOADERS[::3]):
        run = session(mode, tmp_path / f"run{number}", f"task.loader={loader}")
        run.run()
        found.append(ended(tmp_path / f"run{number}"))
    session(mode, tmp_path / "cached", "task.cache=0.1").run()
    assert all(other == found[0] for other in [*found, ended(tmp_path / "cached")])


def test_how_pictures_are_read_is_no_part_of_what_a_recipe_is(tmp_path: Path) -> None:
    one = load_recipe("images", "sgd", overrides=["task.path=data"])
    two = load_recipe(
        "images", "sgd", overrides=["task.path=data", "task.loader.threads=7", "task.cache=3"]
    )
    assert one.identity() == two.identity()


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=5)))
@pytest.mark.parametrize("cache", ["null", "0.1"])
def test_killed_within_an_epoch(
    cache: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "_KEEP_BYTES", 0)
    keys = [f"seed={seed}", f"task.cache={cache}", "budget={epochs: 6}"]
    session("sgd", tmp_path / "whole", *keys, "task.loader.threads=0").run()
    killed = tmp_path / "killed"
    session("sgd", killed, *keys, "checkpoint.every_steps=1")
    for step in (2, 7):
        child = os.fork()
        if child == 0:
            try:
                Session.open(killed).run()
            finally:
                os._exit(1)
        until = time.monotonic() + 30
        while not any((killed / "checkpoints").glob(f"*{step:03d}*")) and not _rows(killed) > step:
            assert time.monotonic() < until
            time.sleep(0.002)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    Session.open(killed).run()
    assert ended(killed) == ended(tmp_path / "whole")


def _rows(path: Path) -> int:
    metrics = path / "metrics.csv"
    return len(metrics.read_bytes().splitlines()) if metrics.exists() else 0


def test_waiting_for_data_stands_where_the_time_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session("sgd", tmp_path / "run", 'telemetry={sinks: ["spans"]}').run()
    (stage,) = read_summary(tmp_path / "run")["stages"]
    assert 0 < stage["timings"]["waiting for data"] < stage["timings"]["total"]
    assert main(["show", "run"]) == 0
    assert "waiting for data" in capsys.readouterr().out
    assert main(["show", "run", "--profile"]) == 0
    assert "waiting for data" in capsys.readouterr().out


def test_predictions_name_classes_and_files_without_the_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session("sgd", tmp_path / "run", "budget={epochs: 10}", "learning_rate=0.03").run()
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    assert main(["predict", "run", "elsewhere"]) == 0
    header, *rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert header == ["file", "class", "p_blue", "p_green", "p_red"]
    assert len(rows) == 24
    right = [Path(row[0]).parent.name == row[1] for row in rows]
    assert sum(right) >= 20
    assert main(["predict", "run", rows[5][0]]) == 0
    assert list(csv.reader(capsys.readouterr().out.splitlines())) == [header, rows[5]]
    assert main(["evaluate", "run", "elsewhere", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["examples"] == 24
    assert measured["metrics"]["accuracy"] == pytest.approx(sum(right) / 24)
    assert set(measured["per_class"]) == {"blue", "green", "red"}


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["predict", "run", "absent.png"], "absent.png: cannot be read: No such file"),
        (["predict", "run", "empty"], "empty: a picture or more were wanted"),
        (["predict", "run", "text.png"], "text.png: a picture was wanted"),
        (["evaluate", "run", "empty"], "empty: a folder for each class was wanted"),
        (["evaluate", "run", "other"], "other/rose/1.png: the run knows no class 'rose'"),
    ],
)
def test_pictures_that_a_run_cannot_read_are_one_sentence(
    command: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session("sgd", tmp_path / "run", "budget={steps: 1}").run()
    Path("empty").mkdir()
    Path("text.png").write_text("no picture")
    Path("other/rose").mkdir(parents=True)
    Path("other/rose/1.png").write_bytes(Path("data/red/000.png").read_bytes())
    assert main(command) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_a_run_is_not_resumed_on_other_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session("sgd", tmp_path / "run")
    Path("data/red/000.png").write_bytes(Path("data/blue/000.png").read_bytes())
    assert main(["resume", "run"]) == 2
    assert "data" in capsys.readouterr().err
