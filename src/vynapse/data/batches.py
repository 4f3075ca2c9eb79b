# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which examples make up a mini-batch: a pure function of the step."""

from __future__ import annotations

import numpy as np

from vynapse.errors import ConfigError
from vynapse.seeding import I64, Streams


class Batches:
    """Passes over `count` examples; every epoch visits each of them once, in a fresh order.

    Args:
        count: number of examples.
        batch_size: examples a batch; the last batch of an epoch may be shorter. None means all
            examples in their own order, one batch an epoch.
        seed: root seed; the order of an epoch depends on (seed, epoch, count) alone.

    Raises:
        ConfigError: `count` or `batch_size` is below 1.
    """

    def __init__(self, count: int, batch_size: int | None, seed: int) -> None:
        if count < 1 or (batch_size is not None and batch_size < 1):
            raise ConfigError(
                f"batch_size: at least one example a batch was wanted, got batches of {batch_size} "
                f"out of {count} examples"
            )
        self.count = count
        self.batch_size = batch_size
        self.steps_per_epoch = 1 if batch_size is None else -(-count // batch_size)
        self._stream = Streams(seed).stream("batches")
        self._shuffled: tuple[int, I64] | None = None

    def epoch(self, step: int) -> int:
        """The epoch, from 0, that the batch of `step`, from 0, belongs to."""
        return step // self.steps_per_epoch

    def indices(self, step: int) -> I64:
        """Positions of the examples of batch number `step`, from 0: shape (batch,)."""
        if self.batch_size is None:
            return np.arange(self.count)
        begin = step % self.steps_per_epoch * self.batch_size
        return self._order(self.epoch(step))[begin : begin + self.batch_size]

    def _order(self, epoch: int) -> I64:
        """The permutation of an epoch; the last one asked for is kept, as steps ask in order."""
        if self._shuffled is None or self._shuffled[0] != epoch:
            self._shuffled = (epoch, self._stream.permutation(self.count, generation=epoch))
        return self._shuffled[1]
