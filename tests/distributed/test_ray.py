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

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning")

VECTORS = VectorEncoding(Box(-np.inf, np.inf, np.zeros(3)))
ROOT = Path(__file__).parents[2]


def genomes(size: int, count: int = 9) -> Array:
    return Streams(0).stream("genomes").normal(size, 0, np.arange(count))


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    """The user's own Ray."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
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
    assert ray.is_initialized()


@pytest.mark.parametrize("mode", MODES)
def test_actors_change_no_byte(mode: str, tmp_path: Path) -> None:
    wanted = bytes_of(mode, "inline", tmp_path / "inline")
    assert bytes_of(mode, "{kind: ray, count: 2}", tmp_path / "ray") == wanted


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
import psutil, numpy as np, vynapse
if __name__ == "__main__":
    result = vynapse.minimize(
        np.linalg.norm, [1.0, 2.0], sigma=0.5, generations=2, evaluator={"kind": "ray", "count": 1}
    )
    import ray
    assert not ray.is_initialized()
    left = psutil.Process().children(recursive=True)
    psutil.wait_procs(left, timeout=20)
    print(result.fun, [one.name() for one in left if one.is_running()])
"""


def test_a_ray_that_was_started_here_ends_and_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(CODE)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        env={**os.environ, "PYTHONPATH": path, "RAY_AUTH_MODE": "disabled"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    value, left = done.stdout.strip().splitlines()[-1].split(" ", 1)
    import vynapse

    here = vynapse.minimize(np.linalg.norm, [1.0, 2.0], sigma=0.5, generations=2)
    assert float(value) == here.fun
    assert left == "[]"
