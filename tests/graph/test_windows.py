# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Poolings as slices and activations before views: the same bits."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.evidence import many
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.ir import Graph
from vynapse.graph.rewrite import fusion
from vynapse.graph.rewrite.views import with_activations_first
from vynapse.graph.rewrite.windows import POOL, with_sliced_pooling
from vynapse.graph.trace import trace


def ops(graph: Graph) -> set[str]:
    return {node.op for node in graph}


@settings(max_examples=many(sample=15, evidence=100))
@given(
    kernel=st.tuples(st.integers(2, 3), st.integers(2, 3)),
    stride=st.one_of(st.none(), st.tuples(st.integers(1, 4), st.integers(1, 4))),
    sides=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    channels_last=st.booleans(),
)
def test_windows_of_slices_hold_the_same_maxima(
    kernel: tuple[int, int],
    stride: tuple[int, int] | None,
    sides: tuple[int, int],
    *,
    channels_last: bool,
) -> None:
    module = nn.Sequential(nn.MaxPool2d(kernel, stride), nn.Flatten())
    graph = trace(module, torch.zeros(2, 3, *sides), dynamic_batch=True)
    sliced = with_sliced_pooling(graph)
    assert POOL in ops(graph)
    assert POOL not in ops(sliced)
    x = torch.randn(4, 3, *sides, generator=torch.Generator().manual_seed(0))
    x[1, 0, 1, 1] = torch.nan
    if channels_last:
        x = x.to(memory_format=torch.channels_last)
    (got,) = Interpreter(sliced).run(x)
    torch.testing.assert_close(got, module(x), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool2d(2, padding=1),
        nn.MaxPool2d(2, dilation=2),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.MaxPool2d(4),
        nn.MaxPool2d((1, 2)),
    ],
    ids=["padded", "with gaps", "cut at the edge", "large", "one row"],
)
def test_other_poolings_stay(pool: nn.Module) -> None:
    graph = trace(pool, torch.zeros(2, 3, 9, 9))
    assert POOL in ops(with_sliced_pooling(graph))


def test_a_pooling_whose_places_are_read_stays() -> None:
    graph = trace(nn.MaxPool2d(2, return_indices=True), torch.zeros(2, 3, 8, 8))
    assert POOL in ops(with_sliced_pooling(graph))


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh(), nn.GELU(), nn.GELU("tanh")])
def test_an_activation_of_places_is_computed_on_rows(activation: nn.Module) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 8), activation, nn.Linear(8, 4)).requires_grad_(False)
    x = torch.linspace(-3, 3, 5 * 3 * 4).reshape(5, 3, 4)
    graph = trace(module, x[:2], dynamic_batch=True).at(5)
    first = with_activations_first(graph)
    assert torch.equal(Interpreter(first).run(x)[0], module(x))
    if fusion.available():
        fused = fusion.with_fused_linear(first)
        assert not any("gelu" in op or "relu" in op or "tanh" in op for op in ops(fused))
        torch.testing.assert_close(Interpreter(fused).run(x)[0], module(x), rtol=1e-5, atol=1e-6)


def test_a_view_that_others_read_stays_before_its_activation() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.layer(x)
            result: torch.Tensor = y * torch.sigmoid(y)
            return result

    graph = trace(Gated().requires_grad_(False), torch.zeros(2, 3, 4))
    assert with_activations_first(graph) == graph
