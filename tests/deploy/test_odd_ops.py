# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops with odd attributes as loops: the engine, C and Python compute what torch computes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.deploy.odd import CASES, ELEMENTS, FOLDS, HOSTILE, MOVES, PAIRS, PRODUCTS, Function
from vynapse.deploy.engine import CEngine
from vynapse.deploy.target import Subject
from vynapse.deploy.writing import exported
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.ir import Graph
from vynapse.graph.trace import trace
from vynapse.kernels import native

pytestmark = pytest.mark.skipif(
    native.status().library is None, reason="the kernels were not compiled"
)
EVIDENCE = bool(os.environ.get("VYNAPSE_EVIDENCE"))
UNCLEAR: dict[str, Callable[[Tensor], Tensor]] = {
    **dict.fromkeys(("sin", "cos"), lambda x: x.abs() > 1e9),
    "sin_far": lambda x: x.abs() > 100,
    **dict.fromkeys(("to_whole", "remainder_whole", "divided_whole"), torch.isnan),
    **dict.fromkeys(("gelu", "gelu_tanh"), lambda x: x.abs() > 1e29),
    "remainder_pair": lambda x: (x.abs() < 1e-37) & (x != 0),
    "divided_floor": lambda x: (x.abs() < 1e-37) & (x != 0),
}
"""Function -> numbers of which torch makes what depends on the machine, or no number is."""


class Calls(nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs)


@cache
def graph_of(name: str) -> tuple[Graph, tuple[Tensor, ...]]:
    function, shapes = CASES[name]
    generator = torch.Generator().manual_seed(1)
    inputs = tuple(torch.randn(shape, generator=generator) for shape in shapes)
    return trace(Calls(function), *inputs, dynamic_batch=name != "sum_all"), inputs


@cache
def engine_of(graph: Graph) -> CEngine:
    return CEngine(graph)


def same(graph: Graph, *inputs: Tensor) -> None:
    wanted = Interpreter(graph).run(*inputs)
    for mine, theirs in zip(engine_of(graph).run(*inputs), wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_engine_computes_what_torch_computes(name):
    graph, inputs = graph_of(name)
    same(graph, *inputs)
    same(graph, *(5 * x for x in inputs))


@pytest.mark.parametrize("name", sorted(ELEMENTS) + sorted(PAIRS))
def test_numbers_at_the_edges_come_out_as_torch_has_them(name):
    graph, inputs = graph_of(name)
    for x, y in zip(*edges(name), strict=True):
        same(graph, *(x, y)[: len(inputs)])


def edges(name: str) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    numbers = HOSTILE[~UNCLEAR.get(name, torch.isnan)(HOSTILE)] if name in UNCLEAR else HOSTILE
    count = len(numbers)
    x, y = numbers.repeat(count), numbers.repeat_interleave(count)
    room = -(-len(x) // 12) * 12
    x, y = (torch.nn.functional.pad(part, (0, room - len(part))).reshape(-1, 12) for part in (x, y))
    return (x,), (y,)


SLOW = {"conv3d", "conv2d_same", "conv2d", "conv2d_strided", "conv2d_groups"}
FEW = {*FOLDS, *MOVES, *PRODUCTS} - SLOW
MANY = set(CASES) - {"sin_far", "power_high"}


@pytest.mark.parametrize("name", sorted(MANY if EVIDENCE else set(sorted(FEW)[::3])))
def test_python_computes_what_torch_computes(name):
    graph, _ = graph_of(name)
    outputs = tuple(f"output.{n}" for n in range(len(graph.outputs)))
    _, files = exported(Subject(graph, outputs), "python")
    assert "random inputs" in files.told


@pytest.mark.skipif(not EVIDENCE, reason="make evidence compiles them all")
@pytest.mark.parametrize("name", sorted(CASES))
def test_c_computes_what_torch_computes(name):
    graph, _ = graph_of(name)
    outputs = tuple(f"output.{n}" for n in range(len(graph.outputs)))
    _, files = exported(Subject(graph, outputs), "c")
    assert "random inputs" in files.told
