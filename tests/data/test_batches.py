# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mini-batches: every epoch visits every example once, and a step always means the same batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vynapse.data.batches import Batches
from vynapse.errors import ConfigError


@given(
    count=st.integers(1, 200),
    batch_size=st.integers(1, 250),
    epoch=st.integers(0, 5),
    seed=st.integers(0, 2**64 - 1),
)
def test_an_epoch_visits_every_example_once(
    count: int, batch_size: int, epoch: int, seed: int
) -> None:
    batches = Batches(count, batch_size, seed)
    steps = range(epoch * batches.steps_per_epoch, (epoch + 1) * batches.steps_per_epoch)
    parts = [batches.indices(step) for step in steps]
    assert sorted(np.concatenate(parts)) == list(range(count))
    assert all(len(part) == batch_size for part in parts[:-1])
    assert 1 <= len(parts[-1]) <= batch_size
    assert {batches.epoch(step) for step in steps} == {epoch}


def test_a_step_is_the_same_batch_in_any_order_of_asking() -> None:
    forwards = [Batches(50, 8, 3).indices(step) for step in range(20)]
    asked_backwards = Batches(50, 8, 3)
    for step in reversed(range(20)):
        np.testing.assert_array_equal(asked_backwards.indices(step), forwards[step])


def test_epochs_and_seeds_are_shuffled_differently() -> None:
    first = Batches(100, 100, 0)
    orders = [first.indices(0), first.indices(1), Batches(100, 100, 1).indices(0)]
    assert len({order.tobytes() for order in orders}) == 3
    assert not any(np.array_equal(order, np.arange(100)) for order in orders)


def test_a_full_batch_is_in_natural_order_at_every_step() -> None:
    batches = Batches(7, None, 5)
    assert batches.steps_per_epoch == 1
    for step in (0, 1, 9):
        np.testing.assert_array_equal(batches.indices(step), np.arange(7))
        assert batches.epoch(step) == step


@pytest.mark.parametrize(("count", "batch_size"), [(0, None), (0, 4), (4, 0), (4, -1)])
def test_nothing_to_batch_is_refused(count: int, batch_size: int | None) -> None:
    with pytest.raises(ConfigError, match="batch_size: at least one example"):
        Batches(count, batch_size, 0)


@given(st.integers(1, 400), st.integers(1, 50), st.integers(1, 9), st.integers(0, 2**32))
def test_blocks_are_shuffled_and_each_example_comes_once(
    count: int, batch_size: int, block: int, seed: int
) -> None:
    batches = Batches(count, batch_size, seed, block)
    epochs = [
        np.concatenate(
            [
                batches.indices(epoch * batches.steps_per_epoch + n)
                for n in range(batches.steps_per_epoch)
            ]
        )
        for epoch in range(2)
    ]
    for epoch in epochs:
        assert sorted(epoch.tolist()) == list(range(count))
    last = Batches(count, batch_size, seed, block).indices(2 * batches.steps_per_epoch - 1)
    assert last.tolist() == epochs[1][-len(last) :].tolist()


def test_an_epoch_reads_few_blocks_at_a_time() -> None:
    batches = Batches(100_000, 100, 0, block=500)
    blocks = [set((batches.indices(step) // 500).tolist()) for step in range(80)]
    assert max(map(len, blocks)) <= 16
    assert len(set().union(*blocks)) == 16  # 80 batches are the 16 blocks of one window
    assert blocks[0] != {0}
