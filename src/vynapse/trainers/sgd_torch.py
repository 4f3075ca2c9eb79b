# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The engine of mode `sgd` for any module: forward, backward and update by torch."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import final

import numpy as np
import torch

from vynapse.core import Array, Evaluation
from vynapse.errors import ConfigError
from vynapse.networks import modules
from vynapse.networks.state import NetworkState
from vynapse.trainers.feed import Feed
from vynapse.trainers.mode import Stage
from vynapse.trainers.optimisers import Optimiser
from vynapse.trainers.rehearsal import forward_and_backward
from vynapse.trainers.sgd_engine import F64, Found, Memory
from vynapse.trainers.sgd_settings import SgdSettings


@final
class TorchEngine:
    """Trains the network of `stage`.

    Raises:
        ConfigError: the network has nothing to train.
    """

    path = "torch"
    many = False

    def __init__(self, stage: Stage, settings: SgdSettings) -> None:
        self.flops = stage.network.structure.flops(stage.supervised.input_shape, stage.examples())
        self._stage, self._settings = stage, settings
        self._device = torch.device(stage.device)
        self._feed = Feed(stage.supervised, settings.batch_size, stage.streams, self._device)
        self._stochastic = stage.network.structure.stochastic()
        self.begin(stage.network)
        if not self._optimiser.parameters:
            raise ConfigError(
                "network: sgd needs a parameter that requires a gradient, this module has none"
            )

    def begin(self, network: NetworkState) -> None:
        settings = self._settings
        self._module = modules.build(network.structure, network.tensors).to(self._device)
        self._module.train()
        self._channels_last = modules.prefers_channels_last(self._module)
        if self._channels_last:
            self._module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimiser = Optimiser(
            settings.optimizer,
            self._module,
            momentum=settings.momentum,
            nesterov=settings.nesterov,
            betas=settings.betas,
            weight_decay=settings.weight_decay,
        )

    def update(self, step: int, rates: F64) -> Found:
        found: list[tuple[float, float]] = []
        for n, rate in enumerate(rates.tolist()):
            found.append(self._update(step + n, rate))
            if not all(math.isfinite(figure) for figure in found[-1]):
                break
        losses, norms = np.array(found).T
        return Found(losses, norms)

    def tensors(self) -> dict[str, Array]:
        return modules.to_tensors(self._module)

    def evaluate(self, network: NetworkState, step: int) -> Evaluation:
        with self._generators("sgd.evaluate", step):
            predict = (
                network.predictor()
                if self._device.type == "cpu"
                else modules.predictor(self._module)
            )
            return self._stage.supervised.evaluate(predict, "validation")

    def memory(self) -> Memory:
        return self._optimiser.state()

    def remember(self, memory: Memory) -> None:
        self._optimiser.load(memory)

    @property
    def waited(self) -> float:
        return self._feed.waited

    def close(self) -> None:
        self._feed.close()

    def _update(self, step: int, rate: float) -> tuple[float, float]:
        """One step; the loss and the gradient norm (unclipped) before it."""
        inputs, targets = self._feed.batch(step)
        if self._channels_last and inputs.ndim == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        self._module.zero_grad(set_to_none=True)
        with self._generators("sgd.forward", step):
            loss = forward_and_backward(self._module, self._stage.supervised, inputs, targets)
        parameters = self._optimiser.parameters.values()
        gradients = [p.grad for p in parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
        batch_loss, gradient_norm = loss.item(), norm.item()
        if math.isfinite(batch_loss) and math.isfinite(gradient_norm):
            if self._settings.clip_norm is not None:
                torch.nn.utils.clip_grads_with_norm_(
                    parameters, self._settings.clip_norm, norm, foreach=False
                )
            self._optimiser.step(rate)
        return batch_loss, gradient_norm

    def _generators(self, stream: str, step: int) -> AbstractContextManager[None]:
        """The global generators under a seed of this step, where the network may draw from them."""
        if not self._stochastic:
            return nullcontext()
        return modules.isolated_generators(self._stage.streams.stream(stream).seed_for(step))
