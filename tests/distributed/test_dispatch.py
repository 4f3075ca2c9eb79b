# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whatever workers do, each genome is measured, and what is measured twice is told."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np
import pytest

from tests.distributed.crews import Plan, Sums, fakes, refuse_leaks
from vynapse.core import Array
from vynapse.distributed.crew import WorkerFailed, WorkerRefused
from vynapse.errors import TrainingError
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.function import FunctionObjective
from vynapse.evolution.policies import Action, Policy
from vynapse.networks.mlp import MLP
from vynapse.testing import check_evaluator

ENCODING = ArrayEncoding(MLP(sizes=(2, 1)))


def genomes(count: int) -> Array:
    return np.arange(count * 3, dtype=np.float32).reshape(count, 3)


def died(name: str = "") -> WorkerFailed:
    return WorkerFailed("death", f"{name} died")


def at_random(seed: int, share: float, *faults: str) -> Plan:
    chance, lock = random.Random(seed), threading.Lock()

    def plan(name: str, _: Array) -> WorkerFailed | None:
        with lock:
            if chance.random() >= share:
                return None
            return WorkerFailed(chance.choice(faults), "by chance")  # type: ignore[arg-type]

    return plan


@pytest.mark.parametrize("seed", range(8))
def test_workers_that_fail_at_random_change_nothing(seed: int) -> None:
    plan = at_random(seed, 0.15, "death", "garbage", "unreachable")
    with fakes(4, plan, tries=9) as evaluator:
        for count in (1, 7, 60):
            some = genomes(count)
            measured = evaluator(Sums(), ENCODING, some)
            np.testing.assert_array_equal(measured.losses, some.sum(axis=1, dtype=np.float64))
            assert measured.cost.forwards == count
    refuse_leaks(evaluator)


def test_an_evaluator_keeps_its_promises_and_its_pace() -> None:
    with fakes(3, lambda *_: None) as evaluator:
        check_evaluator(evaluator, Sums(), ENCODING, genomes(11))
    refuse_leaks(evaluator)
    assert evaluator.journal.counts["repeats"] == 0


def killer(row: int) -> Plan:
    """The genome in this row kills who measures it."""
    return lambda name, some: died(name) if (some[:, 0] == 3 * row).any() else None


def test_a_genome_that_kills_is_found_and_ends_the_run() -> None:
    with (
        fakes(3, killer(13)) as evaluator,
        pytest.raises(TrainingError, match="genome 13 of a generation ended 3 workers in turn"),
    ):
        evaluator(Sums(), ENCODING, genomes(40))
    assert [note["genome"] for note in evaluator.journal.notes if note["kind"] == "killer"] == [13]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_genome_that_kills_alone_counts_as_the_worst(workers: int) -> None:
    """However many workers there are, and whatever was beside it."""
    some = genomes(40)
    with fakes(workers, killer(13), on_death="penalise") as evaluator:
        measured = evaluator(Sums(), ENCODING, some)
    wanted = some.sum(axis=1, dtype=np.float64)
    wanted[13] = np.inf
    np.testing.assert_array_equal(measured.losses, wanted)
    assert measured.troubles == {"death": 1}
    refuse_leaks(evaluator)


def test_a_late_worker_loses_its_batch_to_another() -> None:
    slow = threading.Event()

    def plan(name: str, _: Array) -> float | None:
        if name == "fake 0" and not slow.is_set():
            slow.set()
            return 2.0
        return None

    some = genomes(30)
    with fakes(2, plan, timeout=0.3) as evaluator:
        measured = evaluator(Sums(), ENCODING, some)
    np.testing.assert_array_equal(measured.losses, some.sum(axis=1, dtype=np.float64))
    assert [note["fault"] for note in evaluator.journal.notes if note["kind"] == "lost"] == ["late"]
    refuse_leaks(evaluator)


def test_a_frozen_worker_is_found_by_its_heartbeat() -> None:
    def plan(name: str, _: Array) -> float | None:
        fake = crew.fakes[0]
        if name == fake.name and fake.connections == 1:
            fake.frozen.set()
            return 3.0
        return None

    evaluator = fakes(2, plan, heartbeat=0.05)
    crew: Any = evaluator._crew
    some = genomes(30)
    with evaluator:
        measured = evaluator(Sums(), ENCODING, some)
    np.testing.assert_array_equal(measured.losses, some.sum(axis=1, dtype=np.float64))
    assert "silent" in {note.get("fault") for note in evaluator.journal.notes}
    refuse_leaks(evaluator)


def test_a_worker_that_answers_garbage_is_excluded() -> None:
    def plan(name: str, _: Array) -> WorkerFailed | float:
        return WorkerFailed("garbage", "no answer") if name == "fake 0" else 0.02

    with fakes(2, plan) as evaluator:
        for _ in range(40):
            evaluator(Sums(), ENCODING, genomes(40))
            excluded = [n["worker"] for n in evaluator.journal.notes if n["kind"] == "excluded"]
            if excluded:
                break
    assert excluded == ["fake 0"]
    refuse_leaks(evaluator)


def test_without_a_worker_the_run_ends_with_a_sentence() -> None:
    with (
        fakes(2, lambda *_: WorkerRefused("another version")) as evaluator,
        pytest.raises(TrainingError, match=r"no worker is left \(fake 0: another version; fake 1"),
    ):
        evaluator(Sums(), ENCODING, genomes(4))


def test_a_functions_own_policy_settles_its_failures() -> None:
    vectors = genomes(20).astype(np.float64)
    plan = killer(4)
    actions: tuple[Action, ...] = ("penalise", "raise")
    for action in actions:
        policy = Policy(on_death=action, retries=1)
        objective = FunctionObjective(np.sum, policy)
        with fakes(2, plan) as evaluator:
            if action == "raise":
                with pytest.raises(TrainingError, match="genome 4 ended its worker process"):
                    dict(evaluator.measurements(objective, vectors))
                continue
            found = dict(evaluator.measurements(objective, vectors))
        assert found[4].trouble == "death"
        assert sorted(found) == list(range(20))


def test_what_runs_is_given_up_when_nobody_listens() -> None:
    objective = FunctionObjective(np.sum, Policy())
    with fakes(2, lambda *_: 0.05) as evaluator:
        found = evaluator.measurements(objective, genomes(50).astype(np.float64))
        next(found)
        found.close()
    refuse_leaks(evaluator)
    assert evaluator.journal.counts["given_up"] > 0
