# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A training step as a pure function, and as a graph: forward, loss, backward, clipping, update.

    step(network, memory, count, inputs, targets, rate)
        -> loss, norm of the gradient, network, memory, count

Run eagerly or traced it computes the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from vynapse.graph.ir import Graph
from vynapse.graph.trace import trace
from vynapse.trainers.rules import Memory, Rule, Tensors, clipped

Loss = Callable[[Tensor, Tensor], Tensor]
"""Outputs and targets -> the mean loss, of shape ()."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where training stands.

    Attributes:
        network: parameters and buffers by name.
        memory: what the rule remembers, for each parameter that is learnt.
        count: number of steps made, of shape ().
    """

    network: Tensors
    memory: Memory
    count: Tensor

    def tree(self) -> tuple[Tensors, Memory, Tensor]:
        """The arguments of a step that are its state."""
        return self.network, self.memory, self.count

    def tensors(self) -> list[Tensor]:
        """All of it, in the order of the graph's inputs."""
        return [leaf for leaf in pytree.tree_leaves(self.tree()) if isinstance(leaf, Tensor)]

    def with_tensors(self, tensors: tuple[Tensor, ...]) -> Position:
        """The inverse of `tensors`, for another state of the same network."""
        spec = pytree.tree_flatten(self.tree())[1]
        network, memory, count = pytree.tree_unflatten(list(tensors), spec)
        return Position(network, memory, count)


@final
class TrainingStep:
    """The step of one module under one rule.

    Args:
        module: one in the mode (training or evaluation) in which it is to be traced.
        loss: what is minimised.
        rule: how it is updated.
        clip_norm: largest norm of the gradient, or None.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: Loss,
        rule: Rule,
        clip_norm: float | None = None,
    ) -> None:
        self._module, self._loss = module, loss
        self._rule, self._clip_norm = rule, clip_norm
        self.learnt = tuple(n for n, p in module.named_parameters() if p.requires_grad)

    def begin(self) -> Position:
        """The position before the first step; copies of what the module holds."""
        held = [*self._module.named_parameters(), *self._module.named_buffers()]
        network = {name: tensor.detach().clone() for name, tensor in held}
        memory = {name: self._rule.fresh(network[name]) for name in self.learnt}
        return Position(network, memory, torch.zeros(()))

    def __call__(
        self,
        network: Tensors,
        memory: Memory,
        count: Tensor,
        inputs: Tensor,
        targets: Tensor,
        rate: Tensor,
    ) -> tuple[Tensor, Tensor, Tensors, Memory, Tensor]:
        """One step at learning rate `rate`, of shape ()."""
        leaves = {name: network[name].detach().requires_grad_() for name in self.learnt}
        # buffers are written in training: the module gets copies
        rest = {name: t.clone() for name, t in network.items() if name not in leaves}
        everything = {**leaves, **rest}
        with torch.enable_grad():
            output = torch.func.functional_call(self._module, everything, (inputs,))
            loss = self._loss(output, targets)
            found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
        # torch gives None for a parameter that the loss does not depend on
        pairs: list[tuple[str, Tensor | None]] = list(zip(leaves, found, strict=True))
        gradients = {name: gradient for name, gradient in pairs if gradient is not None}
        with torch.no_grad():
            gradients, norm = clipped(gradients, self._clip_norm)
            own = {name: network[name] for name in leaves}
            moved, memory, count = self._rule.updated(own, gradients, memory, count, rate)
            after = {
                name: moved[name] if name in moved else everything[name].detach()
                for name in network
            }
        return loss.detach(), norm, after, memory, count

    def traced(self, position: Position, inputs: Tensor, targets: Tensor) -> Graph:
        """The graph of a step with batches of this shape.

        Its inputs are the tensors of a position, the batch, the targets and the rate (float64); its
        outputs the loss, the norm and the tensors of the next position.

        Raises:
            GraphError: it is no graph; the user's line is named.
        """
        rate = torch.ones((), dtype=torch.float64)
        return trace(self, *position.tree(), inputs, targets, rate)


def carried(graph: Graph) -> dict[int, int]:
    """Output -> input whose place it takes in the next step, of a graph by `traced`."""
    return {place + 2: place for place in range(len(graph.outputs) - 2)}
