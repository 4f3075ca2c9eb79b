# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The tape shows what ran, and does not change it."""

from __future__ import annotations

import pytest
import torch

from vynapse.errors import GraphError
from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.tape import Tape


def test_parents_saved_values_and_gradient_functions():
    x, w = torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0])
    with Tape() as tape:
        y = x * w
        z = torch.relu(y) + y
    assert [e.op for e in tape.entries] == [
        "aten.mul.Tensor",
        "aten.relu.default",
        "aten.add.Tensor",
    ]
    assert [e.parents for e in tape.entries] == [(None, None), (0,), (1, 0)]
    assert [e.gradient_function for e in tape.entries] == ["reverse"] * 3
    assert torch.equal(tape.entries[0].saved[1], w)
    assert torch.equal(z, torch.relu(x * w) + x * w)


@pytest.mark.parametrize("requires_grad", [True, False])
def test_detach_cuts_and_in_place_writes_are_values_of_their_own(requires_grad):
    x = torch.tensor([0.5, 2.0, -1.0], requires_grad=requires_grad)

    def f(x):
        y = x.sin()
        cut = y.detach() * x
        y = y * 2
        old = y.clone() * 3
        y[1:].mul_(x[1:])
        return (cut + old).sum() + y[1:].sum()

    with Tape() as tape:
        out = f(x)
    (mine,) = tape.gradient(out, [x])
    point = x.detach().requires_grad_()
    (wanted,) = torch.autograd.grad(f(point), point)
    torch.testing.assert_close(mine, wanted)
    assert torch.equal(out.detach(), f(point).detach())


def test_freed_after_use_or_retained_accumulated_and_zeroed():
    x = torch.tensor([1.0, 2.0])
    with Tape() as tape:
        y = (x * x).sum()
    tape.gradient(y, [x])
    assert all(e.saved == () for e in tape.entries)
    with pytest.raises(GraphError, match=r"freed by the first gradient: use Tape\('retain'\)"):
        tape.gradient(y, [x])
    with Tape("retain") as tape:
        y = (x * x).sum()
    for _ in range(3):
        tape.accumulate(y, [x])
    assert tape.accumulated(x).tolist() == [6, 12]
    tape.zero()
    assert tape.accumulated(x).tolist() == [0, 0]
    assert tape.gradient(y, [torch.ones(4)])[0].tolist() == [0] * 4


def test_what_was_not_recorded_is_refused():
    x = torch.ones(2)
    outside = x * 2
    with Tape("retain") as tape:
        y = x * 3
    with pytest.raises(GraphError, match="not computed while"):
        tape.gradient(outside, [x])
    with pytest.raises(GraphError, match=r"one element was wanted, it has shape \(2,\)"):
        tape.gradient(y, [x])


def test_a_recording_becomes_a_graph():
    x, w = torch.randn(2, 3), torch.randn(4, 3)
    with Tape("retain") as tape:
        y = torch.nn.functional.linear(x, w).chunk(2, dim=1)[1].softmax(1)
    graph = tape.graph([y], [x])
    other = torch.randn(2, 3)
    wanted = torch.nn.functional.linear(other, w).chunk(2, dim=1)[1].softmax(1)
    torch.testing.assert_close(Interpreter(graph).run(other)[0], wanted, rtol=0, atol=0)
    assert [node.op for node in graph].count("constant") == 1
