# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A function that torch binds computes what the op does, with its bits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.graph.samples import SAMPLES
from tests.graph.test_finite_differences import scalar
from vynapse.graph.execute.bindings import binding
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.execute.out_variants import OUT
from vynapse.graph.execute.planned import Planned
from vynapse.graph.ir import Graph
from vynapse.graph.nodes import Node
from vynapse.graph.schema import signature

CONTIGUOUS = {f"aten.{name}.default" for name in ("view", "_unsafe_view", "native_group_norm")}
"""Ops that refuse what does not lie in order."""


@pytest.mark.parametrize("op", sorted(SAMPLES))
def test_planned_has_the_bits_of_every_op(op: str) -> None:
    graph, given = scalar(op, SAMPLES[op])
    wanted = Interpreter(graph).run(*given)
    for mine, eager in zip(Planned(graph, fast_linear=False).run(*given), wanted, strict=True):
        assert torch.equal(mine, eager)


@pytest.mark.parametrize("op", sorted(SAMPLES.keys() - CONTIGUOUS))
def test_planned_is_right_where_inputs_lie_transposed(op: str) -> None:
    graph, given = scalar(op, SAMPLES[op])
    turned = transposed(graph)
    lying = [x.transpose(0, 1).contiguous() if x.ndim > 1 else x for x in given]
    wanted = Interpreter(turned).run(*lying)
    for mine, eager in zip(Planned(turned, fast_linear=False).run(*lying), wanted, strict=True):
        torch.testing.assert_close(mine, eager, rtol=1e-12, atol=1e-12)


def transposed(graph: Graph) -> Graph:
    """The graph that takes its matrices with the first two axes exchanged."""
    nodes: list[Node] = []
    for node in graph:
        if node.op != "input" or len(node.shape) < 2:
            nodes.append(node)
            continue
        shape = (node.shape[1], node.shape[0], *node.shape[2:])
        source = f"{node.name}.lying"
        nodes.append(Node(source, "input", (), (), shape, node.dtype))
        axes = (("dim0", 0), ("dim1", 1))
        kind = "aten.transpose.int"
        nodes.append(Node(node.name, kind, (source,), axes, node.shape, node.dtype))
    return Graph(tuple(nodes), graph.outputs, graph.tensors, graph.batch)


def test_most_ops_that_write_into_a_buffer_are_bound_by_name() -> None:
    found: list[Any] = [binding(signature(op).call) for op in OUT]
    bound = [function for function in found if not isinstance(function, torch._ops.OpOverload)]
    assert len(bound) > 30


def test_an_op_without_a_binding_is_called_by_itself() -> None:
    call = torch.ops.aten._to_copy.default
    assert binding(call) is call
    turned = binding(torch.ops.aten.t.default)
    x: Tensor = torch.ones(2, 3)
    assert turned(x).shape == (3, 2)
