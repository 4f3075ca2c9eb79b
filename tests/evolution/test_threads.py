# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Evaluator `threads`: the same bits at any count, no thread outlives a call, work is shared."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from vynapse.core import Cost
from vynapse.errors import TrainingError
from vynapse.evolution.encoding import ArrayEncoding
from vynapse.evolution.episodes import EpisodesObjective
from vynapse.evolution.evaluators.inline import Inline
from vynapse.evolution.evaluators.threads import Threads
from vynapse.evolution.measured import Measured
from vynapse.evolution.neat.encoding import NeatEncoding
from vynapse.evolution.neat.population import Neat
from vynapse.evolution.neat.settings import NeatSettings
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
