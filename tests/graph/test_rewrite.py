# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rewrites keep what a graph computes; pruning makes it smaller; cost counts it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.graph.zoo import ZOO, make
from vynapse.errors import GraphError
from vynapse.graph.builder import Builder
from vynapse.graph.cost import cost, measured
from vynapse.graph.dependencies import classes, groups, leaving
from vynapse.graph.examples import random_inputs
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.execute.planned import Planned
from vynapse.graph.rewrite import fusion
from vynapse.graph.rewrite.columns import with_columns
from vynapse.graph.rewrite.constants import folded
from vynapse.graph.rewrite.dead_code import without_dead_code
from vynapse.graph.rewrite.detours import without_detours
from vynapse.graph.rewrite.passes import rewritten
from vynapse.graph.rewrite.prune import pruned, strongest
from vynapse.graph.rewrite.repeats import without_repeats
from vynapse.graph.rewrite.views import with_activations_first
from vynapse.graph.rewrite.windows import with_sliced_pooling
from vynapse.graph.trace import trace


@pytest.mark.parametrize("name", sorted(ZOO))
def test_exact_rewrites_keep_every_bit_and_fusion_is_close(name, traced):
    _, example, graph = traced(name)
    wanted = Interpreter(graph).run(*example)
    exact = rewritten(graph)
    assert len(exact) <= len(graph)
    rewritten(graph, (with_sliced_pooling, with_activations_first))
    for mine, eager in zip(Interpreter(exact).run(*example), wanted, strict=True):
        assert torch.equal(mine, eager)
    rewritten(graph, (fusion.with_fused_linear,), rtol=1e-5, atol=1e-5)


def test_each_rewrite_does_its_work():
    b = Builder()
    x = b.input("x", (2, 3))
    two = b.constant("two", torch.tensor(2.0)) * b.constant("again", torch.tensor(2.0))
    b.add("sin", x)
    graph = b.graph((x * two) + (x * two))
    assert "sin" not in without_dead_code(graph).by_name
    assert [n.op for n in folded(graph)].count("aten.mul.Tensor") == 2
    shorter = without_repeats(graph)
    assert [n.op for n in shorter].count("constant") == 1
    assert [n.op for n in shorter].count("aten.mul.Tensor") == 2
    assert len(rewritten(graph)) == 4


def test_a_rewrite_that_changes_the_result_is_named():
    def wrong(graph):
        return graph.with_tensors({"0.bias": graph.tensors["0.bias"] + 1})

    module, example = make("mlp")
    with pytest.raises(
        GraphError, match=r"rewrite wrong: node 'addmm_1' differs from eager by up to"
    ):
        rewritten(trace(module, *example), (wrong,))


def test_linear_and_activation_become_one_op_where_it_is_available(monkeypatch, traced):
    graph = traced("mlp")[2]
    if fusion.available():
        fused = fusion.with_fused_linear(graph)
        assert [n.op for n in fused].count(fusion.FUSED) == 2
        assert dict(next(n for n in fused if n.op == fusion.FUSED).attributes)["attr"] == "tanh"
    monkeypatch.setattr(fusion, "available", lambda: False)
    assert fusion.with_fused_linear(graph) == graph


def test_detours_are_left_out_with_every_bit():
    def step(x, y):
        return (x.detach().t().t() + y).view(2, 3) * torch.ones_like(x), x.detach()

    graph = trace(step, torch.zeros(2, 3), torch.ones(2, 3))
    shorter = rewritten(graph, (folded, without_detours, without_dead_code))
    assert [n.op for n in shorter if n.op.startswith("aten")] == [
        "aten.add.Tensor", "aten.mul.Tensor",
    ]  # fmt: skip
    assert shorter.outputs[1] == graph.inputs[0].name


@pytest.mark.parametrize(("rows", "classes"), [(256, 2), (128, 10), (64, 15), (20, 3), (64, 16)])
def test_few_classes_go_down_columns_where_that_pays(rows, classes):
    def step(x, y):
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            loss = nn.functional.cross_entropy(x, y)
            (slope,) = torch.autograd.grad(loss, [x])
        return loss.detach(), slope

    x = torch.randn(rows, classes, generator=torch.Generator().manual_seed(1))
    y = torch.arange(rows) % classes
    graph = trace(step, x, y)
    turned = with_columns(graph)
    dims = [node.attribute("dim") for node in turned if "softmax" in node.op]
    assert dims == ([0, 0] if rows > 20 and classes < 16 else [1, 1])
    wanted = Interpreter(graph).run(x, y)
    executed = Interpreter(turned).run(x, y), Planned(graph, fast_linear=True).run(x, y)
    for found in executed:
        for mine, eager in zip(found, wanted, strict=True):
            torch.testing.assert_close(mine, eager, rtol=1e-6, atol=1e-7)


