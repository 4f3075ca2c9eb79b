# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Islands on Ray: the bytes of one process, whoever dies; without Ray a sentence."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from tests.trainers.islands.searches import on_islands, told
from vynapse.errors import CheckpointError, Interrupted, MissingExtra
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.experiment.store import read_summary
from vynapse.trainers.islands.on_ray import OnRay

TWO: dict[str, Any] = {"count": 2, "interval": 3, "migrants": 2}


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """One Ray for all tests of this file, and nothing of it afterwards."""
    found = pytest.importorskip("ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    found.init(
        num_cpus=2,
        include_dashboard=False,
        _node_ip_address="127.0.0.1",
        log_to_driver=False,
        configure_logging=False,
        object_store_memory=80 * 2**20,
    )
    yield found
    found.shutdown()
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    assert not psutil.wait_procs(left, timeout=10)[1], "a process was left behind"


@pytest.mark.parametrize("mode", ["deap", "neat"])
def test_the_same_bytes_as_in_one_process_though_islands_die(mode: str, ray: Any) -> None:
    here = on_islands(mode, TWO)
    wanted = told([here.step() for _ in range(8)])
    away = on_islands(mode, TWO, islands_on="ray")
    hosts = cast("OnRay", away.hosts)
    reports = []
    for step in range(8):
        if step in {1, 4}:  # before the first state is kept, and after it
            os.kill(hosts.processes()[step % 2], signal.SIGKILL)
        reports.append(away.step())
    assert told(reports) == wanted
    assert away.winner().sha256() == here.winner().sha256()
    assert hosts.lost >= 2
    moved = on_islands(mode, TWO)
    moved.load(away.state())
    assert told([moved.step()]) == told([here.step()]), "a run moves between places"
    away.close()


def test_a_run_on_ray_is_that_of_one_process_and_goes_on_there(ray: Any, tmp_path: Path) -> None:
    keys = ["islands={count: 2, interval: 3}", "population=12", "checkpoint.every_steps=4"]
    keys.append("budget={steps: 9, target: null}")
    for place in ("local", "ray"):
        recipe = load_recipe("xor", "neat", overrides=[*keys, f"islands_on={place}"])
        Session.create(recipe, tmp_path / place).run()
    halfway = load_recipe("xor", "neat", overrides=[*keys, "islands_on=ray"])
    asked = iter([False] * 5 + [True] * 99)
    with pytest.raises(Interrupted):
        Session.create(halfway, tmp_path / "cut").run(until=lambda _: next(asked))
    Session.open(tmp_path / "cut").run()
    rows, winners = set(), set()
    for place in ("local", "ray", "cut"):
        with (tmp_path / place / "metrics.csv").open() as file:
            rows.add(str([row[:-1] for row in csv.reader(file)]))
        winners.add(read_summary(tmp_path / place)["network_sha256"])
    assert (len(rows), len(winners)) == (1, 1)


def test_an_error_of_an_island_comes_as_it_is(ray: Any) -> None:
    """A foreign state is refused over there, and here in the same sentence."""
    trainer = on_islands("deap", TWO, islands_on="ray")
    with pytest.raises(CheckpointError, match="does not fit"):
        trainer.hosts.load([{"step": 1}, {"step": 1}])
    trainer.close()


def test_without_ray_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vynapse\[ray\]'"):
        on_islands("deap", TWO, islands_on="ray")


def test_islands_in_one_process_load_no_ray() -> None:
    code = (
        "import sys\n"
        "from tests.trainers.islands.searches import on_islands\n"
        "on_islands('deap', {'count': 2}).step()\n"
        "assert 'ray' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
