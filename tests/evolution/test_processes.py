# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Measuring in worker processes changes no bit, and survives what happens to them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.evolution.objectives import Killing, Raising
from vynapse.core import Array
from vynapse.errors import TrainingError
from vynapse.evolution.box import Box
from vynapse.evolution.choice import choose_encoding
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.evaluators.kind import EVALUATORS
from vynapse.evolution.evaluators.processes import Processes
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.objective import TrainingExamples
from vynapse.evolution.policies import Policy
from vynapse.evolution.vectors import VectorEncoding
from vynapse.experiment.config import load_recipe
from vynapse.experiment.session import Session
from vynapse.networks.factory import Factory
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_task
from vynapse.testing import check_evaluator

STRUCTURE = MLP(sizes=(2, 3, 2), output="identity")


@pytest.fixture(autouse=True)
def _no_main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fresh interpreter imports the main module: not pytest's, which would take a second."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    (tmp_path / "networks_of_a_user.py").write_text(
        "from torch import nn\n"
        "def build():\n"
        "    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def genomes(size: int, count: int = 7) -> Array:
    return Streams(0).stream("genomes").normal(size, 0, np.arange(count))


@pytest.mark.parametrize("structure", [STRUCTURE, Factory(factory="networks_of_a_user:build")])
def test_processes_keep_the_promises_of_an_evaluator(structure: Any) -> None:
    """Whole and with mini-batches, for which the workers get another job each time."""
    task = make_task("spirals", {})
    network = initial_state(structure, Streams(1))
    encoding = choose_encoding(network, (2,))
    some = genomes(encoding.encode(None, network).size)
    with Processes(2) as evaluator:
        for batch in (None, 16):
            examples = TrainingExamples(task, batch, Streams(0).stream("examples"))
            for generation in range(2):
                check_evaluator(evaluator, examples.objective(generation), encoding, some)


def test_a_share_whose_worker_died_is_measured_again(tmp_path: Path) -> None:
    some = np.arange(6, dtype=np.float32)[:, None] * np.ones(2, np.float32)
    encoding = ArrayEncoding(STRUCTURE)
    with Processes(2) as evaluator:
        measured = evaluator(Killing(tmp_path, 2), encoding, some)
    np.testing.assert_array_equal(measured.losses, np.arange(6.0))
    (tmp_path / "tries").unlink()
    with Processes(2) as evaluator, pytest.raises(TrainingError, match="share 1 of a generation"):
        evaluator(Killing(tmp_path, 99), encoding, some)


def test_an_error_of_the_objective_is_the_users_sentence() -> None:
    with Processes(1) as evaluator, pytest.raises(TrainingError, match="do not give what the task"):
        evaluator(Raising(), ArrayEncoding(STRUCTURE), genomes(2))


def test_functions_are_measured_one_by_one_with_their_own_policy() -> None:
    encoding = VectorEncoding(Box(-np.inf, np.inf, np.zeros(3)))
    objective = FunctionObjective(np.linalg.norm, Policy())
    with Processes(2) as evaluator:
        check_evaluator(evaluator, objective, encoding, genomes(3))


@pytest.mark.parametrize(
    "keys", [["strategy.selection=roulette"], ["batch_size=32"], ["strategy=snes"]]
)
def test_a_run_in_processes_is_the_run_in_one(keys: list[str], tmp_path: Path) -> None:
    ends: list[Any] = []
    for evaluator in ("inline", "{kind: processes, workers: 2}"):
        overrides = [*keys, f"evaluator={evaluator}", "budget.steps=6"]
        recipe = load_recipe("spirals", "deap", overrides=overrides)
        run = Session.create(recipe, tmp_path / str(len(ends))).run()
        rows = (tmp_path / str(len(ends)) / "metrics.csv").read_text().splitlines()
        ends.append((run["network_sha256"], [row.rpartition(",")[0] for row in rows]))
    assert ends[0] == ends[1]


def test_every_evaluator_has_the_line_of_the_catalogue() -> None:
    for name in EVALUATORS.names():
        kind = EVALUATORS.get(name)
        assert kind.summary == EVALUATORS.summaries()[name]
        assert all(field.description for field in kind.settings.model_fields.values())
