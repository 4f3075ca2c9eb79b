# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The engine of mode `static`: a training step that was traced once, and an executor for it.

Batches of another size, such as the last one of an epoch, have a graph of their own. The state of
training moves from one executor to the other when the size changes.
"""

from __future__ import annotations

import math
from functools import partial
from typing import final

import numpy as np
import torch
from torch import Tensor

from vynapse.core import Array, Evaluation, loss_of_tensors
from vynapse.errors import ConfigError, GraphError
from vynapse.graph.execute.planned import Planned
from vynapse.graph.execute.stepping import Interpreted, Stepper
from vynapse.graph.ir import Graph
from vynapse.networks import modules
from vynapse.networks.state import NetworkState
from vynapse.trainers.feed import Feed
from vynapse.trainers.mode import Stage
from vynapse.trainers.rules import Rule
from vynapse.trainers.sgd_engine import F64, Found, Memory
from vynapse.trainers.static_settings import StaticSettings
from vynapse.trainers.static_step import Position, TrainingStep, carried


@final
class StaticEngine:
    """Trains the network of `stage` by a graph.

    Raises:
        ConfigError: the network has nothing to train, or cannot be traced.
    """

    many = False

    def __init__(self, stage: Stage, settings: StaticSettings) -> None:
        self.flops = stage.network.structure.flops(stage.supervised.input_shape, stage.examples())
        self._stage, self._settings = stage, settings
        self._rule = Rule.of(settings)
        device = torch.device("cpu")
        self._feed = Feed(stage.supervised, settings.batch_size, stage.streams, device)
        self._choice = "planned" if settings.executor == "auto" else settings.executor
        self._steppers: dict[int, Stepper] = {}
        self._size: int | None = None
        self.begin(stage.network)
        if not self._step.learnt:
            raise ConfigError(
                "network: static needs a parameter that requires a gradient, this module has none"
            )
        self.path = self._path()

    def begin(self, network: NetworkState) -> None:
        self._module = modules.build(network.structure, network.tensors).train()
        self._step = TrainingStep(
            self._module,
            partial(loss_of_tensors, self._stage.supervised.loss),
            self._rule,
            self._settings.clip_norm,
        )
        self._position = self._step.begin()
        self._size = None

    def update(self, step: int, rates: F64) -> Found:
        found: list[tuple[float, float]] = []
        for n, rate in enumerate(torch.tensor(rates, dtype=torch.float64).unbind()):
            inputs, targets = self._batch(step + n)
            stepper = self._stepper(inputs, targets)
            loss, norm = stepper.compute(inputs, targets, rate)
            found.append((loss.item(), norm.item()))
            if not all(math.isfinite(figure) for figure in found[-1]):
                break
            stepper.commit()
        losses, norms = np.array(found).T
        return Found(losses, norms)

    def tensors(self) -> dict[str, Array]:
        network = self._current().network
        with torch.no_grad():
            for name, tensor in [*self._module.named_parameters(), *self._module.named_buffers()]:
                tensor.copy_(network[name])
        return modules.to_tensors(self._module)

    def evaluate(self, network: NetworkState, step: int) -> Evaluation:
        return self._stage.supervised.evaluate(network.predictor(), "validation")

    def memory(self) -> Memory:
        position = self._current()
        counted = {"step": position.count.numpy().copy()} if self._rule.counts else {}
        return {
            name: {**counted, **{key: t.numpy().copy() for key, t in entries.items()}}
            for name, entries in position.memory.items()
        }

    def remember(self, memory: Memory) -> None:
        position = self._current()
        for name, entries in position.memory.items():
            for key, tensor in entries.items():
                tensor.copy_(torch.from_numpy(memory[name][key]))
            if self._rule.counts:
                position.count.copy_(torch.from_numpy(np.asarray(memory[name]["step"])))
        self._position, self._size = position, None

    @property
    def waited(self) -> float:
        return self._feed.waited

    def close(self) -> None:
        self._feed.close()

    def _batch(self, step: int) -> tuple[Tensor, Tensor]:
        inputs, targets = self._feed.batch(step)
        return inputs.contiguous(), targets.contiguous()

    def _current(self) -> Position:
        """Where training stands, as tensors of its own."""
        if self._size is not None:
            state = tuple(t.clone() for t in self._steppers[self._size].state)
            self._position = self._position.with_tensors(state)
        return self._position

    def _stepper(self, inputs: Tensor, targets: Tensor) -> Stepper:
        """The executor for batches of this size, with the state of training in it."""
        size = len(inputs)
        if size not in self._steppers:
            self._steppers[size] = self._executor(self._graph(inputs, targets))
        stepper = self._steppers[size]
        if size != self._size:
            stepper.start(*self._current().tensors())
            self._size = size
        return stepper

    def _graph(self, inputs: Tensor, targets: Tensor) -> Graph:
        try:
            with modules.isolated_generators(0):
                return self._step.traced(self._position, inputs, targets)
        except GraphError as error:
            raise ConfigError(
                f"network: mode static cannot trace its training step: {error}: use mode sgd"
            ) from error

    def _executor(self, graph: Graph) -> Stepper:
        if self._choice == "planned":
            try:
                return Planned(graph, carried(graph))
            except GraphError:
                if self._settings.executor != "auto":
                    raise
                self._choice = "interpreter"
        return Interpreted(graph, carried(graph))

    def _path(self) -> str:
        """What makes the steps; part of the state, so that it is never chosen again."""
        inputs, targets = self._batch(0)
        stepper = self._stepper(inputs, targets)
        chosen = ("fast linear", "fused update")
        told = [name for name in chosen if getattr(stepper, name.replace(" ", "_"), False)]
        return ", ".join(["graph", self._choice, *told])
