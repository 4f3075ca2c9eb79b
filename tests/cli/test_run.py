# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""run, resume, init, schema and compare, as a user meets them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vynapse.cli.main import main

XOR = ["run", "xor", "--mode", "deap", "--set", "strategy.offspring=20"]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_json_is_the_rows_of_metrics_csv_and_the_summary(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*XOR, "--seed", str(seed), "--steps", "7", "--log-every", "3", "--out", "r", "--json"]
    assert main(words) == 0
    *rows, summary = objects(capsys.readouterr().out)
    with Path("r/metrics.csv").open(newline="") as file:
        logged = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == [3, 6, 7]
    assert [row["loss"] for row in rows] == [float(row["loss"]) for row in logged]
    assert [row["cost"]["flops"] for row in rows] == [int(row["flops"]) for row in logged]
    assert summary.keys() >= {
        "run", "task", "mode", "seed", "loss", "metrics", "converged", "steps", "seconds", "cost",
        "network_sha256",
    }  # fmt: skip
    assert (summary["run"], summary["task"], summary["mode"]) == ("r", "xor", "deap")
    assert (summary["seed"], summary["steps"]) == (seed, 7)

    assert main(["show", "r", "--json"]) == 0
    assert objects(capsys.readouterr().out) == [summary]
    assert main(["resume", "r", "--json"]) == 0
    assert objects(capsys.readouterr().out) == [summary]


def test_people_get_the_result_and_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*XOR, "--budget", "steps=5,target=1e-9"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("xor · deap · seed 0: not converged, loss 0.")
    assert "after 5 steps in" in first
    assert rest[0].startswith("  validation: accuracy ")
    assert Path(rest[-1].strip(), "summary.json").exists()


@pytest.mark.parametrize(("mode", "how"), [("deap", " (fused)"), ("sgd", "")])
def test_people_are_told_where_the_time_went(
    mode: str, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def lines(*words: str) -> list[str]:
        assert main(list(words)) == 0
        found = capsys.readouterr().out.splitlines()
        return [line.strip() for line in found if line.strip().startswith("time of")]

    told = lines("run", "xor", "--mode", mode, "--steps", "300", "--out", "r")
    assert told == lines("show", "r")
    summary = json.loads(Path("r/summary.json").read_text())
    if not summary["stages"][0]["timings"].keys() - {"total"}:
        assert told == [], "a mode that does not say"
        return
    (line,) = told
    head, _, shares = line.removeprefix("time of ").rpartition(": ")
    if mode == "deap":
        assert head.startswith(f"deap{how}: ")
        names = [share.split()[0] for share in shares.split(", ")]
        assert names == ["variation", "evaluation", "selection", "validation", "bookkeeping"]
    percent = [int(share.split()[1]) for share in shares.split(", ")]
    assert 97 <= sum(percent) <= 103


def test_options_reach_the_recipe_and_win_over_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["init", "xor", "--mode", "deap", "--out", "recipe.yaml"]) == 0
    words = ["run", "--recipe", "recipe.yaml", "--seed", "5", "--steps", "2", "--out", "r"]
    assert main([*words, "--network", "mlp:2,4,1", "--threads", "1", "--device", "cpu"]) == 0
    capsys.readouterr()
    recipe = json.loads(Path("r/run.json").read_text())["recipe"]
    assert (recipe["seed"], recipe["threads"], recipe["device"]) == (5, 1, "cpu")
    assert recipe["network"] == {"mlp": [2, 4, 1]}
    assert recipe["stages"][0]["budget"]["steps"] == 2


def test_an_existing_run_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*XOR, "--steps", "2", "--out", "r"]) == 0
    before = {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main([*XOR, "--steps", "3", "--out", "r"]) == 2
    assert "r exists already" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()}


def test_init_writes_comments_and_replaces_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "xor", "--mode", "deap"]) == 0
    text = capsys.readouterr().out
    assert text.count("# ") > 15
    Path("recipe.yaml").write_text("mine")
    assert main(["init", "xor", "--mode", "deap", "--out", "recipe.yaml"]) == 2
    assert "recipe.yaml exists already" in capsys.readouterr().err
    assert Path("recipe.yaml").read_text() == "mine"
    assert main(["init", "xor", "--mode", "deap", "--out", "nowhere/recipe.yaml"]) == 1
    assert "cannot write nowhere/recipe.yaml" in capsys.readouterr().err


def test_schema_is_json_and_knows_the_modes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    modes = [
        item["properties"]["mode"]["const"]
        for item in schema["anyOf"][0]["properties"]["stages"]["items"]["anyOf"]
    ]
    assert modes == [form["properties"]["mode"]["const"] for form in schema["anyOf"][1:]]
    assert {"sgd", "deap"} <= set(modes)


def start(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "vynapse", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_resume_ends_with_the_same_network(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    # a row of each step is more than a pipe holds: the run waits until somebody reads
    words = [*XOR, "--steps", "3000", "--json"]
    assert main([*words, "--out", "whole"]) == 0
    whole = objects(capsys.readouterr().out)[-1]

    process = start([*words, "--out", "stopped"])
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["step"] == 1
    process.send_signal(number)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 130, errors
    assert errors.startswith("vynapse: interrupted in stage 0 after step")
    assert "vynapse resume stopped" in errors
    last = json.loads(output.splitlines()[-1])  # what `readline` had read ahead is lost
    assert (last["kind"], last["exit_code"]) == ("Interrupted", 130)
    assert main(["show", "stopped", "--json"]) == 0
    assert objects(capsys.readouterr().out)[0]["status"] == "interrupted"

    assert main(["resume", "stopped", "--json"]) == 0
    resumed = objects(capsys.readouterr().out)[-1]
    assert resumed["network_sha256"] == whole["network_sha256"]

    def without_time(run: str) -> list[str]:
        lines = Path(run, "metrics.csv").read_text().splitlines()
        return [line.rpartition(",")[0] for line in lines]

    assert without_time("stopped") == without_time("whole")


def test_a_run_goes_on_when_nobody_reads_its_objects() -> None:
    process = start([*XOR, "--steps", "800", "--set", "budget.target=null", "--out", "r", "--json"])
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=300) == 0
    assert process.stderr.read() == ""
    process.stderr.close()
    assert json.loads(Path("r/summary.json").read_text())["steps"] == 800


def test_log_messages_are_json_lines_on_request() -> None:
    process = start([*XOR, "--steps", "2", "--log-level", "debug", "--log-json", "--json"])
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0
    assert len(objects(output)) == 3
    entries = objects(errors)
    assert [entry["message"] for entry in entries][:2] == ["run.started", "stage.started"]
    assert entries[1]["mode"] == "deap"
    assert entries[-1]["message"] == "run.finished"


def test_compare_prints_a_table_and_keeps_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "xor", "--modes", "deap", "--seeds", "2", "--budget", "steps=3"]
    assert main([*words, "--out", "c"]) == 0
    captured = capsys.readouterr()
    header, _, row, *_ = captured.out.splitlines()
    assert header.startswith("| task | mode | seeds |")
    assert row.startswith("| xor | deap | 2 |")
    assert captured.out.rstrip().endswith("c/report.html")
    assert Path("c/report.html").is_file()
    assert captured.err.startswith("[1/2] xor deap seed 0: loss ")
    assert Path("c/table.md").read_text() in captured.out + "\n"

    assert main([*words, "--json", "--out", "d"]) == 0
    (arm,) = objects(capsys.readouterr().out)
    assert [run["steps"] for run in arm["runs"]] == [3, 3]
