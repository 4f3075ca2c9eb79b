# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Comparisons and sweeps on Ray: the same runs as in processes of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from vynapse.errors import ConfigError, MissingExtra
from vynapse.experiment.compare import Comparison
from vynapse.experiment.on_ray import RayPool, pools_on
from vynapse.experiment.store import read_summary
from vynapse.experiment.sweeps.sweep import open_sweep

SWEEP = {
    "recipe": {"task": "xor", "mode": "sgd", "budget": {"steps": 3, "target": None}},
    "search": {"kind": "grid", "space": {"learning_rate": [0.1, 0.2]}},
    "seeds": [0, 1],
}


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    found = pytest.importorskip("ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
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


def winners(folder: Path) -> dict[str, str]:
    return {
        str(place.parent.relative_to(folder)): read_summary(place.parent)["network_sha256"]
        for place in sorted(folder.rglob("summary.json"))
    }


def test_a_comparison_on_ray_has_the_same_winners(ray: Any, tmp_path: Path) -> None:
    for place in ("local", "ray"):
        Comparison(["xor"], ["sgd"], 2, tmp_path / place, {"steps": 3}, jobs=2, on=place).run()
    assert winners(tmp_path / "ray") == winners(tmp_path / "local") != {}


def test_a_sweep_on_ray_has_the_same_winners(
    ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_sweep(SWEEP, Path("here")).run()
    open_sweep(SWEEP, Path("there"), 2, "ray").run()
    assert winners(tmp_path / "there") == winners(tmp_path / "here") != {}


def test_errors_come_as_they_were_raised_and_a_killed_process_breaks_its_call(ray: Any) -> None:
    pool = RayPool(ray)
    with pytest.raises(ConfigError, match="a place"):
        pool.submit(_fail).result()
    with pytest.raises(BrokenProcessPool):
        pool.submit(os._exit, 1).result()
    assert pool.submit(int, "7").result() == 7


def _fail() -> None:
    raise ConfigError("a place: it is wrong")


def test_without_ray_and_without_such_a_place_a_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match="--on: local, ray, auto or ray://HOST:PORT was wanted"):
        pools_on("moon", 2)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'vynapse\[ray\]'"), pools_on("ray", 2):
        pass
