# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rules as pure functions: they agree with torch.optim, with the kernels, and with themselves."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vynapse.graph.execute.interpreter import Interpreter
from vynapse.graph.trace import trace
from vynapse.networks.modules import isolated_generators
from vynapse.trainers.optimisers import Optimiser
from vynapse.trainers.rules import Memory, Rule, Tensors, clipped

RULES = {
    "plain": Rule("sgd"),
    "penalised": Rule("sgd", weight_decay=0.1),
    "momentum": Rule("sgd", momentum=0.9),
    "nesterov": Rule("sgd", momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": Rule("adam", betas=(0.8, 0.95)),
    "adam with penalty": Rule("adam", weight_decay=0.1),
    "adamw": Rule("adamw", weight_decay=0.1),
    "rmsprop": Rule("rmsprop"),
    "rmsprop with momentum": Rule("rmsprop", momentum=0.5, weight_decay=0.01),
}
CLASSES: dict[str, Any] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}
RATE = 0.02


def start(seed: int, dtype: torch.dtype = torch.float32) -> tuple[Tensors, list[Tensors]]:
    """Two parameters and thirty gradients of each."""
    with isolated_generators(seed):
        shapes = {"w": (3, 4), "b": (3,)}
        weights = {n: torch.randn(s, dtype=dtype) for n, s in shapes.items()}
        return weights, [
            {n: torch.randn(s, dtype=dtype) for n, s in shapes.items()} for _ in range(30)
        ]


def keywords(rule: Rule) -> dict[str, Any]:
    own: dict[str, Any] = {"lr": RATE, "weight_decay": rule.weight_decay}
    if rule.name in ("adam", "adamw"):
        return {**own, "betas": rule.betas}
    return {**own, "momentum": rule.momentum} | ({"nesterov": True} if rule.nesterov else {})


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_a_step_is_that_of_torch_optim_within_a_millionth(name: str, seed: int) -> None:
    rule = RULES[name]
    weights, gradients = start(seed)
    theirs = {n: nn.Parameter(w.clone()) for n, w in weights.items()}
    optimiser = CLASSES[rule.name](theirs.values(), **keywords(rule), foreach=False)
    memory: Memory = {n: rule.fresh(w) for n, w in weights.items()}
    count = torch.zeros(())
    for each in gradients:
        weights, memory, count = rule.updated(weights, each, memory, count, RATE)
        for n, parameter in theirs.items():
            parameter.grad = each[n].clone()
        optimiser.step()
        for n, parameter in theirs.items():
            torch.testing.assert_close(weights[n], parameter.detach(), rtol=1e-6, atol=1e-6)
            # from the same state, so that only the next step counts
            weights[n] = parameter.detach().clone()
    state = optimiser.state_dict()["state"]
    for index, n in enumerate(theirs):
        for entry, tensor in memory[n].items():
            torch.testing.assert_close(tensor, state[index][entry], rtol=1e-5, atol=1e-6)
    assert count.item() == 30


@pytest.mark.parametrize("name", RULES)
def test_the_optimiser_of_modules_carries_out_the_same_rule(name: str) -> None:
    rule = RULES[name]
    weights, gradients = start(7)
    module = nn.Linear(4, 3)
    with torch.no_grad():
        module.weight.copy_(weights["w"])
        module.bias.copy_(weights["b"])
    optimiser = Optimiser(
        rule.name, module, momentum=rule.momentum, nesterov=rule.nesterov, betas=rule.betas,
        weight_decay=rule.weight_decay,
    )  # fmt: skip
    memory: Memory = {n: rule.fresh(w) for n, w in weights.items()}
    weights, _, _ = rule.updated(weights, gradients[0], memory, torch.zeros(()), RATE)
    module.weight.grad, module.bias.grad = gradients[0]["w"], gradients[0]["b"]
    optimiser.step(RATE)
    torch.testing.assert_close(module.weight.detach(), weights["w"], rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(module.bias.detach(), weights["b"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", RULES)
def test_a_traced_update_has_the_bits_of_the_eager_one(name: str) -> None:
    rule = RULES[name]
    weights, gradients = start(3)
    memory: Memory = {n: rule.fresh(w) for n, w in weights.items()}

    def step(weights: Tensors, gradients: Tensors, memory: Memory, count: Tensor, rate: Tensor):
        gradients, norm = clipped(gradients, 2.0)
        return norm, rule.updated(weights, gradients, memory, count, rate)

    rate = torch.tensor(RATE, dtype=torch.float64)
    tree = (weights, gradients[0], memory, torch.zeros(()), rate)
    run = Interpreter(trace(step, *tree)).run
    for each in gradients[:5]:
        given = (weights, each, memory, tree[3], rate)
        norm, (weights, memory, count) = step(*given)
        flat = torch.utils._pytree.tree_leaves((norm, (weights, memory, count)))
        got = run(*torch.utils._pytree.tree_leaves(given))
        assert all(torch.equal(mine, eager) for mine, eager in zip(got, flat, strict=True))
        # a number and a tensor of shape () are the same rate
        plain = rule.updated(given[0], clipped(each, 2.0)[0], given[2], given[3], RATE)
        assert all(torch.equal(plain[0][n], weights[n]) for n in weights)


def test_clipping_is_that_of_torch() -> None:
    for seed in range(5):
        weights, gradients = start(seed)
        for limit in (0.5, 100.0):
            holders = [nn.Parameter(w) for w in weights.values()]
            for holder, gradient in zip(holders, gradients[0].values(), strict=True):
                holder.grad = gradient.clone()
            norm = torch.nn.utils.clip_grad_norm_(holders, limit, foreach=False)
            ours, found = clipped(gradients[0], limit)
            torch.testing.assert_close(found, norm, rtol=1e-6, atol=0)
            for holder, gradient in zip(holders, ours.values(), strict=True):
                torch.testing.assert_close(gradient, holder.grad, rtol=1e-6, atol=1e-7)


def test_a_parameter_without_a_gradient_stays() -> None:
    rule = RULES["adamw"]
    weights, gradients = start(0)
    memory: Memory = {n: rule.fresh(w) for n, w in weights.items()}
    after, kept, _ = rule.updated(weights, {"w": gradients[0]["w"]}, memory, torch.zeros(()), RATE)
    assert torch.equal(after["b"], weights["b"])
    assert not torch.equal(after["w"], weights["w"])
    assert not kept["b"]["exp_avg"].any()
