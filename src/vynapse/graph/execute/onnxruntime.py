# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run a graph in ONNX Runtime, which is fast for small networks at small batches."""

from __future__ import annotations

from torch import Tensor

from vynapse.graph.execute.interface import check_inputs
from vynapse.graph.formats.onnx import run_session, session, to_onnx
from vynapse.graph.ir import Graph


class OnnxRuntime:
    """Exports once, checks the model beside eager, and runs it on one thread.

    Raises:
        MissingExtra: the extra `onnx` is not installed.
        GraphError: the graph has no translation, or the model differs from eager.
    """

    name = "onnxruntime"

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._session = session(to_onnx(graph))

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        check_inputs(self.graph, inputs)
        return tuple(run_session(self._session, self.graph, inputs))
