# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The endpoint: what it serves, and how it begins and ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vynapse.errors import ConfigError
from vynapse.telemetry.events import Event
from vynapse.telemetry.metrics.endpoint import Endpoint
from vynapse.telemetry.metrics.serving import Boards
from vynapse.telemetry.sinks.prometheus import PrometheusSink, watched

ROW = {"stage": 0, "step": 40, "loss": 0.25, "forwards": 10**12, "seconds": 1.5, "a.b c": 2.0}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint(0)
    yield found
    found.close()


def scrape(url: str, accept: str = "text/plain") -> str:
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


def samples(text: str) -> dict[tuple[str, str], float]:
    """Values by name and run."""
    return {
        (sample.name, sample.labels["run"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def record(directory: Path, seed: int) -> Path:
    directory.mkdir()
    stages = '[{"mode": "deap"}, {"mode": "sgd"}]'
    text = f'{{"recipe": {{"task": {{"name": "xor"}}, "seed": {seed}, "stages": {stages}}}}}'
    (directory / "run.json").write_text(text)
    return directory


def test_prometheus_gets_names_units_and_labels_by_its_conventions(endpoint, tmp_path) -> None:
    first = PrometheusSink(record(tmp_path / "a", 3), endpoint.folder, endpoint=endpoint)
    other = PrometheusSink(record(tmp_path / "b", 4), endpoint.folder, "x/b", endpoint)
    first.event(Event(0, "", "checkpoint.saved", 0, 30))
    first.row(ROW)
    first.event(Event(0, "", "stage.finished", 0, 40))
    first.row({"stage": 1, "step": 2, "loss": 0.125})
    other.row(ROW)
    text = scrape(endpoint.url)
    found = samples(text)
    assert found["vynapse_loss", "a"] == 0.125
    assert found["vynapse_loss", "x/b"] == 0.25
    assert found["vynapse_steps_total", "a"] == 42
    assert found["vynapse_forwards_total", "a"] == 1e12
    assert found["vynapse_run_seconds_total", "a"] == 1.5
    assert found["vynapse_checkpoints_total", "a"] == 1
    assert found["vynapse_a_b_c", "a"] == 2
    assert found["vynapse_process_resident_memory_bytes", "a"] > 10**6
    assert found["vynapse_process_cpu_seconds_total", "a"] > 0
    info = 'vynapse_run_info{mode="deap+sgd",run="a",seed="3",task="xor",version='
    assert info in text
    assert "# TYPE vynapse_steps_total counter" in text
    assert "# TYPE vynapse_loss gauge" in text
    assert "# HELP vynapse_loss Loss of the best network" in text
    assert "# EOF" in scrape(endpoint.url, "application/openmetrics-text; version=1.0.0")
    first.event(Event(0, "", "run.finished", 1, 2))
    first.close()
    other.close()
    assert samples(scrape(endpoint.url))["vynapse_run_finished", "a"] == 1


def test_only_metrics_are_there_and_a_rude_client_harms_nobody(endpoint) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        scrape(endpoint.url.replace("/metrics", "/../etc/passwd"))
    host, port = "127.0.0.1", int(endpoint.url.split(":")[2].split("/")[0])
    with socket.create_connection((host, port)):
        pass
    with socket.create_connection((host, port)) as client:
        client.sendall(b"\xff\xfe nonsense\r\n\r\n")
    with socket.create_connection((host, port)):
        assert "vynapse" in scrape(endpoint.url), "one that says nothing holds it for a second"


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sentence = f"--metrics-port: cannot listen at 127.0.0.1:{port}: address already in use"
        with pytest.raises(ConfigError, match=sentence):
            Endpoint(port)
    with pytest.raises(ConfigError, match="cannot listen at no.such.host.invalid:0"):
        Endpoint(0, "no.such.host.invalid")


def test_it_listens_at_this_machine_alone_and_loads_no_torch(endpoint) -> None:
    assert endpoint.url.startswith("http://127.0.0.1:")
    scrape(endpoint.url)
    assert "torch" not in Path(f"/proc/{endpoint.pid}/maps").read_text()


def test_it_ends_with_its_run_and_nothing_is_left() -> None:
    endpoint = Endpoint(0)
    pid, folder = endpoint.pid, endpoint.folder
    assert folder.exists()
    endpoint.close()
    assert gone(pid)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_when_its_parent_is_killed(number) -> None:
    code = (
        "import time; from vynapse.telemetry.metrics.endpoint import Endpoint; "
        "e = Endpoint(0); print(e.pid, e.folder, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, folder = parent.stdout.readline().split()
    parent.stdout.close()
    parent.send_signal(number)
    parent.wait()
    until(lambda: gone(int(pid)))
    assert not Path(folder).exists()


def test_a_killed_process_is_told_once_by_the_sink(endpoint, tmp_path, monkeypatch) -> None:
    sink = PrometheusSink(tmp_path, endpoint.folder, endpoint=endpoint)
    os.kill(endpoint.pid, signal.SIGKILL)
    until(lambda: endpoint.ended() is not None)
    sink.row(ROW)
    with pytest.raises(ProcessLookupError, match="serves metrics has ended"):
        sink.close()
    assert watched(tmp_path, endpoint.folder, "next", endpoint) == {}
    assert watched(tmp_path, tmp_path / "absent", "next") == {}


def test_values_of_ended_runs_go_after_a_while(endpoint, tmp_path, monkeypatch) -> None:
    sink = PrometheusSink(tmp_path, endpoint.folder)
    alive = PrometheusSink(tmp_path, endpoint.folder)
    sink.close()
    boards = Boards(endpoint.folder)
    now = time.monotonic()
    list(boards.collect())
    assert len(list(endpoint.folder.iterdir())) == 4
    monkeypatch.setattr(time, "monotonic", lambda: now + 1000)
    list(boards.collect())
    assert len(list(endpoint.folder.iterdir())) == 2
    list(boards.collect())
    assert len(list(endpoint.folder.iterdir())) == 2
    alive.close()
