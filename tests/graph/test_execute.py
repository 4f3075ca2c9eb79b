# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""All executors agree with eager; what they refuse is one sentence."""

from __future__ import annotations

import weakref

import pytest
import torch

from tests.graph.steps import adam_step, momentum_step, start
from tests.graph.zoo import ZOO, make
from vynapse.errors import GraphError, UnknownName
from vynapse.graph.builder import Builder
from vynapse.graph.execute.interface import Executor
from vynapse.graph.execute.interpreter import Interpreter, Values
from vynapse.graph.execute.onnxruntime import OnnxRuntime
from vynapse.graph.execute.out_variants import OUT, out_variant
from vynapse.graph.execute.planned import Planned
from vynapse.graph.execute.table import executor
from vynapse.graph.execute.update import find_update
from vynapse.graph.trace import trace


@pytest.mark.parametrize("name", sorted(ZOO))
def test_planned_has_the_bits_of_the_interpreter_again_and_again(name, traced):
    _, example, graph = traced(name)
    planned = Planned(graph, fast_linear=False)
    for scale in (1, -0.5):
        inputs = [x * scale if x.is_floating_point() else x for x in example]
        wanted = Interpreter(graph).run(*inputs)
        for mine, eager in zip(planned.run(*inputs), wanted, strict=True):
            assert torch.equal(mine, eager)
    fast = Planned(graph, fast_linear=True).run(*inputs)
    for mine, eager in zip(fast, wanted, strict=True):
        torch.testing.assert_close(mine, eager, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("step", [adam_step, momentum_step])
@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_a_planned_training_step_carries_its_state_and_updates_all_weights_at_once(step, kind):
    update, parameters, memory, x, y = start(step, kind)
    graph = trace(update, parameters, memory, x, y)
    state = [*parameters.values(), *memory.values()]
    carry = {i + 1: i for i in range(len(state))}
    planned, run = Planned(graph, carry, fast_linear=False), Interpreter(graph).run
    planned.start(*state)
    for _ in range(60):
        loss, *state = run(*state, x, y)
        assert torch.equal(planned.step(x, y)[0], loss)
    assert all(torch.equal(a, b) for a, b in zip(planned.state, state, strict=True))
    found = find_update(graph, {graph.outputs[o]: graph.inputs[i].name for o, i in carry.items()})
    assert found is not None
    assert len(found.inside) % len(parameters) == 0
    one_step = Planned(graph, carry).run(*state, x, y)
    for mine, eager in zip(one_step, run(*state, x, y), strict=True):
        torch.testing.assert_close(mine, eager, rtol=1e-5, atol=1e-5)


def test_updates_that_differ_between_weights_are_not_put_together():
    def step(p, q, x):
        return p - 0.1 * x.sum() * p, q - 0.2 * x.sum() * q

    graph = trace(step, torch.ones(2), torch.ones(3), torch.ones(4))
    planned = Planned(graph, {0: 0, 1: 1})
    planned.start(torch.ones(2), torch.ones(3))
    planned.step(torch.ones(4))
    torch.testing.assert_close(planned.state[0], torch.full((2,), 0.6))
    torch.testing.assert_close(planned.state[1], torch.full((3,), 0.2))


def test_state_that_trades_places_does():
    graph = trace(lambda a, b: (b * 2, a + 1), torch.ones(2), torch.ones(2))
    planned = Planned(graph, {0: 0, 1: 1})
    planned.start(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    planned.step()
    assert [s.tolist() for s in planned.state] == [[6, 8], [2, 3]]


def test_every_op_that_is_said_to_write_into_a_buffer_can():
    assert [op for op in OUT if out_variant(op) is None] == []


def test_the_interpreter_frees_a_value_at_its_last_use():
    b = Builder()
    x = b.input("x", (4,))
    graph = b.graph(x.exp().call("sin.default").call("cos.default"))
    values: Values = {}
    seen = []
    for node, value in Interpreter(graph).steps(torch.ones(4), values=values):
        seen.append(weakref.ref(value))
        del value
        assert [ref() is not None for ref in seen] == [False] * (len(seen) - 1) + [True]
        assert node.name in values
    assert set(values) == {"cos"}


def test_sizes_follow_the_batch_in_onnx_runtime():
    module, example = make("mlp")
    executor = OnnxRuntime(trace(module, *example, dynamic_batch=True))
    assert isinstance(executor, Executor)
    for batch in (1, 6):
        x = torch.randn(batch, 4, generator=torch.Generator().manual_seed(batch))
        torch.testing.assert_close(executor.run(x)[0], module(x).detach(), rtol=1e-4, atol=1e-5)


def test_onnx_runtime_reads_memory_of_its_own_or_what_is_filled_into_it():
    module, example = make("mlp")
    executor = OnnxRuntime(trace(module, *example, dynamic_batch=True))
    given = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
    first = executor.run(given)[0]
    assert torch.equal(executor.compute(given, batch=5)[0], first)
    (memory,) = executor.memory(5)
    memory.copy_(given * 2)
    again = executor.compute(memory, batch=5)[0]
    torch.testing.assert_close(again, module(given * 2).detach(), rtol=1e-4, atol=1e-5)
    assert not torch.equal(again, first)


@pytest.mark.parametrize("kind", [Interpreter, Planned])
def test_inputs_that_do_not_fit_are_refused(kind, traced):
    executor = kind(traced("mlp")[2])
    with pytest.raises(GraphError, match=r"1 inputs \(x\) were wanted, got 0"):
        executor.run()
    with pytest.raises(
        GraphError, match=r"input 'x': float32 of shape \(3, 4\) was wanted, got float64"
    ):
        executor.run(torch.ones(3, 4, dtype=torch.float64))
    with pytest.raises(GraphError, match=r"got float32 of shape \(4, 3\)"):
        executor.run(torch.ones(4, 3))


def test_planned_refuses_what_it_cannot_lay_out(traced):
    module, example = make("mlp")
    with pytest.raises(GraphError, match=r"give graph.at\(batch\)"):
        Planned(trace(module, *example, dynamic_batch=True))
    with pytest.raises(GraphError, match="cannot take the place of 'x'"):
        Planned(traced("mlp")[2], {0: 0})


@pytest.mark.parametrize("name", ["interpreter", "planned", "onnxruntime"])
def test_executors_are_made_by_name_and_agree(name, traced):
    module, example, graph = traced("mlp")
    made = executor(name, graph)
    assert isinstance(made, Executor)
    assert made.name == name
    torch.testing.assert_close(made.run(*example)[0], module(*example).detach())


def test_an_unknown_executor_is_one_sentence(traced):
    with pytest.raises(UnknownName, match="did you mean 'planned'"):
        executor("planed", traced("mlp")[2])
