# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every reverse rule and every expansion against finite differences, in float64."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.graph.samples import SAMPLES, Sample
from vynapse.graph.builder import Builder
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.gradient import gradient
from vynapse.graph.ir import Graph
from vynapse.graph.ops.table import ROWS
from vynapse.graph.schema import signature
from vynapse.graph.symbol import Symbol

DIFFERENTIABLE = sorted(op for op, row in ROWS.items() if row.differentiable)


def drawn(shape: Any, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(tuple(shape), generator=generator, dtype=torch.float64) + 0.5


def scalar(op: str, sample: Sample) -> tuple[Graph, list[Tensor]]:
    """A graph of one number, which weighs all outputs of an op; and its inputs."""
    builder, given = Builder(), []

    def place(value: Any, fixed: bool = False) -> Any:
        if isinstance(value, list):
            return [place(item) for item in value]
        if not isinstance(value, Tensor):
            return value
        if fixed or not value.is_floating_point():
            return builder.constant("index", value)
        given.append(value)
        return builder.input(f"x{len(given)}", tuple(value.shape), "float64")

    inputs = [place(value, i in sample.fixed) for i, value in enumerate(sample.inputs)]
    out = builder.add(op, *inputs, **sample.attributes)
    parts = [out[i] for i in sample.outputs] if out.dtype == "tuple" else [out]
    total: Symbol | None = None
    for seed, part in enumerate(parts):
        weight = builder.constant("weight", drawn(part.shape, seed))
        term = (part * weight).call("sum.default")
        total = term if total is None else total + term
    assert total is not None
    return builder.graph(total), given


def differences(graph: Graph, given: list[Tensor], step: float = 1e-6) -> list[Tensor]:
    """Central differences of the only output."""
    run, found = Interpreter(graph).run, []
    for place, tensor in enumerate(given):
        slopes = torch.zeros(tensor.numel(), dtype=torch.float64)
        for i in range(tensor.numel()):
            ends = []
            for sign in (1, -1):
                moved = tensor.clone().reshape(-1)
                moved[i] += sign * step
                inputs = [*given[:place], moved.reshape(tensor.shape), *given[place + 1 :]]
                ends.append(run(*inputs)[0].item())
            slopes[i] = (ends[0] - ends[1]) / (2 * step)
        found.append(slopes.reshape(tensor.shape))
    return found


def assert_slopes(graph: Graph, given: list[Tensor]) -> None:
    names = [node.name for node in graph.inputs]
    got = Interpreter(gradient(graph, names)).run(*given)
    for name, mine, wanted in zip(names, got, differences(graph, given), strict=True):
        scale = max(1.0, wanted.abs().max().item()) if wanted.numel() else 1.0
        worst = (mine - wanted).abs().max().item() / scale if wanted.numel() else 0.0
        assert worst < 1e-4, (name, mine, wanted)


@pytest.mark.parametrize("op", DIFFERENTIABLE)
def test_every_differentiable_op_agrees_with_finite_differences(op):
    assert op in SAMPLES, f"{op} has a reverse rule and no sample in tests/graph/samples.py"
    assert_slopes(*scalar(op, SAMPLES[op]))


EXPANDED = sorted(op for op in DIFFERENTIABLE if ROWS[op].expand is not None)


@pytest.mark.parametrize("op", EXPANDED)
def test_every_expansion_computes_what_the_op_computes(op):
    from vynapse.graph.rewrite.expand import expanded

    graph, given = scalar(op, SAMPLES[op])
    simpler = expanded(graph, {op})
    assert op not in {node.op for node in simpler}
    (wanted,), (got,) = Interpreter(graph).run(*given), Interpreter(simpler).run(*given)
    torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("op", sorted(ROWS))
def test_a_row_is_about_an_op_of_torch(op):
    assert str(signature(op).call) == op
