# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sweeps whose workers are killed at random moments end as those that nobody killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evidence import EVIDENCE, many
from tests.experiment.sweeps.surfaces import content, same
from vynapse.experiment.sweeps.sweep import open_sweep

Note = Callable[[str], None]

POINTS, KILLS = many(sample=4, evidence=24), many(sample=2, evidence=20)
GRID: dict[str, Any] = {"kind": "grid"}
if EVIDENCE:
    GRID["space"] = {
        "strategy.sigma": {"low": 0.001, "high": 1.0, "log": True, "count": 6},
        "strategy.mu": [2, 3, 5, 8],
    }
SEARCHES = {
    "grid": GRID,
    "random": {"trials": POINTS},
    "tpe": {"trials": POINTS, "startup": 3},
}
MEDIAN = {"kind": "median", "at": [0.3, 0.6], "first": 2}


def sweep_of(kind: str, **more: Any) -> dict[str, Any]:
    return content(kind, search=SEARCHES[kind], **more)


def worked(file: dict[str, Any], folder: Path, seconds: float | None = None) -> int:
    """Go on with a sweep in a forked process; its id. It is killed after so much of its time."""
    child = os.fork()
    if child == 0:
        try:
            if seconds is not None:
                signal.signal(signal.SIGPROF, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-6))
            open_sweep(file, folder).run()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - the parent sees the exit code
            os._exit(1)
    return child


def killed(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize(
    ("kind", "workers", "prune"),
    [
        ("grid", 2, None),
        ("random", 2, {"kind": "halving"}),
        ("tpe", 1, MEDIAN),
        *([("random", 2, None), ("tpe", 1, None)] if EVIDENCE else []),
    ],
)
def test_a_sweep_that_is_killed_ends_with_the_same_table(
    kind, workers, prune, tmp_path: Path, evidence: Note
) -> None:
    file = sweep_of(kind, **({} if prune is None else {"prune": prune}))
    begin = time.process_time()
    assert open_sweep(file, tmp_path / "whole").run().reproducible
    length = (time.process_time() - begin) / workers
    moments, most = np.random.default_rng(7), 0.1 + 1.5 * length / KILLS
    kills = number = 0
    for _ in range(20 * KILLS):
        folder = tmp_path / f"killed{number}"
        children = [worked(file, folder, moments.uniform(0, most)) for _ in range(workers)]
        kills += sum(killed(child) for child in children)
        if kills >= KILLS:
            break
        number += (folder / "sweep.json").exists()
    assert kills >= KILLS
    for folder in (tmp_path / f"killed{n}" for n in range(number + 1)):
        assert open_sweep(file, folder).run().reproducible
        assert same(folder) == same(tmp_path / "whole")
        ended = [run for run in folder.glob("*/events.jsonl") if "run.finished" in run.read_text()]
        assert len(ended) == len(list(folder.glob("*/summary.json")))
    what = f"sweep: {kind}{', ' + prune['kind'] if prune else ''}, {workers} workers"
    evidence(f"| {what} | 0 | {kills} | {number + 1} | identical |")


def test_workers_that_learn_from_each_other_lose_and_repeat_nothing(tmp_path: Path) -> None:
    file = sweep_of("tpe", prune={"kind": "median", "at": [0.9], "first": POINTS})
    moments = np.random.default_rng(11)
    for _ in range(KILLS):
        for child in [worked(file, tmp_path, moments.uniform(0.1, 0.4)) for _ in range(2)]:
            killed(child)
    outcome = open_sweep(file, tmp_path).run()
    assert sorted(one.point.number for one in outcome.results) == list(range(POINTS))
    assert outcome.reproducible is not (tmp_path / "several").exists()
    for one in outcome.results:
        assert sorted(one.runs) == [0, 1]
        assert {run.cost["steps"] for run in one.runs.values()} == {8}
    for run in tmp_path.glob("point-*"):
        rows = (run / "metrics.csv").read_text().splitlines()[1:]
        assert [int(row.split(",")[1]) for row in rows] == list(range(1, 9))
