# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mini-batches of a task's training split as tensors on a device, a pure function of the step."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch

from vynapse.core import Array, Split, SupervisedTask, block_of
from vynapse.data.loader import Ahead, loader_of, read_all
from vynapse.seeding import I64, Streams
from vynapse.trainers.order import order_of

_KEEP_BYTES = 256 * 2**20

Batch = tuple[torch.Tensor, torch.Tensor]
"""Inputs (batch, *input_shape) float32 and targets."""


class Feed:
    """Batches by step: shuffled anew in each epoch, augmented, prepared, moved to the device.

    Without augmentation, and while all prepared inputs take at most 256 MiB, they are prepared
    once and kept on the device. Otherwise a batch is made when it is wanted or, where the source
    has a loader, ahead of that by threads. The batches are the same bit for bit in any case.

    Args:
        task: whose training split to read.
        batch_size: examples per batch; None, or no fewer than there are, gives the whole split
            in its own order at every step.
        streams: the order of examples comes from its stream "sgd.batches", the augmentation
            from "sgd.augment".
        device: where the tensors are wanted.
    """

    def __init__(
        self, task: SupervisedTask, batch_size: int | None, streams: Streams, device: torch.device
    ) -> None:
        self._task = task
        self._device = device
        self._train = task.split("train")
        self._batches = order_of(task, batch_size, streams)
        self._augment_seed = streams.stream("sgd.augment").seed_for()
        self._ahead = Ahead(self._job, loader_of(self._train))
        self._kept: Batch | None = None
        size = 4 * len(self._train) * math.prod(task.input_shape)
        # what is read from a disk is there because memory is short
        most = _KEEP_BYTES // 4 if block_of(self._train) else _KEEP_BYTES
        if task.augment is None and size <= most:
            self._kept = self._moved(self._tensors(read_all(self._train)))

    @property
    def waited(self) -> float:
        """Wall-clock seconds for which steps have waited for batches that are not kept."""
        return self._ahead.waited

    def close(self) -> None:
        """End the threads that read ahead."""
        self._ahead.close()

    def batch(self, step: int) -> Batch:
        """Inputs (batch, *input_shape) float32 and targets of batch number `step`, from 0."""
        if self._kept is not None and self._batches.batch_size is None:
            return self._kept
        if self._kept is None:
            return self._moved(self._ahead.get(step))
        index = torch.from_numpy(self._batches.indices(step)).to(self._device)
        inputs, targets = self._kept
        return inputs.index_select(0, index), targets.index_select(0, index)

    def _job(self, step: int) -> Callable[[], Batch]:
        """What makes the batch of a step, in any thread."""
        return partial(self._made, self._batches.indices(step), self._batches.epoch(step))

    def _made(self, samples: I64, epoch: int) -> Batch:
        batch, augment = self._train.take(samples), self._task.augment
        if augment is not None:
            changed = augment(batch.inputs, samples, epoch, self._augment_seed)
            batch = Split(changed, batch.targets)
        return self._tensors(batch)

    def _tensors(self, batch: Split) -> Batch:
        return self._tensor(self._task.prepare(batch.inputs)), self._tensor(batch.targets)

    def _tensor(self, array: Array) -> torch.Tensor:
        # A copy in torch's own memory: the last bit of a matrix product may depend on alignment.
        # Pinned memory comes from a cache of torch's, which waits for the copy to the device.
        return torch.tensor(array, pin_memory=self._device.type == "cuda")

    def _moved(self, batch: Batch) -> Batch:
        inputs, targets = (tensor.to(self._device, non_blocking=True) for tensor in batch)
        return inputs, targets
