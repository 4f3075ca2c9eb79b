# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every module of the zoo as a graph: same bits, same gradients, same file."""

from __future__ import annotations

import pytest
import torch

from tests.graph.zoo import ZOO, flat, make
from vynapse.graph.diff import diff
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.formats.json import from_json, load, save, to_json
from vynapse.graph.gradient import gradient
from vynapse.graph.tape import Tape
from vynapse.graph.trace import trace

pytestmark = pytest.mark.parametrize("name", sorted(ZOO))


def test_the_interpreter_has_the_bits_of_eager(name, traced):
    module, example, graph = traced(name)
    wanted = flat(module(*example))
    got = Interpreter(graph).run(*example)
    assert len(wanted) == len(got)
    for mine, eager in zip(got, wanted, strict=True):
        assert torch.equal(mine, eager)


def test_json_brings_back_the_same_graph(name, traced, tmp_path):
    _, _, graph = traced(name)
    save(graph, tmp_path / "net.json")
    again = load(tmp_path / "net.json")
    assert again == graph
    assert again.digest == graph.digest
    assert hash(again) == hash(graph)
    assert diff(graph, again) == ()
    assert from_json(to_json(graph), graph.tensors) == graph


def test_tracing_twice_gives_the_same_graph_and_touches_no_generator(name, traced):
    _, _, graph = traced(name)
    module, example = make(name)
    before = torch.get_rng_state()
    assert trace(module, *example) == graph
    assert torch.equal(before, torch.get_rng_state())


def test_gradients_of_graph_and_tape_are_those_of_autograd(name, traced):
    module, example, graph = traced(name)
    learnt = dict(module.named_parameters())
    inputs = [x.clone().requires_grad_() if x.is_floating_point() else x for x in example]
    out = flat(module(*inputs))[0]
    along = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
    leaves = [*learnt.values(), *(x for x in inputs if x.is_floating_point())]
    wanted = torch.autograd.grad(out, leaves, along, allow_unused=True, materialize_grads=True)
    names = [*learnt, *(n.name for n in graph.inputs if n.dtype == "float32")]
    by_graph = Interpreter(gradient(graph, names, along="along")).run(*example, along)
    with Tape() as tape:
        result = flat(module(*inputs))[0]
    by_tape = tape.gradient(result, leaves, along=along)
    for key, autograd, mine, taped in zip(names, wanted, by_graph, by_tape, strict=True):
        for found in (mine, taped):
            assert torch.allclose(found, autograd, 1e-4, 1e-5), key
