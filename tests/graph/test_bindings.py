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
from vynapse.graph.schema import signature


@pytest.mark.parametrize("op", sorted(SAMPLES))
def test_planned_has_the_bits_of_every_op(op: str) -> None:
    graph, given = scalar(op, SAMPLES[op])
    wanted = Interpreter(graph).run(*given)
    for mine, eager in zip(Planned(graph, fast_linear=False).run(*given), wanted, strict=True):
        assert torch.equal(mine, eager)


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
