# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What becomes a graph, what is refused, and sizes that follow the batch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.graph.steps import adam_step, generation, momentum_step, start
from tests.graph.zoo import make
from vynapse.errors import GraphError
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.formats.json import from_json, to_json
from vynapse.graph.trace import trace


def branching(x):
    y = x * 2
    if y.sum() > 0:  # the user's own line
        return y
    return -y


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (branching, r"test_trace.py, line \d+ \(if y.sum\(\) > 0:.*use torch.where"),
        (lambda x: x[x > 0], r"test_trace.py, line \d+ .*depends on values"),
        (lambda x: x * x.max().item(), r"test_trace.py, line \d+ .*depends on values"),
        (lambda x: x + torch.rand(3), r"test_trace.py, line \d+ .*draws random numbers"),
        (lambda x: x.add_(1), "writes into 'x', a tensor that was given"),
        (lambda x: x @ x.new_ones(4, 4), r"test_trace.py, line \d+ .*it fails while it is traced"),
        (lambda x: 3, "tensors were wanted as results"),
    ],
)
def test_what_is_no_graph_is_refused_with_the_line_named(function, words):
    with pytest.raises(GraphError, match=words):
        trace(function, torch.ones(3))


def test_dropout_in_training_is_refused():
    with pytest.raises(GraphError, match="evaluation mode"):
        trace(nn.Dropout(), torch.ones(3))


def test_writes_into_own_tensors_become_pure_and_names_come_from_the_arguments():
    def f(x, memory):
        y = x.clone()
        y[1:].mul_(2)
        return y + memory["a"][1], {"next": memory["a"][0]}

    graph = trace(f, torch.ones(3), {"a": [torch.zeros(3), torch.ones(3)]})
    assert [node.name for node in graph.inputs] == ["x", "memory.a.0", "memory.a.1"]
    out, state = Interpreter(graph).run(torch.ones(3), torch.zeros(3), torch.ones(3))
    assert out.tolist() == [2, 3, 3]
    assert state.tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", ["mlp", "cnn_host", "transformer_layer", "shapes", "group_norm"])
def test_sizes_follow_the_batch(name):
    module, example = make(name)
    graph = trace(module, *example, dynamic_batch=True)
    assert from_json(to_json(graph), graph.tensors) == graph
    run = Interpreter(graph).run
    for batch in (1, 2, 5):
        inputs = tuple(torch.randn(batch, *x.shape[1:]) for x in example)
        out = module(*inputs)
        wanted = out if isinstance(out, tuple) else (out,)
        for mine, eager in zip(run(*inputs), wanted, strict=True):
            torch.testing.assert_close(mine, eager, rtol=1e-6, atol=1e-6)
    assert graph.at(len(example[0])).batch is None


def test_what_does_not_follow_the_batch_is_refused():
    with pytest.raises(GraphError, match="dynamic_batch: which ops"):
        trace(lambda x: sum(x[i] for i in range(len(x))), torch.ones(3, 2), dynamic_batch=True)
    with pytest.raises(GraphError, match="dynamic_batch"):
        trace(lambda x: x * (1.5 ** len(x)), torch.ones(3, 2), dynamic_batch=True)


@pytest.mark.parametrize("step", [adam_step, momentum_step])
@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_a_whole_training_step_has_the_bits_of_the_eager_one(step, kind):
    update, parameters, memory, x, y = start(step, kind)
    graph = trace(update, parameters, memory, x, y)
    run = Interpreter(graph).run
    keys = sorted(parameters)
    state = [parameters[k] for k in parameters], [memory[k] for k in memory]
    flat = [*state[0], *state[1]]
    for _ in range(25):
        loss, parameters, memory = update(parameters, memory, x, y)
        got = run(*flat, x, y)
        flat = list(got[1:])
        eager = [loss, *parameters.values(), *memory.values()]
        assert all(torch.equal(a, b) for a, b in zip(got, eager, strict=True))
    assert keys == sorted(parameters)


def test_batch_norm_in_training_gives_its_statistics_back():
    module, x = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6)).train(), torch.randn(5, 4)
    before = {name: b.clone() for name, b in module.named_buffers()}

    def step(parameters, buffers, x):
        def loss(parameters):
            kept = {name: b.clone() for name, b in buffers.items()}
            out = torch.func.functional_call(module, (parameters, kept), (x,))
            return out.exp().mean(), kept

        grads, (value, kept) = torch.func.grad_and_value(loss, has_aux=True)(parameters)
        return value, {name: p - 0.1 * grads[name] for name, p in parameters.items()}, kept

    parameters = {name: p.detach() for name, p in module.named_parameters()}
    graph = trace(step, parameters, before, x)
    got = Interpreter(graph).run(*parameters.values(), *before.values(), x)
    value, moved, kept = step(parameters, before, x)
    for mine, eager in zip(got, [value, *moved.values(), *kept.values()], strict=True):
        assert torch.equal(mine, eager)
    with pytest.raises(GraphError, match=r"writes into '1\.\w+'.*evaluation mode"):
        trace(module, x)
    assert all(torch.equal(b, before[name]) for name, b in module.named_buffers())


def test_a_generation_step_has_the_bits_of_the_eager_one():
    generator = torch.Generator().manual_seed(3)
    population, fitness = torch.randn(8, 9, generator=generator), torch.full((8,), 9.0)
    noise = torch.randn(32, 9, generator=generator)
    graph = trace(generation, population, fitness, noise)
    state = population, fitness
    for _ in range(20):
        noise = torch.randn(32, 9, generator=generator)
        wanted = generation(*state, noise)
        got = Interpreter(graph).run(*state, noise)
        assert all(torch.equal(a, b) for a, b in zip(got, wanted, strict=True))
        state = wanted


def test_whole_numbers_overflow_as_in_eager_and_python_numbers_do_not():
    def words(x):
        return (x * 1103515245 + 12345) & 0xFFFFFFFF, x * 2**31

    x = torch.tensor([1, 2**62, -(2**40)])
    got = Interpreter(trace(words, x)).run(x)
    assert all(torch.equal(a, b) for a, b in zip(got, words(x), strict=True))
    with pytest.raises(GraphError, match="it fails while it is traced"):
        trace(lambda x: x * 2**70, x)


def test_broadcasting_strided_slices_and_unaligned_inputs_have_the_bits_of_eager():
    def f(x, y):
        return (x[::2, 1:] + y).expand(3, -1, -1) * x[1::2, :-1].flip(0), x.t()[::3].sum(0)

    storage = torch.randn(4 * 6 + 1)
    x, y = storage[1:].view(4, 6), torch.randn(2, 1)
    run = Interpreter(trace(f, x, y)).run
    for example in (x, x.clone(), x.t().contiguous().t()):
        for mine, eager in zip(run(example, y), f(x, y), strict=True):
            torch.testing.assert_close(mine, eager, rtol=0, atol=0)
