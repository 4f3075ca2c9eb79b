# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Mini-batches of a task's training split as tensors on a device, a pure function of the step."""

from __future__ import annotations

import math

import torch

from vynapse.core import Array, SupervisedTask
from vynapse.data.augment import augments
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
        count = len(self._train)
        self._batches = order_of(task, batch_size, streams)
        self._augment_seed = streams.stream("sgd.augment").seed_for()
        self._augments = augments(task)
        self._targets = self._tensor(self._train.targets)
        self._kept: torch.Tensor | None = None
        if not self._augments and 4 * count * math.prod(task.input_shape) <= _KEEP_BYTES:
            self._kept = self._tensor(task.prepare(self._train.inputs))

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs (batch, *input_shape) float32 and targets of batch number `step`, from 0."""
        if self._kept is not None and self._batches.batch_size is None:
            return self._kept, self._targets
        samples = self._batches.indices(step)
        index = torch.from_numpy(samples).to(self._device)
        targets = self._targets.index_select(0, index)
        if self._kept is not None:
            return self._kept.index_select(0, index), targets
        raw = self._train.inputs[samples]
        if self._augments:
            raw = self._task.augment(raw, samples, self._batches.epoch(step), self._augment_seed)
        return self._tensor(self._task.prepare(raw)), targets

    def _tensor(self, array: Array) -> torch.Tensor:
        # A copy in torch's own memory: the last bit of a matrix product may depend on alignment.
        return torch.tensor(array, device=self._device)
