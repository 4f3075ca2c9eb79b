# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Ops with odd attributes as loops: the engine, C and Python compute what torch computes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.deploy.odd import CASES, ELEMENTS, FOLDS, HOSTILE, MOVES, PAIRS, PRODUCTS, Function
from vynapse.deploy.engine import CEngine
from vynapse.deploy.lowered.lower import lowered
from vynapse.deploy.lowered.words import words_of
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


@pytest.mark.parametrize("name", sorted(CASES if EVIDENCE else {*FOLDS, *MOVES, *PRODUCTS}))
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


@pytest.mark.parametrize("name", sorted(MANY if EVIDENCE else set(sorted(FEW)[::9])))
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


class Elman(nn.Module):
    """A step whose products read the state, and whose largest number is over six axes."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(5, 3)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        after = torch.tanh(self.inner(torch.cat([x, state], 1)) + nn.functional.normalize(state))
        return state.softmax(1), after


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc here")
def test_names_in_c_do_not_meet():
    graph = trace(Elman().eval(), torch.zeros(2, 2), torch.zeros(2, 3), dynamic_batch=True)
    _, files = exported(Subject(graph, ("output", "state"), recurrent=True), "c")
    assert "1,000 random inputs" in files.told
    six = Calls(lambda x: x.reshape(-1, 2, 2, 2, 2, 2, 2).permute(0, 6, 2, 4, 1, 3, 5).argmax(-1))
    _, files = exported(Subject(trace(six, torch.zeros(2, 64), dynamic_batch=True), ("y",)), "c")
    assert "1,000 random inputs" in files.told


def test_outputs_of_a_module_lie_side_by_side():
    graph, _ = graph_of("outputs")
    subject = Subject(graph, tuple(f"y{n}" for n in range(len(graph.outputs))))
    words = words_of(lowered(graph))
    ends = [begin + count for begin, count in words.outputs]
    assert [begin for begin, _ in words.outputs[1:]] == ends[:-1]
    assert exported(subject, "wasm")[1].content


def test_a_network_of_one_example_is_compared_as_one():
    """A batch of a fixed size is an example, whose rows go in together."""
    graph = trace(Calls(lambda x: x @ x.t()), torch.zeros(3, 4))
    for form in ("c", "python", "wasm"):
        assert "1 random inputs" in exported(Subject(graph, ("y",)), form)[1].told
