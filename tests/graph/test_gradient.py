# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gradients of whole graphs: laws, second derivatives, what has none."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel

from tests.evidence import many
from tests.graph.test_finite_differences import assert_slopes
from tests.graph.zoo import make
from vynapse.errors import GraphError
from vynapse.graph.builder import Builder
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.gradient import gradient
from vynapse.graph.trace import trace
from vynapse.graph.values import Dim

SMOOTH = ("tanh", "sigmoid", "sin", "gelu", "silu", "softplus", "exp")
PAIRS = ("add", "mul", "sub")


@st.composite
def compositions(draw):
    """A graph of one number from random ops on two tensors, and the tensors."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    data = [torch.rand(rows, columns, generator=generator, dtype=torch.float64) - 0.5,
            torch.rand(1, columns, generator=generator, dtype=torch.float64) - 0.5]  # fmt: skip
    b = Builder()
    values = [b.input(f"x{i}", tuple(x.shape), "float64") for i, x in enumerate(data)]
    for _ in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["smooth", "pair", "mm", "shape", "reduce"]))
        x, y = draw(st.sampled_from(values)), draw(st.sampled_from(values))
        if kind == "smooth":
            values.append(b.add(draw(st.sampled_from(SMOOTH)), x * 0.5))
        elif kind == "pair" and x.shape[1] == y.shape[1]:
            if x.shape[0] == y.shape[0] or 1 in {x.shape[0], y.shape[0]}:
                values.append(b.add(draw(st.sampled_from(PAIRS)), x, y))
        elif kind == "mm":
            values.append(b.add("mm", x, x.t().mm(x)) * 0.3)
        elif kind == "shape":
            how = draw(st.sampled_from(["slice", "cat", "flip"]))
            if how == "slice":
                values.append(b.add("slice", x, dim=0, start=0, end=1))
            elif how == "cat" and x.shape[1] == y.shape[1]:
                values.append(b.add("cat", [x, y], dim=0))
            else:
                values.append(b.add("flip", x, dims=(1,)))
        else:
            values.append(b.add("_softmax", x, dim=1, half_to_float=False))
    total = values[0].call("sum.default")
    for value in values[1:]:
        total = total + value.call("sum.default") * 0.7
    return b.graph(total), data


@settings(max_examples=many(sample=20, evidence=500))
@given(compositions())
def test_random_compositions_agree_with_finite_differences(case):
    assert_slopes(*case)


@pytest.mark.parametrize("name", ["mlp", "cnn_host", "layer_norm", "self_attention", "gru_cell"])
def test_second_derivatives_are_those_of_autograd(name, traced):
    module, example, _ = traced(name)
    names = list(dict(module.named_parameters()))[:2]
    learnt = [dict(module.named_parameters())[n] for n in names]
    # the kernel of attention that eager takes by itself has no second derivative there
    with sdpa_kernel(SDPBackend.MATH):
        out = module(*example)
    out = (out * out).sum()
    first = torch.autograd.grad(out, learnt, create_graph=True)
    total = torch.stack([g.square().sum() for g in first]).sum()
    wanted = torch.autograd.grad(total, learnt, allow_unused=True, materialize_grads=True)

    b = trace(lambda *p: _square(module, names, p, example), *(p.detach() for p in learnt))
    inputs = [node.name for node in b.inputs]
    slopes = gradient(b, inputs)
    squared = trace(
        lambda *p: sum(g.square().sum() for g in Interpreter(slopes).run(*p)) * 1.0,
        *(p.detach() for p in learnt),
    )
    second = gradient(squared, [node.name for node in squared.inputs])
    for mine, autograd in zip(
        Interpreter(second).run(*(p.detach() for p in learnt)), wanted, strict=True
    ):
        torch.testing.assert_close(mine, autograd, rtol=1e-3, atol=1e-4)


def _square(module, names, parameters, example):
    out = torch.func.functional_call(module, dict(zip(names, parameters, strict=True)), example)
    return (out * out).sum()


def test_gradients_accumulate_over_all_consumers_and_are_zero_where_nothing_depends():
    b = Builder()
    x, unused = b.input("x", (3,)), b.input("unused", (2,))
    total = (x * x + x.call("sin.default") + x).call("sum.default")
    graph = gradient(b.graph(total), ["x", "unused"], keep=True)
    point = torch.tensor([0.1, -2.0, 3.0])
    value, slope, zeros = Interpreter(graph).run(point, torch.ones(2))
    torch.testing.assert_close(value, (point**2 + point.sin() + point).sum())
    torch.testing.assert_close(slope, 2 * point + point.cos() + 1)
    assert zeros.tolist() == [0, 0]
    assert unused.shape == (2,)


def test_the_gradient_follows_the_batch():
    module, example = make("cnn_host")
    graph = trace(lambda x: module(x).square().mean(), *example, dynamic_batch=True)
    slopes = gradient(graph, ["x"])
    assert slopes["x"].shape[0] == Dim(1)
    for batch in (2, 4):
        x = torch.randn(batch, 3, 8, 8, requires_grad=True)
        (wanted,) = torch.autograd.grad(module(x).square().mean(), x)
        torch.testing.assert_close(Interpreter(slopes).run(x)[0], wanted, rtol=1e-4, atol=1e-6)


def test_what_has_no_gradient_is_one_sentence():
    b = Builder()
    x = b.input("x", (3, 3))
    graph = b.graph(b.add("erfinv", x).call("sum.default"), x)
    with pytest.raises(GraphError, match="aten.erfinv.default has no reverse rule"):
        gradient(graph, ["x"])
    with pytest.raises(GraphError, match="one element was wanted"):
        gradient(graph, ["x"], output=1)
    with pytest.raises(GraphError, match="there is no node 'z'"):
        gradient(graph, ["z"])
