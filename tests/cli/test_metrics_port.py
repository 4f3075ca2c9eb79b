# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`--metrics-port` of run, resume, compare and esper."""

import re
import socket
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.forked import begin, end, ended, kill, vynapse
from vynapse.telemetry.sinks import needs

BUDGET = "steps=10000000,target=-1,patience=10000000"
LONG = ["--budget", BUDGET, "--set", "checkpoint.every_seconds=1"]

COMPARE = [
    *("compare", "function", "--modes", "deap", "--set", "task.path=tests.cli.waiting:wait"),
    *("--set", "task.size=2", "--set", "task.low=0", "--set", "task.high=1"),
]


def url_of(folder: Path) -> str:
    """What the command has said about where its metrics are."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        if not (folder / ".err").exists():
            continue
        if found := re.search(r"^metrics: (http://\S+)$", (folder / ".err").read_text(), re.M):
            return found[1]
        time.sleep(0.05)
    raise AssertionError((folder / ".err").read_text())


def runs_at(url: str, wanted: int, child: int) -> dict[str, float]:
    """The steps of each run, once there are so many."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit and not ended(child):
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read().decode()
        found = {
            sample.labels["run"]: sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "vynapse_steps_total"
        }
        if len(found) >= wanted:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{wanted} runs were wanted")


def test_a_run_and_its_resumption_are_seen_while_they_work(tmp_path) -> None:
    out = str(tmp_path / "run")
    words = ["run", "xor", "--mode", "deap", "--metrics-port", "0", "--out", out]
    child = begin([*words, *LONG], tmp_path)
    first = runs_at(url_of(tmp_path), 1, child)
    assert first["run"] > 0
    kill(child)
    (tmp_path / ".err").unlink()
    child = begin(["resume", out, "--metrics-port", "0"], tmp_path)
    assert runs_at(url_of(tmp_path), 1, child)["run"] > 0
    kill(child)


def test_one_endpoint_shows_all_runs_of_a_comparison(tmp_path) -> None:
    words = [*COMPARE, "--seeds", "2", "--jobs", "2", "--metrics-port", "0"]
    limits = ["--budget", "seconds=3", "--out", str(tmp_path / "all")]
    child = begin([*words, *limits], tmp_path)
    found = runs_at(url_of(tmp_path), 2, child)
    assert set(found) == {"function-deap/seed-0", "function-deap/seed-1"}
    assert end(child) == 0


@pytest.mark.parametrize("words", [["run", "xor", "--mode", "deap"], ["compare", "xor"]])
def test_a_port_that_is_taken_is_said_before_anything_begins(words, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        result = vynapse([*words, "--metrics-port", port, "--out", str(tmp_path / "a")], tmp_path)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert f"--metrics-port: cannot listen at 127.0.0.1:{port}: address already" in result.stderr
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("port", ["x", "-1", "65536", "1.5", "", "localhost", "a:b"])
def test_what_is_no_port_is_said(port, tmp_path) -> None:
    words = ["run", "xor", "--mode", "deap", f"--metrics-port={port}", "--out", str(tmp_path / "a")]
    result = vynapse(words, tmp_path)
    assert result.returncode == 2
    assert "--metrics-port: PORT or HOST:PORT, from 0 to 65535, was wanted, got" in result.stderr
    assert not (tmp_path / "a").exists()


def test_without_prometheus_client_the_command_that_installs_it_is_said(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda _module: None)
    words = ["run", "xor", "--mode", "deap", "--metrics-port", "0", "--out", str(tmp_path / "a")]
    result = vynapse(words, tmp_path)
    assert result.returncode == 2
    assert "--metrics-port needs the package 'prometheus-client'" in result.stderr
    assert "pip install 'vynapse[telemetry]'" in result.stderr


def test_a_killed_endpoint_of_a_comparison_is_told_once(tmp_path) -> None:
    words = [*COMPARE, "--seeds", "3", "--metrics-port", "0"]
    child = begin([*words, "--budget", "seconds=1", "--out", str(tmp_path / "all")], tmp_path)
    runs_at(url_of(tmp_path), 1, child)
    (server,) = [one for one in psutil.Process(child).children() if "serving" in one.cmdline()[2]]
    server.kill()
    assert end(child) == 0
    told = (tmp_path / ".err").read_text()
    assert told.count("the process that serves metrics has ended") == 1
    assert len(list((tmp_path / "all").glob("*/seed-*/summary.json"))) == 3


def test_what_a_sink_missed_stands_at_the_end_of_a_run(tmp_path, capsys) -> None:
    from vynapse.cli.main import main

    sinks = "telemetry.sinks=['tests.experiment.test_watching:Slow']"
    limits = ["--budget", "steps=20000", "--set", "budget.target=null"]
    words = ["run", "xor", "--mode", "deap", "--out", str(tmp_path / "run"), *limits]
    assert main([*words, "--set", sinks, "--set", "budget.patience=null"]) == 0
    line = r"^  sink tests\.experiment\.test_watching:Slow was too slow: it missed [\d,]+ events"
    assert re.search(line, capsys.readouterr().out, re.MULTILINE)
