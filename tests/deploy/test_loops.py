# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Graphs as loops: the C engine and the exported sources compute what eager computes."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import nn

from tests.graph.zoo import ZOO, make
from vynapse.deploy.engine import CEngine
from vynapse.deploy.lowered.python_text import FUNCTIONS
from vynapse.deploy.lowered.words import elements
from vynapse.deploy.target import Subject
from vynapse.deploy.writing import exported
from vynapse.errors import GraphError
from vynapse.graph.examples import random_inputs
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.ir import Graph
from vynapse.graph.trace import trace
from vynapse.kernels import native

pytestmark = pytest.mark.skipif(
    native.status().library is None, reason="the kernels were not compiled"
)

REFUSED = {
    "loss": "aten.gather.default: its numbers are known only when it runs",
    "transposed_convolution": "a transposed convolution has no form here",
}


def graph_of(name: str) -> Graph:
    module, example = make(name)
    try:
        return trace(module.eval(), *example, dynamic_batch=True)
    except GraphError:
        return trace(module.eval(), *(x[:1] for x in example))


def subject(module: nn.Module, *example: torch.Tensor) -> Subject:
    graph = trace(module.eval(), *example, dynamic_batch=True)
    return Subject(graph, ("output",))


@pytest.mark.parametrize("name", sorted(set(ZOO) - set(REFUSED)))
def test_the_engine_computes_what_the_interpreter_computes(name):
    graph = graph_of(name)
    inputs = random_inputs(graph, 1, 8 if graph.batch is not None else None)
    wanted = Interpreter(graph).run(*inputs)
    for mine, theirs in zip(CEngine(graph).run(*inputs), wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_has_no_form_is_refused_by_name_with_the_formats_that_have_one(name):
    with pytest.raises(GraphError, match=re.escape(REFUSED[name]) + ".*: use onnx or pt2"):
        CEngine(graph_of(name))


def test_every_function_of_the_engine_has_a_form_in_python():
    assert set(FUNCTIONS) | {"copy", "add", "sub", "mul"} == set(elements())


@pytest.mark.parametrize("name", ["mlp", "pooling", "layer_norm", "self_attention", "shapes"])
@pytest.mark.parametrize("form", ["c", "python"])
def test_sources_are_run_beside_the_network_before_they_are_given_out(name, form):
    graph = graph_of(name)
    outputs = tuple(f"output.{n}" for n in range(len(graph.outputs)))
    _, files = exported(Subject(graph, outputs), form)
    assert "on 1,000 random inputs" in files.told
    assert files.content


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 2)
        with torch.no_grad():
            self.inner.weight.copy_(torch.tensor([[1.5, -2.0], [0.0, 0.25]]))
            self.inner.bias.copy_(torch.tensor([0.5, 0.0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.inner(x))


def test_a_small_network_is_a_formula():
    _, files = exported(subject(Small(), torch.zeros(2, 2)), "latex")
    assert files.content.decode().splitlines()[1:-1] == [
        r"\begin{align*}",
        r"  h_{1} &= 1.5\,x_{1} - 2\,x_{2} + 0.5 \\",
        r"  y_{1} &= \tanh(h_{1}) \\",
        r"  y_{2} &= \tanh(0.25\,x_{2})",
    ]


def test_a_large_network_is_no_formula():
    with pytest.raises(GraphError, match="up to 200 edges"):
        exported(subject(nn.Linear(30, 10), torch.zeros(2, 30)), "latex")


def test_a_module_carries_the_network_and_imports_nothing():
    wasmtime = pytest.importorskip("wasmtime")
    made = subject(Small(), torch.zeros(2, 2))
    _, files = exported(made, "wasm")
    store = wasmtime.Store()
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, files.content), [])
    parts = instance.exports(store)
    memory = parts["memory"]
    for row in np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32):
        memory.write(store, row.tobytes(), parts["net_in"](store))
        assert parts["net_forward"](store) == 0
        begin = parts["net_out"](store)
        mine = np.frombuffer(bytes(memory.read(store, begin, begin + 8)), np.float32)
        with torch.no_grad():
            theirs = Small()(torch.from_numpy(row)[None])[0].numpy()
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