class Branched(nn.Module):
    """A residual sum, a depthwise block and batch norm tie their channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.branch = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.head = nn.Linear(6 * 16, 4)

    def forward(self, x):
        x = torch.relu(self.norm(self.stem(x)))
        x = nn.functional.max_pool2d(x + self.branch(x), 2)
        return self.head(x.flatten(1))


def test_layers_that_move_together_are_found_and_shrink_together():
    torch_state = torch.get_rng_state()
    module = Branched().eval()
    torch.set_rng_state(torch_state)
    x = torch.linspace(-1, 1, 2 * 3 * 64).reshape(2, 3, 8, 8)
    graph = trace(module, x, dynamic_batch=True)
    (group,) = groups(graph)
    assert group.channels == 6
    assert set(group.members) == {
        ("stem.weight", 0), ("stem.bias", 0), ("norm.weight", 0), ("norm.bias", 0),
        ("branch.weight", 0), ("branch.bias", 0), ("head.weight", 1),
    }  # fmt: skip
    keep = strongest(graph, "stem.weight", 2)
    small = pruned(graph, "stem.weight", 0, keep)
    assert small.tensors["stem.weight"].shape == (2, 3, 3, 3)
    assert small.tensors["head.weight"].shape == (4, 32)
    assert cost(small).parameters < cost(graph).parameters
    assert cost(small).flops < cost(graph).flops / 2
    wide = torch.zeros(6)
    wide[list(keep)] = 1
    module.head.weight.data *= wide.repeat_interleave(16)
    got = Interpreter(small).run(x)[0]
    torch.testing.assert_close(got, module(x).detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["mlp", "cnn_host", "residual_host", "grown", "transposed_convolution"]
)
def test_pruned_networks_compute_what_the_whole_one_does_with_channels_ignored(name, traced):
    _, example, graph = traced(name)
    found = groups(graph)
    assert found
    for group in found:
        first, axis = group.members[0]
        count = graph.parameters[first].shape[axis]
        keep = [*range(0, count, 2)]
        small = pruned(graph, first, axis, keep)
        known = classes(graph)
        gone = list(leaving(known, first, axis, keep))
        quiet = {}
        for member, dim in group.members:
            if dim == 1:
                lost = torch.from_numpy(np.flatnonzero(np.isin(known.of[member, dim], gone)))
                quiet[member] = graph.tensors[member].index_fill(dim, lost, 0.0)
        wanted = Interpreter(graph.with_tensors(quiet)).run(*example)
        for mine, eager in zip(Interpreter(small).run(*example), wanted, strict=True):
            torch.testing.assert_close(mine, eager, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("parameter", "axis", "keep", "words"),
    [
        ("2.weight", 0, [0], "cannot leave: an input, an output"),
        ("0.weight", 1, [0], "cannot leave"),
        ("0.weight", 0, [3, 1], "some of its 8 channels in ascending order were wanted"),
        ("9.weight", 0, [0], "no parameter '9.weight'"),
    ],
)
def test_what_cannot_be_pruned_is_one_sentence(parameter, axis, keep, words, traced):
    with pytest.raises(GraphError, match=words):
        pruned(traced("mlp")[2], parameter, axis, keep)


def test_layer_norm_and_attention_hold_their_channels(traced):
    members = {m for g in groups(traced("transformer_layer")[2]) for m in g.members}
    assert ("linear1.weight", 0) in members
    assert ("linear2.weight", 1) in members
    assert ("norm1.weight", 0) not in members


def test_cost_is_counted_and_what_is_not_known_is_said(traced):
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).eval()
    x = torch.ones(5, 4)
    counted = cost(trace(module, x))
    assert counted.parameters == 4 * 8 + 8 + 8 * 3 + 3
    assert counted.flops == 2 * 5 * (32 + 24) + 5 * (8 + 3) + 5 * 8
    assert counted.uncounted == ()
    assert counted.activations == 4 * 5 * (8 + 8)
    assert all(n.bytes == 0 for n in counted.nodes if n.op == "aten.t.default")
    convolution = nn.Conv2d(3, 4, 3, padding=1, bias=False)
    picture = trace(convolution, torch.ones(2, 3, 8, 8), dynamic_batch=True)
    assert cost(picture, 1).flops == 2 * 64 * 4 * 27
    assert cost(picture, 10).flops == 10 * cost(picture, 1).flops
    odd = trace(lambda x: x.erfinv(), torch.ones(2))
    assert cost(odd).uncounted == ("erfinv",)
    timed = measured(trace(module, x), [x], repeats=3)
    assert timed.seconds is not None
    assert all(n.seconds is not None and n.seconds >= 0 for n in timed.nodes)
    assert len(random_inputs(traced("lstm_cell")[2])) == 1
