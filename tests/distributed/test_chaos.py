# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A run whose coordinator and workers are killed ends with the winner of one that nobody touched.

Six workers: two are killed and started anew, one freezes, one answers garbage. The coordinator is
killed and resumes. With VYNAPSE_EVIDENCE set there are 32, a third of which are killed, and five
kills of the coordinator.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.distributed.test_grpc import odd, truncated
from tests.evidence import many
from vynapse.distributed.journal import read
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session

ROOT = Path(__file__).parents[2]
WORKERS = many(sample=6, evidence=32)
KILLED = many(sample=2, evidence=11)
KILLS = many(sample=1, evidence=5)
KEYS = [
    "task.path=tests.distributed.crews:asleep",
    "task.size=3",
    "task.start=1.0",
    "strategy={kind: snes, offspring: 24}",
    f"budget.steps={many(sample=40, evidence=400)}",
    "checkpoint.every_steps=1",
]


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "vynapse", *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Workers:
    """Processes at sockets in a folder, which a supervisor starts anew."""

    def __init__(self, folder: Path, count: int) -> None:
        self.addresses = [f"unix:{folder}/{number}" for number in range(count)]
        self.processes = [self._started(address) for address in self.addresses]

    def _started(self, address: str) -> subprocess.Popen[bytes]:
        return start("worker", "--listen", address, "--allow", "tests")

    def kill(self, number: int) -> None:
        self.processes[number].kill()
        self.processes[number].wait()
        Path(self.addresses[number].removeprefix("unix:")).unlink(missing_ok=True)
        self.processes[number] = self._started(self.addresses[number])

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Short enough for the path of a socket."""
    import shutil
    import tempfile

    path = Path(tempfile.mkdtemp(prefix="v"))
    yield path
    shutil.rmtree(path)


def steps(run: Path) -> int:
    with suppress(OSError):
        return len((run / "metrics.csv").read_bytes().splitlines()) - 1
    return 0


def wait_for(run: Path, wanted: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while steps(run) < wanted and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)


def test_killed_frozen_and_lying_processes_change_no_byte(tmp_path: Path, folder: Path) -> None:
    plain = tmp_path / "plain"
    recipe = load_recipe(
        "function", "deap", overrides=[*KEYS, "task.path=tests.distributed.crews:sphere"]
    )
    sphere = Session.create(recipe, plain).run()
    run, chance, total = tmp_path / "run", random.Random(0), int(KEYS[4].rpartition("=")[2])
    with ExitStack() as held:
        workers = Workers(folder, WORKERS - 1)
        held.callback(workers.close)
        liar = held.enter_context(odd(answer=truncated))
        named = json.dumps([*workers.addresses, liar])
        how = f"evaluator={{kind: grpc, workers: {named}, heartbeat: 0.5, timeout: 5, patience: 3}}"
        words = [word for key in [*KEYS, how] for word in ("--set", key)]
        process = start("run", "function", "--mode", "deap", *words, "--out", str(run))
        for kill in range(1, KILLS + 1):
            wait_for(run, kill * total // (KILLS + 1), process)
            if kill == 1:
                workers.processes[0].send_signal(signal.SIGSTOP)
            for _ in range(max(1, KILLED // KILLS)):
                workers.kill(chance.randrange(1, WORKERS - 1))
            process.kill()
            process.wait()
            process = start("resume", str(run))
            wait_for(run, kill * total // (KILLS + 1) + 3, process)
            workers.kill(chance.randrange(1, WORKERS - 1))
        assert process.wait(timeout=60) == 0
    summary = json.loads((run / "summary.json").read_text())
    assert summary["network_sha256"] == sphere["network_sha256"]
    assert without_times(run) == without_times(plain)
    standing, lines = read(run)
    assert any(line["kind"] == "lost" for line in lines)
    assert standing is not None
    counts = standing["counts"]
    last = max(at for at, line in enumerate(lines) if line["kind"] == "started")
    logged = sum(line["genomes"] for line in lines[last:] if line["kind"] == "repeat")
    assert counts["repeats"] == logged
    assert counts["evaluations"] == counts["genomes"] + logged + counts["given_up"]


def without_times(run: Path) -> list[str]:
    rows = (run / "metrics.csv").read_text().splitlines()
    return [row.rpartition(",")[0] for row in rows]


def test_a_killed_coordinator_takes_its_own_workers_along(tmp_path: Path) -> None:
    import psutil

    run = tmp_path / "run"
    how = "evaluator={kind: grpc, count: 2}"
    words = [word for key in [*KEYS, how] for word in ("--set", key)]
    process = start("run", "function", "--mode", "deap", *words, "--out", str(run))
    wait_for(run, 2, process)
    children: list[Any] = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 1
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
