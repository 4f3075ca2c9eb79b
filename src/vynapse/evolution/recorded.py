# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A network whose operations are recorded once, and run for one genome after the other.

A population of convolutional networks loses its time in torch's memory and operations, not in
Python. So few examples run at a time: what lies between two layers stays in the cache. Poolings and
linear layers are computed by faster operations. No module is called; the weights of a genome are
copied to where the recorded operations read them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn

from vynapse.core import State
from vynapse.errors import CheckpointError
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.ir import Graph
from vynapse.graph.rewrite import fusion
from vynapse.graph.rewrite.views import with_activations_first
from vynapse.graph.rewrite.windows import with_sliced_pooling
from vynapse.graph.trace import trace

_LARGEST = 1 << 20
"""Values of the largest tensor (4 MiB of float32); larger ones leave the cache."""
_KEPT = 28 << 20
"""Bytes that glibc keeps after a first block of that size (32 MiB at most) has been freed. Else it
gives the memory of large tensors back after each operation and the system clears it anew, which
took up to half of the time."""
_MOST_ROWS = 256
_STEP = 8
"""Batches are multiples of it, at most `rows`: the last row is repeated up to the next one, so that
there are few programs however many examples come."""
_WORTH_ONEDNN = 1 << 20
"""Multiplications of a linear layer from which on oneDNN is worth its call."""


@final
class RecordedNetwork:
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
        views = {
            name: stretch.view(shape)
            for stretch, (name, shape) in zip(
                self._weights.split(sizes), layout.items(), strict=True
            )
        }
        graph = with_sliced_pooling(trace(module, example, dynamic_batch=True))
        read = {name: view for name, view in views.items() if name in graph.tensors}
        self._graph = graph.with_tensors(read)
        self._programs: dict[int, Interpreter] = {}
        self.rows = _rows(graph)
        self.fast_linear = fusion.available()
        torch.empty(_KEPT, dtype=torch.uint8)

    def forward(self, genomes: Tensor, inputs: Tensor) -> Tensor:
        """What the networks give: (g, p) and (b, ...) -> (g, b, o)."""
        return torch.stack([self._one(genome, inputs) for genome in genomes])

    def _one(self, genome: Tensor, inputs: Tensor) -> Tensor:
        self._weights.copy_(genome)
        parts = []
        for low in range(0, len(inputs), self.rows):
            x = inputs[low : low + self.rows]
            missing = min(self.rows, -(-len(x) // _STEP) * _STEP) - len(x)
            whole = torch.cat([x, x[-1:].expand(missing, *x.shape[1:])]) if missing else x
            (output,) = self._program(len(whole)).run(whole)
            parts.append(output[: len(x)])
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
        self._programs.clear()

    def _program(self, size: int) -> Interpreter:
        if size not in self._programs:
            graph = self._graph.at(size)
            if self.fast_linear:
                graph = with_activations_first(graph)
                graph = fusion.with_fused_linear(graph, _WORTH_ONEDNN)
            self._programs[size] = Interpreter(graph)
        return self._programs[size]


def _rows(graph: Graph) -> int:
    """The largest number of examples with which every tensor fits."""
    nodes = [node for node in graph.at(_STEP) if node.op not in {"parameter", "constant"}]
    largest = max(math.prod(int(str(size)) for size in node.shape) for node in nodes)
    rows = min(_MOST_ROWS, _LARGEST * _STEP // max(1, largest))
    return max(1, rows // _STEP * _STEP or rows)
