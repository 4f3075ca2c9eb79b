# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `threads`: the same bits at any count, no thread outlives a call, work is shared."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from vynapse.core import Cost
from vynapse.errors import TrainingError
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.episodes import EpisodesObjective
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.evaluators.threads import Threads, _bounds
from vynapse.evolution.measured import Measured
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
from vynapse.kernels import native
from vynapse.networks.mlp import MLP
from vynapse.seeding import Streams
from vynapse.tasks.registry import make_any_task
from vynapse.testing import check_evaluator


@dataclass
class Slow:
    """Genomes that sleep; it notes which thread measured how many."""

    long: int
    by: dict[int, int] = field(default_factory=dict)
    most: int = 0

    def measure(self, encoding: Any, genomes: Any) -> Measured:
        self.by[threading.get_ident()] = self.by.get(threading.get_ident(), 0) + len(genomes)
        self.most = max(self.most, threading.active_count())
        time.sleep(sum(0.1 if genome[0] == self.long else 0.001 for genome in genomes))
        return Measured(genomes[:, 0].astype(np.float64), Cost(forwards=len(genomes)))


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.threads
def test_bits_do_not_depend_on_the_count(count: int) -> None:
    search = Neat(NeatSettings(population=50, add_node=0.5), 4, 1, Streams(1))
    for generation in range(5):
        losses = Streams(2).stream("losses").uniform(50, generation, 0)
        search.tell(losses.astype(np.float64))
    task: Any = make_any_task("cartpole", {})
    objective: Any = EpisodesObjective(task, 2, 7)
    encoding = NeatEncoding(4, 1)
    wanted = Inline()(objective, encoding, search.ask())
    found = Threads(count)(objective, encoding, search.ask())
    np.testing.assert_array_equal(found.losses, wanted.losses)
    assert found.cost == wanted.cost
    check_evaluator(Threads(count), objective, encoding, search.ask())


def test_no_thread_outlives_a_call_and_an_idle_one_takes_work() -> None:
    encoding: Any = ArrayEncoding(MLP(sizes=(1, 1)))
    genomes = np.arange(60, dtype=np.float32)[:, None].repeat(2, axis=1)
    slow, before = Slow(long=0), threading.active_count()
    measured = Threads(3)(slow, encoding, genomes)
    assert threading.active_count() == before
    assert slow.most == before + 2
    np.testing.assert_array_equal(measured.losses, np.arange(60))
    assert len(slow.by) == 3
    # who met the genome that lives long measured few others
    assert min(slow.by.values()) < 20 < max(slow.by.values())


def test_what_a_thread_raises_is_raised() -> None:
    class Broken:
        def measure(self, encoding: Any, genomes: Any) -> Measured:
            raise TrainingError("no")

    encoding: Any = ArrayEncoding(MLP(sizes=(1, 1)))
    with pytest.raises(TrainingError, match="no"):
        Threads(2)(Broken(), encoding, np.zeros((9, 2), np.float32))


def idle(lives: np.ndarray, bounds: list[int], threads: int) -> float:
    """The idle part of the time of `threads` that take shares in their order."""
    free = np.zeros(threads)
    for begin, end in pairwise(bounds):
        free[free.argmin()] += lives[begin:end].sum()
    return float(1 - free.sum() / (threads * free.max()))


@pytest.mark.parametrize("threads", [2, 4])
@pytest.mark.parametrize("population", [1000, 3000])
def test_one_genome_in_twenty_may_live_fifty_times_as_long(population: int, threads: int) -> None:
    """At most a tenth of the time is idle, whether genomes are taken in shares or one by one."""
    bounds = _bounds(population, threads)
    sizes = np.diff(bounds)
    assert bounds[-1] == population
    assert (np.diff(sizes) <= 0).all()
    assert sizes[-1] == 1
    assert len(sizes) < 64 * threads
    for seed in range(200):
        lives = np.ones(population)
        order = np.random.default_rng(seed).permutation(population)
        lives[order[: population // 20]] = 50
        assert idle(lives, bounds, threads) <= 0.1
        assert idle(lives, list(range(population + 1)), threads) <= 0.1


@pytest.mark.skipif(not native.libraries(), reason="no kernels were compiled")
@pytest.mark.threads
def test_the_kernels_share_whole_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call of the kernels for each thread; all threads end with the call."""
    calls: list[int] = []
    original = native.in_threads

    def noted(share: Callable[[int], None], threads: int) -> None:
        calls.append(threads)
        original(share, threads)

    monkeypatch.setattr(native, "in_threads", noted)
    task: Any = make_any_task("cartpole", {})
    objective: Any = EpisodesObjective(task, 2, 7)
    genomes: Any = Neat(NeatSettings(population=1000), 4, 1, Streams(1)).ask()
    before = threading.active_count()
    measured = Threads(2)(objective, NeatEncoding(4, 1), genomes)
    assert calls == [2]
    assert threading.active_count() == before
    wanted = Inline()(objective, NeatEncoding(4, 1), genomes)
    assert measured.losses.tobytes() == wanted.losses.tobytes()
