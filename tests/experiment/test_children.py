# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A comparison that is killed leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_WAIT = 60.0
"""Seconds after which something that has to happen counts as not happening."""


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _WAIT
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def processes(mark: str) -> list[int]:
    """Of those with `mark` in their environment, the ones that have not ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark.encode() in environment and state != "Z":
            found.append(int(folder.name))
    return found


@pytest.fixture
def comparison(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """One that is at an endless arm, and the mark of its processes."""
    mark = f"VYNAPSE_TEST_MARK={tmp_path}"
    name, _, value = mark.partition("=")
    words = ["compare", "xor", "--modes", "deap", "--seeds", "1", "--out", "out"]
    child = subprocess.Popen(
        [sys.executable, "-m", "vynapse", *words, "--budget", "steps=1000000000",
         "--set", "checkpoint.every_steps=1000", "--set", "log_every=1000000"],
        cwd=tmp_path, env={**os.environ, name: value}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        until(lambda: any(tmp_path.glob("out/*/seed-0/checkpoints/*.ckpt")))
        assert len(processes(mark)) >= 3, "the comparison, its arm and the resource tracker"
        yield child, mark
    finally:
        for process in processes(mark):
            os.kill(process, signal.SIGKILL)
        child.communicate()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="counts processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_nothing_outlives_a_comparison(
    number: signal.Signals, comparison: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    child, mark = comparison
    child.send_signal(number)
    until(lambda: not processes(mark))
    _, said = child.communicate()
    assert "Traceback" not in said
    if number == signal.SIGTERM:
        assert child.returncode == 130
        assert "interrupted: 0 of 1 runs have ended" in said
        events = next(tmp_path.glob("out/*/seed-0/events.jsonl")).read_text()
        assert "run.interrupted" in events.splitlines()[-1], "the arm saved what it had"
