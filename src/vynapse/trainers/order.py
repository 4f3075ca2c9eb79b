# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The order in which mode `sgd` sees the training examples."""

from __future__ import annotations

from vynapse.core import SupervisedTask, block_of
from vynapse.data.batches import Batches
from vynapse.seeding import Streams


def order_of(task: SupervisedTask, batch_size: int | None, streams: Streams) -> Batches:
    """Batches of the training split of `task`.

    Args:
        task: whose examples.
        batch_size: examples per batch; None, or no fewer than there are, gives the whole split
            in its own order at every step.
        streams: the order comes from the stream "sgd.batches".
    """
    seed = streams.stream("sgd.batches").seed_for()
    train = task.split("train")
    return _batches(len(train), batch_size, seed, block_of(train))


def steps_per_epoch(task: SupervisedTask, batch_size: int | None) -> int:
    """Batches in one pass over the training split of `task`."""
    return _batches(len(task.split("train")), batch_size, seed=0).steps_per_epoch


def examples_before(order: Batches, step: int) -> int:
    """How many examples the batches before batch number `step` hold together."""
    epochs, rest = divmod(step, order.steps_per_epoch)
    return epochs * order.count + min(rest * (order.batch_size or order.count), order.count)


def _batches(count: int, batch_size: int | None, seed: int, block: int = 0) -> Batches:
    small = batch_size is not None and batch_size < count
    return Batches(count, batch_size if small else None, seed, block)
