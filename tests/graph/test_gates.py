# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Gates of 1 change no bit; a gate of 0 is the channel's absence."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.evidence import many
from tests.graph.test_rewrite import Branched
from tests.graph.zoo import ZOO, make
from vynapse.errors import GraphError
from vynapse.graph.dependencies import groups
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.gradient import gradient
from vynapse.graph.ir import Graph
from vynapse.graph.rewrite.gates import SUFFIX, gated, selected
from vynapse.graph.rewrite.passes import rewritten
from vynapse.graph.rewrite.prune import pruned
from vynapse.graph.trace import trace
from vynapse.networks.modules import isolated_generators


def gates_of(graph: Graph) -> list[str]:
    return [name for name in graph.parameters if name.endswith(SUFFIX)]


@pytest.mark.parametrize("name", sorted(ZOO))
def test_open_gates_change_no_bit(name, traced):
    _, example, graph = traced(name)
    found = rewritten(graph, (gated,))
    for mine, eager in zip(
        Interpreter(found).run(*example), Interpreter(graph).run(*example), strict=True
    ):
        assert torch.equal(mine, eager)
    assert gated(found) == found, "no gates behind gates"
    own = {name for name in found.tensors if not name.endswith(SUFFIX)}
    assert own == set(graph.tensors)


@pytest.mark.parametrize(
    ("name", "count"),
    [("mlp", 1), ("cnn_host", 2), ("residual_host", 3), ("grown", 2), ("transformer_layer", 1)],
)
def test_every_group_of_layers_that_can_shrink_gets_gates(name, count, traced):
    graph = traced(name)[2]
    found = gated(graph)
    assert len(gates_of(found)) == count
    assert {g.channels for g in groups(found)} == {g.channels for g in groups(graph)}
    assert len(groups(found)) == len(groups(graph)), "a gate moves with its channels"


@st.composite
def networks(draw: st.DrawFn) -> tuple[Graph, torch.Tensor, dict[str, torch.Tensor]]:
    """A stack of layers of random kinds, or one with branches, and gates some of which are 0."""
    with isolated_generators(draw(st.integers(0, 10_000))):
        kind = draw(st.sampled_from(["linear", "picture", "branches"]))
        act = draw(st.sampled_from([nn.ReLU, nn.Sigmoid, nn.Tanh, nn.GELU, nn.Softplus]))
        widths = draw(st.lists(st.integers(2, 6), min_size=1, max_size=3))
        parts: list[nn.Module] = []
        if kind == "linear":
            x, before = torch.randn(3, 4), 4
            for width in widths:
                parts += [nn.Linear(before, width, bias=draw(st.booleans()))]
                parts += [nn.BatchNorm1d(width)] if draw(st.booleans()) else []
                parts, before = [*parts, act()], width
            module: nn.Module = nn.Sequential(*parts, nn.Linear(before, 2))
        elif kind == "picture":
            x, before = torch.randn(2, 2, 6, 6), 2
            for width in widths:
                parts += [nn.Conv2d(before, width, 3, padding=1)]
                parts += [nn.BatchNorm2d(width)] if draw(st.booleans()) else []
                parts, before = [*parts, act()], width
            pool = draw(
                st.sampled_from([nn.MaxPool2d(3), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1)])
            )
            sides = {nn.MaxPool2d: 2, nn.AvgPool2d: 3, nn.AdaptiveAvgPool2d: 1}[type(pool)]
            head = nn.Linear(before * sides**2, 3)
            module = nn.Sequential(*parts, pool, nn.Flatten(), head)
        else:
            module, x = Branched(), torch.randn(2, 3, 8, 8)
        dynamic = draw(st.booleans())
        graph = gated(trace(module.eval(), x, dynamic_batch=dynamic))
        masks = {}
        for name in gates_of(graph):
            mask = (torch.rand(graph.parameters[name].shape) > 0.5).float()
            mask[int(torch.randint(len(mask), ()))] = 1
            masks[name] = mask
    return graph, x, masks


@settings(max_examples=many(sample=25, evidence=500), deadline=None)
@given(networks())
def test_closed_gates_are_the_pruned_network(case):
    graph, x, masks = case
    assert masks
    masked = graph.with_tensors(masks)
    small = selected(masked)
    for name, mask in masks.items():
        assert small.parameters[name].tolist() == [1.0] * int(mask.sum())
    (got,), (wanted,) = Interpreter(small).run(x), Interpreter(masked).run(x)
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_gates_say_what_the_rewrite_for_pruning_does(traced):
    _, example, graph = traced("cnn_host")
    found = gated(graph)
    name = gates_of(found)[0]
    mask = torch.tensor([1.0, 0, 0, 1])
    got = Interpreter(selected(found.with_tensors({name: mask}))).run(*example)[0]
    wanted = Interpreter(pruned(graph, "0.weight", 0, [0, 3])).run(*example)[0]
    assert torch.equal(got, wanted)


def test_gates_learn():
    module, example = make("mlp")
    graph = gated(trace(lambda x: module(x).square().sum(), *example))
    assert gates_of(graph) == [], "weights in a closure are constants"
    graph = gated(trace(nn.Sequential(module, nn.Flatten(0)), *example))
    (name,) = gates_of(graph)
    slopes = gradient(graph, [name], along="along")
    along = torch.ones(len(example[0]) * 3)
    (slope,) = Interpreter(slopes).run(*example, along)
    assert slope.shape == graph.parameters[name].shape
    assert (slope != 0).all()


def test_a_layer_without_a_channel_is_refused(traced):
    graph = gated(traced("mlp")[2])
    with pytest.raises(GraphError, match=r"'0.gate' is 0 throughout: a layer needs one channel"):
        selected(graph.with_tensors({"0.gate": torch.zeros(8)}))
