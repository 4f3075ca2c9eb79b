# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""show, runs, and the curve in letters and as a picture."""

from __future__ import annotations

import json
import math
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.cli.curve import chart, losses_by_stage, plot
from vynapse.cli.main import main
from vynapse.cli.output import clock, duration, number, table, times
from vynapse.errors import ConfigError, MissingExtra, StorageError
from vynapse.telemetry.reading import Logged

TWO_STAGES = """
task: xor
network: {mlp: [2, 3, 1]}
stages:
  - {mode: deap, strategy: {offspring: 20}, budget: {steps: 4}}
  - {mode: deap, strategy: {offspring: 20}, budget: {steps: 3, target: 1.0e-9}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs and one that has not begun to step."""
    root = tmp_path_factory.mktemp("runs")
    recipe = root / "recipe.yaml"
    recipe.write_text(TWO_STAGES)
    assert main(["run", "--recipe", str(recipe), "--out", str(root / "two")]) == 0
    words = ["run", "xor", "--mode", "deap", "--steps", "2", "--seed", "7"]
    assert main([*words, "--out", str(root / "one")]) == 0
    (root / "fresh").mkdir()
    (root / "fresh" / "run.json").write_text((root / "one" / "run.json").read_text())
    return root


def test_show_tells_stages_figures_and_draws_the_loss(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(folder / "two")]) == 0
    text = capsys.readouterr().out
    summary = json.loads((folder / "two" / "summary.json").read_text())
    lines = text.splitlines()
    assert lines[0].startswith("xor · deap+deap · seed 0: not converged, loss ")
    assert lines[1].startswith("  validation: accuracy ")
    stages = [line.split() for line in lines if line.split()[1:2] == ["deap"]]
    assert [stage[0] for stage in stages] == ["0", "1"]
    assert [stage[3] for stage in stages] == ["4", "3"]
    assert summary["network_sha256"] in text
    assert "7 rows of metrics.csv" in text
    assert "█" in text


