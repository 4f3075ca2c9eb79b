# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is counted and remembered from step to step of a user's loop."""

from __future__ import annotations

import math
from typing import Final, final

import torch
from torch import Tensor, nn

from vynapse.core import State
from vynapse.errors import ConfigError
from vynapse.esper.leyline.measurement import Measurement
from vynapse.esper.nissa.gradients import GradientMonitor, Parameters

_TOGETHER: Final = 256
"""Losses that are added up at a time; the device is waited for then."""
_COUNTS: Final = ("epoch", "steps", "epoch_steps", "last_steps")


@final
class Diary:
    """Losses, steps and the gradients of seeds.

    Attributes:
        epoch: epochs done.
        steps: optimiser steps done.
        epoch_steps: those of the present epoch.
        last_steps: those of the last epoch; 0 where it is not known.
        training: mean batch loss of each epoch.
        validation: validation loss of each epoch.
    """

    def __init__(self, last_steps: int) -> None:
        self.epoch = self.steps = self.epoch_steps = 0
        self.last_steps = last_steps
        self.training: list[float] = []
        self.validation: list[float] = []
        self._losses: list[float | Tensor] = []  # not yet added up: that takes time
        self._total = torch.zeros(())
        self._monitor: GradientMonitor | None = None

    def step(self, loss: float | Tensor) -> None:
        """An optimiser step was made on a batch of this loss.

        Raises:
            ConfigError: it is no single number.
        """
        self._losses.append(loss.detach() if isinstance(loss, Tensor) else loss)
        self.steps += 1
        self.epoch_steps += 1
        if len(self._losses) == _TOGETHER or self.epoch_steps == 1:
            self._add()

    def _add(self) -> None:
        """Add up the losses of late.

        Raises:
            ConfigError: one is no single number.
        """
        losses, self._losses = self._losses, []
        if losses:
            each = torch.stack([_number(loss) for loss in losses])
            self._total = self._total + each.cpu().double().sum()

    def turn(self, validation: float) -> bool:
        """An epoch is over.

        Args:
            validation: its validation loss.

        Returns:
            Whether both losses are finite.
        """
        self._add()
        total = self._total.item()
        self.training.append(total / self.epoch_steps)
        self.validation.append(validation)
        self.epoch += 1
        self.last_steps, self.epoch_steps, self._total = self.epoch_steps, 0, torch.zeros(())
        return math.isfinite(validation) and math.isfinite(self.training[-1])

    def watch(self, seeds: dict[str, Parameters]) -> None:
        """Watch the gradients of these seeds from now on."""
        self._monitor = GradientMonitor(seeds) if seeds else None

    def look(self, scale: Tensor | None) -> None:
        """Look at gradients, which are there; for the scale see `GradientMonitor`."""
        if self._monitor is not None:
            self._monitor.after_step(scale)

    def health(self) -> dict[str, Measurement | None]:
        """Gradient health by slot, over the steps since `watch`."""
        return {} if self._monitor is None else self._monitor.health()

    def state(self) -> State:
        """All of it; tensors are copies."""
        return {
            **{name: getattr(self, name) for name in _COUNTS},
            "training": list(self.training),
            "validation": list(self.validation),
            "total": self._total.clone(),
            "losses": [loss.clone() if isinstance(loss, Tensor) else loss for loss in self._losses],
            "monitor": None if self._monitor is None else self._monitor.state(),
        }

    def load(self, state: State) -> None:
        """Become the diary whose `state()` this was, but for what it watches."""
        for name in _COUNTS:
            setattr(self, name, int(state[name]))
        self.training = [float(loss) for loss in state["training"]]
        self.validation = [float(loss) for loss in state["validation"]]
        self._total, self._losses = state["total"].clone(), list(state["losses"])

    def watch_on(self, state: State, seeds: dict[str, Parameters]) -> None:
        """Watch these seeds, which `state` watched."""
        self.watch(seeds)
        if self._monitor is not None and state["monitor"] is not None:
            self._monitor.load(state["monitor"])


def clip(parameters: list[nn.Parameter], limit: float, scale: Tensor | None) -> None:
    """Clip gradients to an L2 norm, that before they were multiplied by `scale`."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return
    norm = nn.utils.get_total_norm(gradients)
    true = norm if scale is None else norm / scale
    if torch.isfinite(true):
        nn.utils.clip_grads_with_norm_(parameters, limit, true)


def _number(loss: float | Tensor) -> Tensor:
    """A loss as a tensor ().

    Raises:
        ConfigError: it is no single number.
    """
    if not isinstance(loss, Tensor):
        return torch.tensor(float(loss))
    if loss.numel() != 1:
        raise ConfigError(
            "loss: that of the batch, one number, was wanted, got a tensor of shape "
            f"{tuple(loss.shape)}"
        )
    return loss.reshape(()) if loss.dim() else loss
