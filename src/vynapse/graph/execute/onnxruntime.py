# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run a graph in ONNX Runtime, which is fast for small networks at small batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vynapse.graph.execute.interface import check_inputs
from vynapse.graph.formats.onnx import session, to_onnx
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.values import dtype_of, sizes_at


@dataclass(frozen=True, slots=True)
class _Bound:
    """Memory that a session reads and writes, and the call that makes it do so."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    call: partial[None]


class OnnxRuntime:
    """Exports once, checks the model beside eager, and runs it on one thread.

    The session reads and writes memory of the executor, one set for each size of the batch: at
    batch 1 a call that makes arrays of its own takes about half as long again.

    Raises:
        MissingExtra: the extra `onnx` is not installed.
        GraphError: the graph has no translation, or the model differs from eager.
    """

    name = "onnxruntime"

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._session = session(to_onnx(graph))
        self._bound: dict[int | None, _Bound] = {}

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        batch = check_inputs(self.graph, inputs)
        return tuple(out.clone() for out in self.compute(*inputs, batch=batch))

    def compute(self, *inputs: Tensor, batch: int | None = None) -> tuple[Tensor, ...]:
        """`run` without its check of the inputs.

        Args:
            inputs: tensors in the order of `graph.inputs`, of the shapes and types stated there.
            batch: the size of the batch, where sizes of the graph follow it.

        Returns:
            The outputs; they lie in the executor's memory and are overwritten by the next call.
        """
        bound = self._bound.get(batch) or self._bind(batch)
        for memory, given in zip(bound.inputs, inputs, strict=True):
            if given is not memory:
                memory.copy_(given)
        bound.call()
        return bound.outputs

    def memory(self, batch: int | None = None) -> tuple[Tensor, ...]:
        """The tensors that the session reads: who fills them and gives them saves a copy."""
        return (self._bound.get(batch) or self._bind(batch)).inputs

    def _bind(self, batch: int | None) -> _Bound:
        binding = self._session.io_binding()
        inputs = tuple(_blank(node, batch) for node in self.graph.inputs)
        outputs = tuple(_blank(self.graph[name], batch) for name in self.graph.outputs)
        # an exporter leaves out inputs that are not read
        read = {given.name for given in self._session.get_inputs()}
        for node, memory in zip(self.graph.inputs, inputs, strict=True):
            if node.name in read:
                binding.bind_input(node.name, *_place(memory))
        for given, memory in zip(self._session.get_outputs(), outputs, strict=True):
            binding.bind_output(given.name, *_place(memory))
        call = partial(self._session.run_with_iobinding, binding)
        self._bound[batch] = _Bound(inputs, outputs, call)
        return self._bound[batch]


def _blank(node: Node, batch: int | None) -> Tensor:
    return torch.zeros(sizes_at(node.shape, batch), dtype=dtype_of(node.dtype))


def _place(memory: Tensor) -> tuple[Any, ...]:
    """Where it lies, as ONNX Runtime wants to know it."""
    return "cpu", 0, memory.numpy().dtype.type, list(memory.shape), memory.data_ptr()