def test_show_of_a_run_that_has_not_stepped(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(folder / "fresh")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "xor · deap · seed 7: unfinished"
    assert main(["show", str(folder / "fresh"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "unfinished"


def grown(folder: Path, run: Path) -> Path:
    """A copy of the run of two stages, as if it were of mode grow and seeds had lived in it."""
    shutil.copytree(folder / "two", run)
    for name in ("summary.json", "run.json"):
        text = (run / name).read_text().replace('"deap+deap"', '"grow+grow"')
        (run / name).write_text(text.replace('"mode": "deap"', '"mode": "grow"'))
    lives = [
        (0, 1, "stage1", "s0", "dormant", "germinated", "germinate"),
        (0, 1, "stage1", "s0", "germinated", "training", "start"),
        (0, 3, "stage1", "s0", "training", "culled", "cull"),
        (1, 2, "stage2", "s0", "dormant", "germinated", "germinate"),
    ]
    with (run / "events.jsonl").open("a") as file:
        for stage, epoch, slot, seed, before, entered, cause in lives:
            about = {
                "slot": slot, "seed": seed, "blueprint": "norm", "from": before, "to": entered,
                "cause": cause, "reason": f"of {cause}", "epoch": epoch, "parameters": 8,
                "alpha": 0.0, "gates": [],
            }  # fmt: skip
            event = {"v": 1, "seq": 99, "time": "2026-03-01T12:00:00.125Z", "kind": "growth.stage"}
            file.write(json.dumps(event | {"stage": stage, "step": epoch, "data": about}) + "\n")
    return run


def test_show_of_a_run_that_ended_before_its_first_row(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = grown(folder, tmp_path / "run")
    (run / "metrics.csv").write_text((run / "metrics.csv").read_text().splitlines()[0] + "\n")
    assert main(["show", str(run)]) == 0
    assert "Epoch 3: of cull" in capsys.readouterr().out


def test_show_tells_the_lives_of_seeds_stage_by_stage(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(grown(folder, tmp_path / "run"))]) == 0
    lines = capsys.readouterr().out.splitlines()
    first, second = (
        next(n for n, line in enumerate(lines) if line.startswith(f"{slot} "))
        for slot in ("stage1", "stage2")
    )
    assert first < second
    assert lines[first].split() == ["stage1", "gtxx"], "a character for each of the 4 epochs"
    assert lines[second].split() == ["stage2", "·gg"]
    between = "\n".join(lines[first:second])
    assert "Epoch 1: of germinate, so a norm seed s0" in between
    assert "Epoch 3: of cull, so seed s0 in stage1 was given up." in between
    assert "Epoch 2: of germinate, so a norm seed s0" in "\n".join(lines[second:])
    assert lines[-1].endswith("7 rows of metrics.csv"), "the curve comes last"
    assert main(["show", str(folder / "two")]) == 0
    assert "poch" not in capsys.readouterr().out


def test_show_says_in_json_what_became_of_seeds(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = grown(folder, tmp_path / "run")
    assert main(["show", str(run), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [summary["growth"][key] for key in ("germinated", "culled", "fossilized")] == [2, 1, 0]
    assert [seed["slot"] for seed in summary["growth"]["seeds"]] == ["stage1", "stage2"]
    (run / "summary.json").unlink()
    assert main(["show", str(run), "--json"]) == 0
    going_on = json.loads(capsys.readouterr().out)
    assert going_on["status"] == "unfinished"
    assert going_on["growth"] == summary["growth"]


def test_runs_lists_them_for_people_and_programs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", str(folder)]) == 0
    header, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert header == ["run", "status", "loss", "steps", "time"]
    assert [row[:2] for row in rows] == [
        ["fresh", "unfinished"],
        ["one", "finished"],
        ["two", "finished"],
    ]
    assert rows[0][2:] == ["-", "-", "-"]
    assert rows[2][3] == "7"
    assert main(["runs", str(folder), "--json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [run["run"] for run in listed] == ["fresh", "one", "two"]


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_plot_writes_a_picture(
    folder: Path, tmp_path: Path, ending: str, magic: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / f"loss.{ending}"
    assert main(["show", str(folder / "two"), "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(magic)


def test_the_picture_of_a_run_shows_what_grew(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pictures = []
    for run in (folder / "two", grown(folder, tmp_path / "run")):
        pictures.append(tmp_path / f"{run.name}.svg")
        assert main(["show", str(run), "--plot", str(pictures[-1])]) == 0
    without, with_growth = (picture.read_text() for picture in pictures)
    for word in ("stage1", "stage2", "training", "culled"):
        assert f"<!-- {word} -->" in with_growth
        assert f"<!-- {word} -->" not in without


def test_a_picture_needs_a_known_ending_a_folder_and_matplotlib(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = {0: ([1, 2], [0.5, 0.25])}
    with pytest.raises(ConfigError, match=r"ends in \.png or \.svg was wanted, got loss\.gif"):
        plot(stages, ["sgd"], "title", Path("loss.gif"))
    with pytest.raises(StorageError, match="nowhere"):
        plot(stages, ["sgd"], "title", tmp_path / "nowhere" / "loss.svg")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vynapse\[viz\]'"):
        plot(stages, ["sgd"], "title", tmp_path / "loss.svg")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300))
def test_a_chart_fits_and_shows_the_last_value(values: list[float]) -> None:
    lines = chart(values, width=40, height=5)
    assert len(lines) == 6
    margin = max(len(f"{max(values):.4g}"), 12)
    assert all(len(line) <= margin + 1 + 40 for line in lines[:-1])
    assert f"{len(values):,} rows" in lines[-1]


def test_a_chart_goes_down_with_the_loss() -> None:
    lines = chart([8.0, 4.0, 2.0, 1.0], width=4, height=8)
    cells = [line[2:].ljust(4) for line in lines[:-1]]
    heights = [sum(row[column] != " " for row in cells) for column in range(4)]
    assert heights[0] == 8
    assert heights == sorted(heights, reverse=True)
    assert heights[3] == 1
    assert "logarithmic" not in lines[-1]


def test_small_losses_and_zeros_are_drawn_on_a_logarithmic_scale() -> None:
    lines = chart([1.0, 1e-2, 1e-4, 0.0], width=4, height=4)
    assert "logarithmic" in lines[-1]
    bottom = lines[3].rpartition(" ")[2]
    assert bottom[2] == bottom[3] == "▁"
    assert chart([]) == []
    assert chart([0.5])[-2].endswith("▁")


def test_losses_that_are_not_finite_are_left_out() -> None:
    rows = [
        Logged(0, 1, math.inf, 0.1),
        Logged(0, 2, 0.5, None),
        Logged(0, 3, None, None),
        Logged(1, 1, 0.25, 0.2),
    ]
    assert losses_by_stage(rows) == {0: ([2], [0.5]), 1: ([1], [0.25])}


def test_how_numbers_and_times_look() -> None:
    assert [number(value) for value in (None, 0, 12345, 0.012345, 1e-9)] == [
        "-", "0", "12,345", "0.01235", "1e-09",
    ]  # fmt: skip
    assert [duration(value) for value in (None, 0.123, 12.34, 75.0)] == [
        "-", "0.12 s", "12.3 s", "0:01:15",
    ]  # fmt: skip
    assert [clock(value) for value in (0.0, 0.2, 3599.5)] == ["0:00:00", "0:00:01", "1:00:00"]


def test_where_the_time_of_a_stage_went() -> None:
    stage = {
        "mode": "deap",
        "choices": {"path": "fused"},
        "timings": {"variation": 1.0, "evaluation": 2.5, "total": 5.0},
    }
    assert times(stage) == (
        "time of deap (fused): 5.00 s in all: variation 20 %, evaluation 50 %, bookkeeping 30 %"
    )
    assert times(stage | {"choices": {}}) == (
        "time of deap: 5.00 s in all: variation 20 %, evaluation 50 %, bookkeeping 30 %"
    )
    walked = {**stage, "choices": {}, "cost": {"env_steps": 61_728}}
    assert (times(walked) or "").endswith(", bookkeeping 30 %; 12,346 env steps/s")
    # clocks disagree by a little
    late = {"mode": "deap", "timings": {"evaluation": 5.01, "total": 5.0}}
    assert times(late) == "time of deap: 5.00 s in all: evaluation 100 %, bookkeeping 0 %"
    # a mode that does not say, and a run of a time when none did
    assert times({"mode": "sgd", "timings": {"total": 5.0}}) is None
    assert times({"mode": "deap", "loss": 0.1}) is None


def test_columns_of_numbers_are_aligned_to_the_right() -> None:
    assert table(["name", "n"], [["a", "1"], ["bcd", "20"]]) == ["name   n", "a      1", "bcd   20"]
