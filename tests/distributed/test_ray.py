# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Actors of Ray: the same losses, deaths without harm, and a Ray of the user's that lives on.

One Ray for all tests but the last, as starting one takes seconds. It talks over the loopback alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.distributed.crews import refuse_leaks, sphere
from tests.distributed.test_same_winner import MODES, bytes_of
from tests.evidence import EVIDENCE
from vynapse.core import Array
from vynapse.errors import TrainingError
from vynapse.evolution.box import Box
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.evaluators.kind import EVALUATORS
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.policies import Policy
from vynapse.evolution.vectors import VectorEncoding
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.testing import check_evaluator

pytestmark = [
    pytest.mark.skipif(not EVIDENCE, reason="with VYNAPSE_EVIDENCE: actors start slowly"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning"),
]

VECTORS = VectorEncoding(Box(-np.inf, np.inf, np.zeros(3)))
ROOT = Path(__file__).parents[2]


def genomes(size: int, count: int = 9) -> Array:
    return Streams(0).stream("genomes").normal(size, 0, np.arange(count))


@pytest.fixture(scope="module")
def own_ray() -> Iterator[None]:
    """The user's own Ray."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # the loopback alone
        ray = pytest.importorskip("ray")
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            configure_logging=False,
            _node_ip_address="127.0.0.1",
            object_store_memory=80 << 20,
            runtime_env={"env_vars": {"PYTHONPATH": path}},
        )
        yield
        ray.shutdown()


def evaluator(**keys: Any) -> Any:
    return EVALUATORS.choose({"kind": "ray", "count": 2, **keys}).build()


def dies_at_seven(vector: Any) -> float:
    if vector[0] == 7.0:
        os._exit(9)
    return float(vector.sum())


@pytest.mark.usefixtures("own_ray")
def test_networks_and_functions_are_measured_as_they_are_here() -> None:
    network = initial_state(MLP(sizes=(2, 3, 2), output="identity"), Streams(1))
    encoding = choose_encoding(network, (2,))
    some = genomes(encoding.encode(None, network).size)
    with evaluator() as measuring:
        for batch in (None, 16):
            examples = TrainingExamples(
                make_task("spirals", {}), batch, Streams(0).stream("examples")
            )
            check_evaluator(measuring, examples.objective(1), encoding, some)
        check_evaluator(measuring, FunctionObjective(sphere, Policy()), VECTORS, genomes(3))
        refuse_leaks(measuring)
        failing = FunctionObjective(np.linalg.inv, Policy())
        with pytest.raises(TrainingError, match="raised LinAlgError for genome 0"):
            measuring(failing, VECTORS, genomes(3))
    assert pytest.importorskip("ray").is_initialized()


@pytest.mark.usefixtures("own_ray")
@pytest.mark.parametrize("mode", MODES)
def test_actors_change_no_byte(mode: str, tmp_path: Path) -> None:
    wanted = bytes_of(mode, "inline", tmp_path / "inline")
    assert bytes_of(mode, "{kind: ray, count: 2}", tmp_path / "ray") == wanted


@pytest.mark.usefixtures("own_ray")
def test_a_genome_that_kills_actors_is_named_or_counts_as_the_worst() -> None:
    vectors = np.arange(30.0).reshape(10, 3)
    vectors[4, 0] = 7.0
    objective = FunctionObjective(dies_at_seven, Policy(on_death="penalise", retries=1))
    with evaluator() as measuring:
        found = dict(measuring.measurements(objective, vectors))
        refuse_leaks(measuring)
        named = FunctionObjective(dies_at_seven, Policy(retries=0))
        with pytest.raises(TrainingError, match="genome 4 ended its worker process"):
            dict(measuring.measurements(named, vectors))
    assert found[4].trouble == "death"
    assert [found[row].values for row in (3, 5)] == [vectors[3].sum(), vectors[5].sum()]


CODE = """
import sys, psutil, numpy as np, vynapse
from pathlib import Path
from tests.distributed.test_same_winner import bytes_of

if __name__ == "__main__":
    folder, began = Path(sys.argv[1]), set()
    how = {"kind": "ray", "count": 1}
    start = dict(sigma=0.5, generations=2)

    def look(_):
        began.update(psutil.Process().children(recursive=True))
        for one in began:
            for line in one.net_connections("inet") if one.is_running() else ():
                assert not line.laddr or line.laddr.ip.endswith("127.0.0.1"), line

    there = vynapse.minimize(np.linalg.norm, [1.0, 2.0], evaluator=how, callback=look, **start)
    here = vynapse.minimize(np.linalg.norm, [1.0, 2.0], **start)
    assert there.fun == here.fun
    import ray
    assert not ray.is_initialized()
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    wanted = bytes_of("neat", "inline", folder / "here")
    assert bytes_of("neat", "{kind: ray, count: 1}", folder / "there") == wanted
    assert ray.is_initialized(), "the user's Ray was ended"
    look(None)
    ray.shutdown()
    _, left = psutil.wait_procs(list(began), timeout=20)
    print(len(began) > 2, [one.name() for one in left])
"""


def test_a_ray_of_ours_ends_and_one_of_the_users_stays(tmp_path: Path) -> None:
    """The same values by both; nothing but the loopback is used, and no process is left."""
    (tmp_path / "script.py").write_text(CODE)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    own = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(tmp_path)],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "True []"
