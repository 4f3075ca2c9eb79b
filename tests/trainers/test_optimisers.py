# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Update rules against their papers, written out in NumPy in double precision."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.evidence import many
from vynapse.core import Array
from vynapse.trainers.optimisers import Optimiser

RATE = 0.05
Memory = dict[str, Any]
Rule = Callable[[Array, Array, Memory, int], Any]


def heavy_ball(x: Array, g: Array, memory: Memory, step: int) -> Any:
    memory["v"] = 0.9 * memory.get("v", 0) + g
    return x - RATE * memory["v"]


def nesterov(x: Array, g: Array, memory: Memory, step: int) -> Any:
    memory["v"] = 0.9 * memory.get("v", 0) + g
    return x - RATE * (g + 0.9 * memory["v"])


def adam(x: Array, g: Array, memory: Memory, step: int) -> Any:
    memory["m"] = 0.8 * memory.get("m", 0) + 0.2 * g
    memory["v"] = 0.95 * memory.get("v", 0) + 0.05 * g * g
    m, v = memory["m"] / (1 - 0.8**step), memory["v"] / (1 - 0.95**step)
    return x - RATE * m / (np.sqrt(v) + 1e-8)


def adamw(x: Array, g: Array, memory: Memory, step: int) -> Any:
    return adam(x * (1 - RATE * 0.1), g, memory, step)


def penalised_adam(x: Array, g: Array, memory: Memory, step: int) -> Any:
    return adam(x, g + 0.1 * x, memory, step)


def rmsprop(x: Array, g: Array, memory: Memory, step: int) -> Any:
    memory["v"] = 0.99 * memory.get("v", 0) + 0.01 * g * g
    memory["b"] = 0.5 * memory.get("b", 0) + g / (np.sqrt(memory["v"]) + 1e-8)
    return x - RATE * memory["b"]


BETAS = (0.8, 0.95)
RULES: dict[str, tuple[Rule, dict[str, Any]]] = {
    "plain": (lambda x, g, memory, step: x - RATE * g, {"name": "sgd"}),
    "momentum": (heavy_ball, {"name": "sgd", "momentum": 0.9}),
    "nesterov": (nesterov, {"name": "sgd", "momentum": 0.9, "nesterov": True}),
    "adam": (adam, {"name": "adam", "betas": BETAS}),
    "adam with penalty": (penalised_adam, {"name": "adam", "betas": BETAS, "weight_decay": 0.1}),
    "adamw": (adamw, {"name": "adamw", "betas": BETAS, "weight_decay": 0.1}),
    "rmsprop": (rmsprop, {"name": "rmsprop", "momentum": 0.5}),
}


def optimiser_of(module: nn.Module, options: dict[str, Any]) -> Optimiser:
    rest = {key: value for key, value in options.items() if key != "name"}
    return Optimiser(options["name"], module, **rest)


def module_at(x: Array) -> nn.Linear:
    module = nn.Linear(3, 2, bias=False)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(x))
    return module


def differentiate(module: nn.Linear, goal: Array) -> None:
    module.zero_grad()
    ((module.weight - torch.tensor(goal, dtype=torch.float32)) ** 2).sum().backward()


def descend(module: nn.Linear, optimiser: Optimiser, goal: Array) -> None:
    differentiate(module, goal)
    optimiser.step(RATE)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(many(sample=1, evidence=3)))
def test_updates_follow_the_paper(rule: str, seed: int) -> None:
    reference, options = RULES[rule]
    draw = np.random.default_rng(seed)
    x, goal = draw.normal(size=(2, 3)), draw.normal(size=(2, 3))
    module = module_at(x)
    optimiser = optimiser_of(module, options)
    memory: dict[str, Any] = {}
    for step in range(1, 30):
        descend(module, optimiser, goal)
        x = reference(x, 2 * (x - goal), memory, step)
    np.testing.assert_allclose(module.weight.detach().numpy(), x, rtol=2e-4, atol=2e-5)


CLASSES: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}


@pytest.mark.parametrize("rule", RULES)
def test_updates_and_memory_are_those_of_torch_bit_for_bit(rule: str) -> None:
    options = {"weight_decay": 0.0} | RULES[rule][1]
    draw = np.random.default_rng(0)
    x, goal = draw.normal(size=(2, 3)), draw.normal(size=(2, 3))
    module, twin = module_at(x), module_at(x)
    optimiser = optimiser_of(module, options)
    rest = {key: value for key, value in options.items() if key != "name"}
    path = {"foreach": False} if options["name"] == "rmsprop" else {"fused": True}
    torchs = CLASSES[options["name"]](twin.parameters(), lr=RATE, **rest, **path)
    for _ in range(20):
        descend(module, optimiser, goal)
        differentiate(twin, goal)
        torchs.step()
    assert torch.equal(module.weight, twin.weight)
    theirs = torchs.state_dict()["state"].get(0, {})
    ours = optimiser.state()["weight"]
    assert ours.keys() == theirs.keys()
    for key, array in ours.items():
        np.testing.assert_array_equal(array, theirs[key].numpy())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("steps", [0, 1, 7])
def test_state_is_exact_and_a_copy(rule: str, steps: int) -> None:
    goal = np.ones((2, 3))
    module = module_at(np.zeros((2, 3)))
    optimiser = optimiser_of(module, RULES[rule][1])
    for _ in range(steps):
        descend(module, optimiser, goal)
    state = optimiser.state()
    before = copy.deepcopy(state)

    twin = module_at(module.weight.detach().numpy())
    resumed = optimiser_of(twin, RULES[rule][1])
    resumed.load(state)
    for _ in range(5):
        descend(module, optimiser, goal)
        descend(twin, resumed, goal)
    assert torch.equal(module.weight, twin.weight)
    for key, value in before["weight"].items():
        np.testing.assert_array_equal(value, state["weight"][key])


def test_state_is_filed_under_parameter_names_as_arrays() -> None:
    optimiser = optimiser_of(nn.Linear(3, 2), {"name": "adam"})
    state = optimiser.state()
    assert list(state) == ["weight", "bias"]
    assert {key: array.shape for key, array in state["weight"].items()} == {
        "step": (),
        "exp_avg": (2, 3),
        "exp_avg_sq": (2, 3),
    }
    assert all(isinstance(array, np.ndarray) for array in state["bias"].values())


def test_frozen_parameters_are_left_out_and_shared_ones_counted_once() -> None:
    shared = nn.Linear(2, 2)
    module = nn.Sequential(shared, nn.Linear(2, 2), shared)
    module[1].bias.requires_grad_(False)
    optimiser = optimiser_of(module, {"name": "sgd"})
    assert list(optimiser.parameters) == ["0.weight", "0.bias", "1.weight"]


@pytest.mark.parametrize("rule", RULES)
def test_a_parameter_without_a_gradient_stays_as_it_is(rule: str) -> None:
    used, idle = nn.Linear(3, 1), nn.Linear(3, 1)
    module = nn.ModuleDict({"used": used, "idle": idle})
    optimiser = optimiser_of(module, RULES[rule][1])
    before = used.weight.clone(), idle.weight.clone()
    used(torch.ones(1, 3)).sum().backward()
    optimiser.step(RATE)
    assert not torch.equal(used.weight, before[0])
    assert torch.equal(idle.weight, before[1])
    assert all(not array.any() for array in optimiser.state()["idle.weight"].values())
    module.zero_grad()
    optimiser.step(RATE)
