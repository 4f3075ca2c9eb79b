# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a dashboard shows of runs of every kind, in screens of every size."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests import speed
from vynapse.errors import RunDirectoryError
from vynapse.experiment.config import load_recipe
from vynapse.experiment.directory import RunDirectory
from vynapse.experiment.session import Session, StageReport
from vynapse.pages.resources import holder
from vynapse.pages.terminal import Line
from vynapse.pages.watched import marks_of
from vynapse.pages.watching import Dashboard


def text_of(lines: list[Line]) -> str:
    return "\n".join(text for text, _ in lines)


def shown(run: Path, width: int = 80, height: int = 24) -> str:
    return text_of(Dashboard(run).look(width, height))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finished runs: species, gradients, and two stages."""
    root = tmp_path_factory.mktemp("runs")
    budget = "budget: {steps: 20, target: null}"
    staged = [f"stages=[{{mode: deap, {budget}}}, {{mode: sgd, {budget}}}]"]
    recipes: dict[str, tuple[str | None, list[str]]] = {
        "neat": ("neat", ["budget={steps: 12, target: null}"]),
        "sgd": ("sgd", ["budget={steps: 300, target: null}"]),
        "two": (None, staged),
    }
    for name, (mode, keys) in recipes.items():
        Session.create(load_recipe("xor", mode, overrides=keys), root / name).run()
    return root


def test_a_finished_run_is_shown_whole(root: Path) -> None:
    text = shown(root / "sgd")
    title, about, bar, *_ = text.splitlines()
    assert title.split()[:2] == ["sgd", "finished"]
    assert about == "xor · sgd · seed 0 · step 300"
    assert bar.startswith("█" * 40)
    assert bar.endswith("100 %  steps 300 of 300")
    assert "loss 0." in text
    assert "learning_rate 0.1" in text
    assert "stage ended by steps" in text
    assert text.splitlines()[-1].endswith("finished")


def test_species_are_shown_while_they_live(root: Path) -> None:
    text = shown(root / "neat", height=40)
    assert "species 1 " in text
    assert "━━━" in text
    assert "━ alive" in text
    assert "best_hidden" in text


def test_each_thing_that_lasted_has_a_mark_of_its_own() -> None:
    parts = [("training", 0, 3), ("blending", 3, 5), ("tested", 5, 6), ("t", 6, 7)]
    assert marks_of({"a": parts, "b": parts[:1]}) == {
        "training": "t", "blending": "b", "tested": "e", "t": "?",
    }  # fmt: skip
    assert marks_of({"a": [("alive", 0, 3)]}) == {"alive": "━"}
    assert marks_of({}) == {}


def test_the_second_stage_has_its_own_budget_and_steps(root: Path) -> None:
    text = shown(root / "two", width=120)
    assert "xor · sgd 2/2 · seed 0 · step 20" in text
    assert "100 %  steps 20 of 20" in text
    assert "steps 1 to 40" in text


@given(width=st.integers(1, 200), height=st.integers(0, 70), name=st.sampled_from(["neat", "two"]))
def test_a_screen_keeps_to_its_size(root: Path, width: int, height: int, name: str) -> None:
    dashboard = Dashboard(root / name, "q leaves")
    lines = dashboard.look(width, height)
    assert len(lines) <= height
    assert all(cell_len(text) <= width for text, _ in lines)
    assert all(text.isprintable() for text, _ in lines)
    if height > 4 and width > 20:
        assert lines[-1][0] == "q leaves"
        assert len(lines) == height


def test_what_a_terminal_would_obey_is_not_handed_on(root: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(root / "sgd", tmp_path / "evil\x1b[2J\x07名前"))
    (run / "summary.json").unlink()
    with (run / "events.jsonl").open("a") as file:
        event = {"v": 1, "kind": "warning", "stage": 0, "step": 1, "time": "x"}
        file.write(json.dumps({**event, "data": {"message": "a\x1b]0;b\nc"}}) + "\n")
        file.write(json.dumps({**event, "data": {}}) + "\n")
    text = shown(run)
    assert "evil?[2J?名前" in text
    assert "warning: a?]0;b?c" in text
    assert "\x1b" not in text


def test_a_run_is_shown_from_before_its_first_step_to_its_end(tmp_path: Path) -> None:
    keys = ["budget={steps: 60, target: null}", "selection=roulette"]
    session = Session.create(load_recipe("xor", "deap", overrides=keys), tmp_path / "run")
    dashboard = Dashboard(session.directory)
    assert "no row of metrics.csv yet" in text_of(dashboard.look(80, 24))
    seen: list[str] = []

    def look(item: StageReport) -> None:
        if item.report.step % 20 == 0:
            time.sleep(0.25)  # rows reach the disk
            seen.append(text_of(dashboard.look(80, 24)))

    session.run([look])
    assert all("running" in text for text in seen)
    assert f"process {os.getpid()}: " in seen[-1]
    assert "steps/s" in seen[-1]
    assert "finished" in text_of(dashboard.look(80, 24))
    assert "process" not in text_of(dashboard.look(80, 24))


def test_a_run_of_a_mode_that_is_not_installed_is_shown(root: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(root / "sgd", tmp_path / "run"))
    record: dict[str, Any] = json.loads((run / "run.json").read_text())
    record["recipe"]["stages"][0]["mode"] = "elsewhere"
    (run / "run.json").write_text(json.dumps(record))
    assert "xor · elsewhere · seed 0" in shown(run)


def test_a_damaged_run_is_refused_in_a_sentence(root: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(root / "sgd", tmp_path / "run"))
    (run / "metrics.csv").write_text("stage,step\n1\n")
    with pytest.raises(RunDirectoryError, match="2 cells were wanted, got 1"):
        shown(run)


CELLS = st.sampled_from(["", "nan", "inf", "-inf", "x", "1e999", "-3", "0", "1.5", "9" * 400])


@given(st.lists(st.lists(CELLS, min_size=10, max_size=10), min_size=1, max_size=5))
def test_cells_of_any_content_are_shown(
    root: Path, tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    run = Path(shutil.copytree(root / "sgd", tmp_path_factory.mktemp("odd") / "run"))
    (run / "summary.json").unlink()
    names = "stage,step,loss,seconds,forwards,flops,epoch,accuracy,restarts,batch_loss,sigma,x"
    lines = [",".join(["0", str(step), *row]) for step, row in enumerate(rows, 1)]
    (run / "metrics.csv").write_text("\n".join([names, *lines, ""]))
    with RunDirectory(run).locked(), suppress(RunDirectoryError):  # a loss may be no number
        assert len(Dashboard(run, "q").look(80, 24)) == 24


def test_a_run_that_starts_again_is_shown_from_the_beginning(root: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(root / "sgd", tmp_path / "run"))
    dashboard = Dashboard(run)
    dashboard.look(80, 24)
    (run / "summary.json").unlink()
    lines = (run / "metrics.csv").read_bytes().splitlines(keepends=True)
    (run / "metrics.csv").write_bytes(b"".join(lines[:50]))
    text = text_of(dashboard.look(80, 24))
    assert "unfinished" in text
    assert "step 49" in text
    assert "steps 1 to 49" in text


def test_who_holds_a_lock_is_known(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert holder(tmp_path / "lock") is None
    with directory.locked():
        assert holder(tmp_path / "lock") == os.getpid()
    assert holder(tmp_path / "lock") is None


def test_a_look_takes_less_than_a_fiftieth_of_the_time_between_two(root: Path) -> None:
    dashboard = Dashboard(root / "sgd")
    dashboard.look(80, 24)
    spent = []
    for _ in range(20):
        begin = time.process_time()
        dashboard.look(80, 24)
        spent.append(time.process_time() - begin)
    assert sorted(spent)[10] < speed.limit(0.02 * 0.5)
