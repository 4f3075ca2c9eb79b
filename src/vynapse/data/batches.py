# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which examples make up a mini-batch: a pure function of the step."""

from __future__ import annotations

import numpy as np

from vynapse.errors import ConfigError
from vynapse.seeding import I64, Streams

_WINDOW = 16
"""Blocks whose examples are shuffled together."""


class Batches:
    """Passes over `count` examples; every epoch visits each of them once, in a fresh order.

    Args:
        count: number of examples.
        batch_size: examples a batch; the last batch of an epoch may be shorter. None means all
            examples in their own order, one batch an epoch.
        seed: root seed; the order of an epoch depends on (seed, epoch, count, block) alone.
        block: examples that lie side by side and are read together. Blocks come in a random order,
            and within each 16 of them all examples do; so an epoch reads what lies on a disk in
            pieces. 0 for one random order of all examples.

    Raises:
        ConfigError: `count` or `batch_size` is below 1.
    """

    def __init__(self, count: int, batch_size: int | None, seed: int, block: int = 0) -> None:
        if count < 1 or (batch_size is not None and batch_size < 1):
            raise ConfigError(
                f"batch_size: at least one example a batch was wanted, got batches of {batch_size} "
                f"out of {count} examples"
            )
        self.count = count
        self.batch_size = batch_size
        self.steps_per_epoch = 1 if batch_size is None else -(-count // batch_size)
        self._stream = Streams(seed).stream("batches")
        self._within = Streams(seed).stream("batches.window")
        self._block = block
        self._shuffled: tuple[int, I64] | None = None
        self._window: tuple[int, int, I64] | None = None

    def epoch(self, step: int) -> int:
        """The epoch, from 0, that the batch of `step`, from 0, belongs to."""
        return step // self.steps_per_epoch

    def indices(self, step: int) -> I64:
        """Positions of the examples of batch number `step`, from 0: shape (batch,)."""
        if self.batch_size is None:
            return np.arange(self.count)
        begin = step % self.steps_per_epoch * self.batch_size
        if self._block:
            return self._of_windows(self.epoch(step), begin, begin + self.batch_size)
        return self._order(self.epoch(step))[begin : begin + self.batch_size]

    def _of_windows(self, epoch: int, begin: int, end: int) -> I64:
        """Positions `begin` to `end` of an epoch that is shuffled window by window.

        The one block that is shorter than the others comes last, so that windows are of one size.
        """
        size, end = _WINDOW * self._block, min(end, self.count)
        parts = [
            self._window_of(epoch, place)[max(0, begin - place * size) : end - place * size]
            for place in range(begin // size, -(-end // size))
        ]
        return np.concatenate(parts)

    def _window_of(self, epoch: int, place: int) -> I64:
        """The examples of a window, in order; the last one asked for is kept."""
        if self._window is None or self._window[:2] != (epoch, place):
            whole = self.count // self._block
            if self._shuffled is None or self._shuffled[0] != epoch:
                self._shuffled = (epoch, self._stream.permutation(whole, generation=epoch))
            blocks = self._shuffled[1][place * _WINDOW : (place + 1) * _WINDOW]
            examples = (blocks[:, None] * self._block + np.arange(self._block)).ravel()
            if len(blocks) < _WINDOW:
                rest = np.arange(whole * self._block, self.count)
                examples = np.concatenate([examples, rest])
            order = self._within.permutation(len(examples), generation=epoch, individual=place)
            self._window = epoch, place, examples[order]
        return self._window[2]

    def _order(self, epoch: int) -> I64:
        """The permutation of an epoch; the last one asked for is kept, as steps ask in order."""
        if self._shuffled is None or self._shuffled[0] != epoch:
            self._shuffled = (epoch, self._stream.permutation(self.count, generation=epoch))
        return self._shuffled[1]
