# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A search that comes to a generation without a finite loss ends well: nothing of it is lost."""

from __future__ import annotations

import csv
import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vynapse
from vynapse.cli.main import main
from vynapse.errors import Interrupted
from vynapse.experiment.session import Session, StageReport

MODULE = """
import math

known = {}


def ends(x):
    # infinite at every new vector after so many
    value = float((x**2).sum()) if len(known) < LIMIT else math.inf
    return known.setdefault(x.tobytes(), value)


def walled(x):
    return math.inf if x[0] < 1 else float((x**2).sum())
"""
GENERATION = 10
KEYS: dict[str, Any] = {
    "task.path": "functions_that_end:ends",
    "task.size": 2,
    "task.start": 2.0,
    "strategy": {"kind": "snes", "offspring": GENERATION, "sigma": 0.3},
    "log_every": 7,
}


@pytest.fixture(autouse=True)
def _functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("functions_that_end", None)


def ends_after(generations: int, folder: Path) -> None:
    """From now on a fresh function that is finite for so many generations."""
    limit = f"LIMIT = {generations * GENERATION}\n"
    (folder / "functions_that_end.py").write_text(MODULE + limit)
    sys.modules.pop("functions_that_end", None)
    importlib.invalidate_caches()


def rows(run: Path) -> list[list[str]]:
    """All but the seconds, which stand last."""
    return [row[:-1] for row in csv.reader((run / "metrics.csv").read_text().splitlines())]


@pytest.mark.parametrize(
    ("generations", "steps"), [(3, [3]), (7, [7]), (9, [7, 9]), (14, [7, 14]), (20, [7, 14, 20])]
)
def test_the_last_row_is_kept(generations: int, steps: list[int], tmp_path: Path) -> None:
    ends_after(generations, tmp_path)
    seen: list[StageReport] = []
    options = {**KEYS, "budget": {"steps": 50}, "out": tmp_path / "run"}
    run = vynapse.run("function", mode="deap", observers=[seen.append], **options)
    assert run.summary["stop"] == "nothing finite"
    assert run.summary["steps"] == generations
    assert run.metrics["step"].tolist() == steps
    assert run.metrics["loss"][-1] == run.summary["loss"]
    assert [item.report.step for item in seen] == [*range(1, generations + 1), generations]
    assert [item.last for item in seen] == [False] * generations + [True]
    assert [item.again for item in seen] == [item.last for item in seen]


def test_json_has_the_same_rows_and_show_tells_why_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for generations, steps in ((7, [7]), (9, [7, 9])):
        ends_after(generations, tmp_path)
        name = f"run{generations}"
        sets = [f"--set={key}={json.dumps(value)}" for key, value in KEYS.items()]
        words = ["run", "function", "--mode", "deap", "--steps", "50", *sets, "--out", name]
        assert main([*words, "--json"]) == 0
        *lines, _ = map(json.loads, capsys.readouterr().out.splitlines())
        assert [line["step"] for line in lines if "step" in line] == steps
        assert main(["show", name]) == 0
        assert "nothing finite" in capsys.readouterr().out
        assert main(["resume", name]) == 0
        assert "ended by a generation without a finite loss" in capsys.readouterr().out
        assert [row[1] for row in rows(tmp_path / name)[1:]] == list(map(str, steps))


@pytest.mark.parametrize("interrupted_at", [4, 7, 8, 9])
def test_a_resumed_search_ends_in_the_same_row(interrupted_at: int, tmp_path: Path) -> None:
    """Also where the first step after the resume is the one without a finite loss."""
    options = {**KEYS, "budget": {"steps": 50}}
    ends_after(9, tmp_path)
    whole = vynapse.run("function", mode="deap", out=tmp_path / "whole", **options)

    def stop(item: StageReport) -> None:
        if item.report.step == interrupted_at - 1:  # noticed after the next step
            os.kill(os.getpid(), signal.SIGINT)

    ends_after(9, tmp_path)
    with pytest.raises(Interrupted):
        vynapse.run("function", mode="deap", out=tmp_path / "cut", observers=[stop], **options)
    done = Session.open(tmp_path / "cut").run()
    assert done["stop"] == whole.summary["stop"] == "nothing finite"
    assert done["network_sha256"] == whole.summary["network_sha256"]
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")


@pytest.mark.parametrize("seed", range(3))
def test_a_wall_of_infinity_never_loses_a_row(seed: int, tmp_path: Path) -> None:
    ends_after(0, tmp_path)
    options = {**KEYS, "task.path": "functions_that_end:walled", "budget": {"steps": 40}}
    options["strategy"] = {"kind": "snes", "offspring": 4, "sigma": 1.5}
    run = vynapse.run("function", mode="deap", seed=seed, out=tmp_path / "run", **options)
    assert run.metrics["step"][-1] == run.summary["steps"]
    assert run.summary["loss"] >= 1
    assert run.summary["stop"] in {"nothing finite", "steps"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"restart_patience": 2},  # and the first generation after a restart may be the one
        {"restart_patience": 2, "initial_sigma": 7e18},
    ],
    ids=["alone", "restarts", "wild restarts"],
)
def test_what_a_call_of_the_kernel_is_cut_into_changes_nothing(
    more: dict[str, Any], seed: int, tmp_path: Path
) -> None:
    """Most of the mutants are so large that their squared error is infinite."""
    lines = "".join(f"{row},{row * row / 7}\n" for row in range(30))
    (tmp_path / "data.csv").write_text(f"size,value\n{lines}")
    strategy = {"kind": "mu,lambda", "mu": 3, "offspring": 4, "sigma": 1e30, "mutation_rate": 0.15}
    options: dict[str, Any] = {
        "task.path": "data.csv", "task.target": "value",
        "network": {"mlp": {"sizes": [1, 3, 1], "hidden": "tanh"}},
        "strategy": strategy | more, "budget": {"steps": 250}, "seed": seed, "log_every": 7,
    }  # fmt: skip
    runs = {}
    for per_call in (1, 5, 100):
        keys = {**options, "generations_per_call": per_call}
        runs[per_call] = vynapse.run("csv", mode="deap", out=tmp_path / str(per_call), **keys)
    one, *others = (run.summary for run in runs.values())
    assert one["stages"][0]["choices"]["path"] == "fused"
    assert one["stop"] == "nothing finite"
    for run, other in zip((5, 100), others, strict=True):
        for name in ("stop", "steps", "loss", "network_sha256"):
            assert other[name] == one[name]
        found = rows(tmp_path / str(run))
        assert [row[1] for row in found] == [row[1] for row in rows(tmp_path / "1")]
        assert found == rows(tmp_path / "1")
