# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0

from typing import Any

import numpy as np
import pytest
import torch

from vynapse.core import Split, SupervisedTask
from vynapse.seeding import Streams
from vynapse.tasks.arrays import ArrayTask, Splits
from vynapse.tasks.registry import make_task
from vynapse.trainers import feed as feed_module
from vynapse.trainers.feed import Feed
from vynapse.trainers.order import steps_per_epoch

CPU = torch.device("cpu")


def numbered(count: int) -> SupervisedTask:
    """Example number k has input k and target 2k."""
    numbers = np.arange(count, dtype=np.float32)[:, None]
    return ArrayTask(
        "numbered",
        Splits(Split(numbers, 2 * numbers)),
        input_shape=(1,),
        output_size=1,
        loss="mse",
    )


def feed_of(task: SupervisedTask, batch_size: int | None, seed: int = 0) -> Feed:
    return Feed(task, batch_size, Streams(seed), CPU)


@pytest.mark.parametrize(("count", "size", "steps"), [(10, 4, 3), (8, 4, 2), (7, 1, 7)])
@pytest.mark.parametrize("seed", range(3))
def test_an_epoch_visits_every_example_once_with_its_own_target(
    count: int, size: int, steps: int, seed: int
) -> None:
    task = numbered(count)
    assert steps_per_epoch(task, size) == steps
    feed = feed_of(task, size, seed)
    orders = []
    for epoch in range(3):
        batches = [feed.batch(epoch * steps + step) for step in range(steps)]
        inputs = torch.cat([inputs for inputs, _ in batches])
        targets = torch.cat([targets for _, targets in batches])
        assert torch.equal(targets, 2 * inputs)
        assert sorted(inputs[:, 0].tolist()) == list(range(count))
        orders.append(tuple(inputs[:, 0].tolist()))
    assert len(set(orders)) == 3


@pytest.mark.parametrize("size", [None, 10, 1000])
def test_a_batch_of_everything_is_the_split_in_its_own_order(size: int | None) -> None:
    task = numbered(10)
    assert steps_per_epoch(task, size) == 1
    for step in (0, 5):
        inputs, targets = feed_of(task, size).batch(step)
        assert inputs[:, 0].tolist() == list(range(10))
        assert torch.equal(targets, 2 * inputs)


@pytest.mark.parametrize("size", [None, 100])
def test_batches_are_the_same_whether_kept_or_prepared_anew(
    size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task("digits", {})
    kept = feed_of(task, size)
    monkeypatch.setattr(feed_module, "_KEEP_BYTES", 0)
    anew = feed_of(task, size)
    for step in (0, 3, 14):
        for one, other in zip(kept.batch(step), anew.batch(step), strict=True):
            assert torch.equal(one, other)
            assert one.dtype == other.dtype


def test_kept_inputs_are_prepared_once_and_others_for_every_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int] = []

    def prepare(inputs: Any) -> Any:
        calls.append(len(inputs))
        return np.asarray(inputs, dtype=np.float32)

    split = Split(np.zeros((20, 1), np.float32), np.zeros((20, 1), np.float32))
    task = ArrayTask(
        "counted",
        Splits(split),
        input_shape=(1,),
        output_size=1,
        loss="mse",
        prepare=prepare,
    )
    task.split("train")
    calls.clear()
    feed = feed_of(task, 5)
    for step in range(8):
        feed.batch(step)
    assert calls == [20]

    monkeypatch.setattr(feed_module, "_KEEP_BYTES", 0)
    calls.clear()
    feed = feed_of(task, 5)
    for step in range(8):
        feed.batch(step)
    assert calls == [5] * 8


@pytest.mark.parametrize("size", [None, 200])
def test_augmentation_changes_with_the_epoch_and_the_seed_alone(size: int | None) -> None:
    task = make_task("digits", {"augment": [{"noise": 0.2}]})
    steps = steps_per_epoch(task, size)
    plain, _ = feed_of(make_task("digits", {}), size).batch(2)
    first, _ = feed_of(task, size).batch(2)
    again, _ = feed_of(task, size).batch(2)
    later, _ = feed_of(task, size).batch(2 + steps)
    other, _ = feed_of(task, size, seed=1).batch(2)
    assert torch.equal(first, again)
    assert not torch.equal(first, plain)
    assert not torch.equal(first, later)
    assert not torch.equal(first, other)


def test_data_that_cannot_be_written_to_are_accepted() -> None:
    inputs = np.arange(6, dtype=np.float32).reshape(3, 2)
    labels = np.arange(3)
    inputs.flags.writeable = labels.flags.writeable = False
    task = ArrayTask(
        "fixed",
        Splits(Split(inputs, labels)),
        input_shape=(2,),
        output_size=3,
        loss="cross_entropy",
    )
    for size in (None, 2):
        batch, targets = feed_of(task, size).batch(0)
        assert torch.equal(batch, torch.arange(6.0).reshape(3, 2)[targets])
