# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mini-batches of a task's training split as tensors on a device, a pure function of the step."""

from __future__ import annotations

import math

import torch

from vynapse.core import Array, Split, SupervisedTask, block_of
from vynapse.seeding import Streams
from vynapse.trainers.order import order_of

_KEEP_BYTES = 256 * 2**20


class Feed:
    """Batches by step: shuffled anew in each epoch, augmented, prepared, moved to the device.

    Without augmentation, and while all prepared inputs take at most 256 MiB, they are prepared
    once and kept on the device; the batches are the same bit for bit either way.

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
        self._kept: tuple[torch.Tensor, torch.Tensor] | None = None
        size = 4 * len(self._train) * math.prod(task.input_shape)
        # what is read from a disk is there because memory is short
        most = _KEEP_BYTES // 4 if block_of(self._train) else _KEEP_BYTES
        if task.augment is None and size <= most:
            self._kept = self._tensors(self._train.take(slice(None)))

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs (batch, *input_shape) float32 and targets of batch number `step`, from 0."""
        if self._kept is not None and self._batches.batch_size is None:
            return self._kept
        samples = self._batches.indices(step)
        if self._kept is not None:
            index = torch.from_numpy(samples).to(self._device)
            inputs, targets = self._kept
            return inputs.index_select(0, index), targets.index_select(0, index)
        batch, augment = self._train.take(samples), self._task.augment
        if augment is not None:
            changed = augment(batch.inputs, samples, self._batches.epoch(step), self._augment_seed)
            batch = Split(changed, batch.targets)
        return self._tensors(batch)

    def _tensors(self, batch: Split) -> tuple[torch.Tensor, torch.Tensor]:
        return self._tensor(self._task.prepare(batch.inputs)), self._tensor(batch.targets)

    def _tensor(self, array: Array) -> torch.Tensor:
        # A copy in torch's own memory: the last bit of a matrix product may depend on alignment.
        return torch.tensor(array, device=self._device)
