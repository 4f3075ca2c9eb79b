# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A graph as a program of `torch.export`, which torch loads without this package."""

from __future__ import annotations

import io
from collections.abc import Sequence

import torch
from torch import Tensor

from vynapse.graph.examples import assert_close, random_inputs
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.formats.module import GraphModule
from vynapse.graph.ir import Graph
from vynapse.graph.values import Dim


def to_pt2(graph: Graph, inputs: Sequence[Tensor] | None = None) -> bytes:
    """The bytes of a .pt2 file, loaded again and run beside eager.

    Args:
        graph: any; a size that follows the batch stays open.
        inputs: the inputs of the check; random ones by default.

    Raises:
        GraphError: the program differs from eager.
    """
    example = tuple(inputs) if inputs is not None else random_inputs(graph)
    batch = torch.export.Dim("batch", min=1)
    shapes = tuple(
        {i: batch for i, size in enumerate(node.shape) if size == Dim(1)} for node in graph.inputs
    )
    program = torch.export.export(
        GraphModule(graph).eval(),
        example,
        dynamic_shapes=(shapes,) if graph.batch is not None else None,
    )
    file = io.BytesIO()
    torch.export.save(program, file)
    content = file.getvalue()
    again = torch.export.load(io.BytesIO(content)).module()
    with torch.no_grad():
        got = again(*example)
    wanted = Interpreter(graph).run(*example)
    assert_close(graph.outputs, got, wanted, 1e-6, 1e-6, "pt2 export")
    return content
