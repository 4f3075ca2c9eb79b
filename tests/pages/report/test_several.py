# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The report of runs side by side, and what compare writes at its end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pages.report.conftest import Page
from tests.pages.report.test_one_run import safe
from vynapse.cli import compare
from vynapse.cli.main import main
from vynapse.experiment.compared import grouped, read_table, runs_below
from vynapse.pages.report.html import html_of
from vynapse.pages.report.writing import report_of

pytest.importorskip("matplotlib")

Make = Callable[[str], Path]


def test_compare_has_written_the_report_of_its_folder(compared: Path) -> None:
    text = (compared / "report.html").read_text()
    page = Page(text)
    safe(page, text)
    for title in ("Comparison", "Curves", "Side by side", "Costs", "The networks", "Every run"):
        assert f"<h2>{title}</h2>" in text, title
    table = read_table(compared)
    assert table is not None
    for row in table.rows:
        assert row.text("loss") in page.words
        assert f"{row.mode} (2 seeds)" in page.words
        for run in row.runs:
            assert run["network_sha256"][:12] in page.words
    assert "4 runs of xor in sgd and neat." in page.words
    assert "Its 95 % interval" in page.words or "its 95 % interval" in page.words
    assert "vynapse" in page.words
    assert html_of(report_of([compared])) == text


def test_a_comparison_that_was_interrupted(compared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(compared, folder)
    (folder / "table.json").unlink()
    (folder / "xor-neat" / "seed-1" / "summary.json").unlink()
    report = report_of([folder])
    assert report.status == "1 unfinished"
    assert ("runs finished", "3 of 4") in report.figures
    page = Page(html_of(report))
    assert "unfinished" in page.words
    (folder / "table.json").write_text('[{"task": "xor"}]')
    assert main(["report", str(folder)]) == 2


def test_runs_that_differ_by_their_seeds_belong_together(
    runs: Make, compared: Path, tmp_path: Path
) -> None:
    found = runs_below(compared)
    assert len(found) == 4
    groups = grouped([*found, runs("neat"), runs("sgd")])
    assert [(group.name, len(group.runs)) for group in groups] == [
        ("xor-neat", 2),
        ("xor-sgd", 2),
        ("neat", 1),
        ("sgd", 1),
    ]
    out = tmp_path / "side.html"
    assert main(["report", str(runs("neat")), str(compared), "--out", str(out)]) == 0
    assert "5 runs of xor" in Page(out.read_text()).words


def test_repeats_and_hidden_folders_are_left_out(compared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(compared, folder)
    first = folder / "xor-sgd" / "seed-0"
    shutil.copytree(first, folder / "xor-sgd" / "seed-0-repeat-2")
    shutil.copytree(first, folder / ".hidden" / "seed-9")
    assert len(runs_below(folder)) == 4


def test_episodes_of_control_stand_side_by_side(tmp_path: Path) -> None:
    words = ["compare", "cartpole", "--modes", "neat,deap", "--seeds", "2", "--budget", "steps=2"]
    small = ["neat.population=6", "deap.strategy.offspring=6", "task.validation_episodes=3"]
    sets = [word for text in [*small, "task.test_episodes=3"] for word in ("--set", text)]
    assert main([*words, *sets, "--out", str(tmp_path / "out")]) == 0
    words_of_page = Page((tmp_path / "out" / "report.html").read_text()).words
    assert "episodes ended by themselves" in words_of_page
    assert "validation return of the best network" in words_of_page
    assert "has the highest mean return" in words_of_page


def test_without_matplotlib_compare_says_what_to_install(
    compared: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(compared, folder)
    monkeypatch.setattr(compare, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    line = compare._report(folder)
    assert "\n" not in line
    assert line.endswith("without pictures: run pip install 'vynapse[viz]' for them")
    text = (folder / "report.html").read_text()
    assert "<h2>Comparison</h2>" in text
    assert "<h2>The networks</h2>" in text


def test_the_report_of_a_comparison_loads_no_torch_and_is_made_in_two_seconds(
    compared: Path,
) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "begin = time.process_time()\n"
        "from vynapse.pages.report.writing import write_report\n"
        "write_report([Path(sys.argv[1])])\n"
        "print([time.process_time() - begin, 'torch' in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(compared)]
    found = [
        json.loads(
            subprocess.run(command, check=True, capture_output=True, text=True).stdout.lower()
        )
        for _ in range(2)
    ]
    assert not any(loaded for _, loaded in found)
    from tests import speed

    assert min(spent for spent, _ in found) < speed.limit(2.0)
