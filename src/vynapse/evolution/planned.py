# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""One network after the other through a plan: the module's operations, recorded once.

A population of convolutional networks loses its time in torch's memory and operations, not in
Python. A plan runs few examples at a time, so that what lies between two layers stays in the cache
and is written where it was before. Weights of a genome are copied into the plan, so no module is
called.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn

from vynapse.core import State
from vynapse.errors import CheckpointError
from vynapse.graph.execute.planned import Planned
from vynapse.graph.ir import Graph
from vynapse.graph.rewrite import fusion
from vynapse.graph.rewrite.windows import with_sliced_pooling
from vynapse.graph.trace import trace

_LARGEST = 1 << 19
"""Values of the largest tensor in a plan (2 MiB of float32), which then stays in the cache."""
_MOST_ROWS = 256
_STEP = 8
"""Sizes of plans are multiples of it. The last rows are repeated up to the next size, so that there
are few plans however many examples come."""


@final
class PlannedNetwork:
    """A module in evaluation mode whose evolved parameters are stretches of one vector.

    Args:
        module: the network; its other tensors stay as they are.
        layout: names and shapes of the parameters in a genome, in order.
        example: two inputs (2, *input_shape).

    Attributes:
        rows: examples of a full pass; a function of the network alone, as bits depend on it.
        fast_linear: large linear layers run in oneDNN.

    Raises:
        GraphError: the module is no graph whose sizes follow the batch.
    """

    def __init__(
        self, module: nn.Module, layout: Mapping[str, tuple[int, ...]], example: Tensor
    ) -> None:
        sizes = [math.prod(shape) for shape in layout.values()]
        self._weights = torch.zeros(sum(sizes))
        stretches = self._weights.split(sizes)
        views = {
            name: stretch.view(shape)
            for stretch, (name, shape) in zip(stretches, layout.items(), strict=True)
        }
        graph = with_sliced_pooling(trace(module, example, dynamic_batch=True))
        read = {name: view for name, view in views.items() if name in graph.tensors}
        self._graph = graph.with_tensors(read)
        self.rows = _rows(graph)
        self.fast_linear = fusion.available()
        self._plans: dict[int, Planned] = {}

    def forward(self, genome: Tensor, inputs: Tensor) -> Tensor:
        """What the network with the parameters of `genome` (p,) gives: (b, ...) -> (b, o)."""
        self._weights.copy_(genome)
        parts = []
        for low in range(0, len(inputs), self.rows):
            x = inputs[low : low + self.rows]
            size = min(self.rows, -(-len(x) // _STEP) * _STEP)
            padded = torch.cat([x, x[-1:].expand(size - len(x), *x.shape[1:])])
            (output,) = self._plan(size).compute(padded if size > len(x) else x)
            parts.append(output[: len(x)].clone())  # the plan writes there again
        return torch.cat(parts)

    def state(self) -> State:
        """What its bits depend on beside the network."""
        return {"rows": self.rows, "fast_linear": self.fast_linear}

    def load(self, state: State) -> None:
        """Compute as `state` says.

        Raises:
            CheckpointError: this torch has no linear layers of oneDNN, by which the run computed.
        """
        if state["fast_linear"] and not fusion.available():
            raise CheckpointError(
                "the run computed its linear layers by oneDNN, which this torch does not offer: "
                "resume it with the torch it was started with"
            )
        self.rows, self.fast_linear = state["rows"], state["fast_linear"]
        self._plans.clear()

    def _plan(self, size: int) -> Planned:
        if size not in self._plans:
            self._plans[size] = Planned(self._graph.at(size), fast_linear=self.fast_linear)
        return self._plans[size]


def _rows(graph: Graph) -> int:
    """As many examples as let the largest tensor fit."""
    nodes = [node for node in graph.at(_STEP) if node.op not in {"parameter", "constant"}]
    largest = max(math.prod(int(str(size)) for size in node.shape) for node in nodes)
    rows = min(_MOST_ROWS, _LARGEST * _STEP // max(1, largest))
    return max(1, rows // _STEP * _STEP or rows)
