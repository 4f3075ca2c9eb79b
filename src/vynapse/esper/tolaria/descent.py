# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradient descent on a growing network, one batch at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from vynapse.core import SupervisedTask, loss_of_tensors
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.leyline.options import Isolation
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.networks.modules import evaluation_mode, isolated_generators, user_errors
from vynapse.seeding import Stream, Streams
from vynapse.trainers.optimisers import Optimiser
from vynapse.trainers.sgd_settings import SgdSettings


class Diverged(Exception):
    """A loss or a gradient is not finite; the parameters are as they were before the batch."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a batch found before its update.

    Attributes:
        loss: the loss of the network; where the host is frozen, that of the network with the first
            seed in.
        norm: L2 norm of the gradient, before clipping; where the host is frozen that of the first
            seed, 0 before that trains.
    """

    loss: float
    norm: float


@final
class Descent:
    """Updates a growing network by the gradients of batches.

    Args:
        network: what grows; its module learns.
        task: whose loss is lowered.
        settings: optimiser and clipping.
        isolation: how seeds learn before they blend in.
        seed_clip_norm: largest L2 norm of the gradients of a seed in training; None: that of the
            settings.
        streams: modules that draw random numbers get theirs from "grow.forward" and "grow.shadow",
            so that a seed in training changes nothing of what the host draws. Where nothing can
            draw any, which takes as long as a small batch to prepare, there are no generators.
    """

    def __init__(
        self,
        network: GrowingNetwork,
        task: SupervisedTask,
        settings: SgdSettings,
        isolation: Isolation,
        seed_clip_norm: float | None,
        streams: Streams,
    ) -> None:
        self._growing, self._task = network, task
        self._settings = settings
        self._isolation = isolation
        self._seed_limit = settings.clip_norm if seed_clip_norm is None else seed_clip_norm
        self._forward = streams.stream("grow.forward")
        self._shadow = streams.stream("grow.shadow")
        self.begin()

    def begin(self) -> None:
        """Train the present module from here on, with an optimiser that remembers nothing."""
        self.network = self._growing.module
        self.optimiser = Optimiser(
            self._settings.optimizer,
            self.network,
            momentum=self._settings.momentum,
            nesterov=self._settings.nesterov,
            betas=self._settings.betas,
            weight_decay=self._settings.weight_decay,
        )
        self._look()

    def adopt(self) -> None:
        """Train the parameters that there are now."""
        self.optimiser.adopt(self.network)
        self._look()

    def _look(self) -> None:
        """What every batch needs to know, and what changes with the parts of the network alone."""
        self._parameters = list(self.network.parameters())
        self._draws = self._growing.stochastic() or self._task.loss.kernel is None

    def loss_on(self, inputs: Tensor, targets: Tensor) -> Callable[[], Tensor]:
        """The loss of the network on a batch, as a function of nothing."""
        given = self._growing.inputs(inputs)
        return lambda: loss_of_tensors(self._task.loss, self.network(given), targets)

    def freezes(self, incubating: Sequence[str]) -> bool:
        """Whether the host is held constant while seeds of these slots do not blend in yet."""
        return self._isolation == "frozen" and bool(incubating)

    def update(
        self,
        step: int,
        inputs: Tensor,
        targets: Tensor,
        rate: float,
        training: Sequence[str],
        *,
        frozen: bool,
    ) -> Trained:
        """One step of the optimiser.

        Args:
            step: number of the batch, from 0.
            inputs: (batch, *input_shape).
            targets: the targets as the task has them.
            rate: learning rate.
            training: slots whose seeds are in training.
            frozen: whether the host is held constant.

        Raises:
            Diverged: a loss or a norm is not finite.
        """
        for parameter in self._parameters:
            parameter.grad = None
        if frozen and not training:
            return self._listened(step, inputs, targets)
        for index, place in enumerate(training):
            slot = self.network.slot(place)
            slot.draws = self._shadow.seed_for(step, index) if self._draws else None
        with _lone_example(self.network) if len(inputs) == 1 else nullcontext():
            found = self._gradients(step, inputs, targets, training, frozen=frozen)
        self.optimiser.step(rate)
        return found

    def _gradients(
        self,
        step: int,
        inputs: Tensor,
        targets: Tensor,
        training: Sequence[str],
        *,
        frozen: bool,
    ) -> Trained:
        """Give each parameter its gradient; for the arguments see `update`."""
        found: list[Trained] = []
        if not frozen:
            with self._generators(self._forward, step), _told(inputs):
                loss = loss_of_tensors(self._task.loss, self.network(inputs), targets)
                loss.backward()
            apart = {id(p) for place in training for p in self._seed(place).parameters()}
            own = [p for p in self._parameters if id(p) not in apart]
            found.append(_clipped(loss, own, self._settings.clip_norm))
        for index, place in enumerate(training):
            parameters = [p for p in self._seed(place).parameters() if p.requires_grad]
            if self._isolation in ("shadow", "frozen"):
                with self._generators(self._shadow, step, index), _told(inputs):
                    output = self.network.shadow(place, inputs)
                    loss = loss_of_tensors(self._task.loss, output, targets)
                gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.grad = gradient
            found.append(_clipped(loss, parameters, self._seed_limit))
        return found[0]

    def _listened(self, step: int, inputs: Tensor, targets: Tensor) -> Trained:
        """A batch that seeds receive for the first time, and that nothing learns from."""
        drawing = self._generators(self._forward, step)
        with drawing, evaluation_mode(self.network), torch.no_grad(), _told(inputs):
            loss = loss_of_tensors(self._task.loss, self.network(inputs), targets)
        return _clipped(loss, [], None)

    def _generators(
        self, stream: Stream, step: int, index: int = 0
    ) -> AbstractContextManager[None]:
        """The global generators under a seed of their own, where anything may draw from them."""
        if not self._draws:
            return nullcontext()
        return isolated_generators(stream.seed_for(step, index))

    def _seed(self, place: str) -> nn.Module:
        slot = self.network.slot(place)
        return slot.seeds[slot.live or ""]


def _clipped(loss: Tensor, parameters: list[nn.Parameter], limit: float | None) -> Trained:
    """Clip the gradients of some parameters together."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
    trained = Trained(loss.item(), norm.item())
    if not (math.isfinite(trained.loss) and math.isfinite(trained.norm)):
        raise Diverged(
            f"a batch had a loss of {trained.loss:g} and a gradient of norm {trained.norm:g}"
        )
    if limit is not None:
        torch.nn.utils.clip_grads_with_norm_(parameters, limit, norm, foreach=False)
    return trained


@contextmanager
def _lone_example(network: HostWithSlots) -> Iterator[None]:
    """Seeds of single values per channel compute as in evaluation, for a batch of one example.

    A batch norm cannot train on it, since it has no variance. The last batch of an epoch may be one
    example, and a host that takes it has to go on taking it when something grows.
    """
    with ExitStack() as stack:
        for place in network.places:
            slot = network.slot(place)
            if math.prod(slot.shape[1:]) == 1:
                stack.enter_context(evaluation_mode(slot.seeds))
        yield


def _told(inputs: Tensor) -> AbstractContextManager[None]:
    return user_errors(f"a batch of {len(inputs)} examples")
