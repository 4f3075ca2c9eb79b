# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Training and generation steps as pure functions: state in, state out."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torch.func import functional_call, grad_and_value

from vynapse.networks.modules import isolated_generators


def network(kind: str) -> nn.Module:
    if kind == "mlp":
        return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )


def start(step, kind: str, batch: int = 5):
    """The update function and a first state and batch for it."""
    with isolated_generators(1):
        module = network(kind)
        x = torch.randn(batch, 4) if kind == "mlp" else torch.randn(batch, 1, 4, 4)
    y = torch.arange(batch) % 3
    parameters = {name: p.detach().clone() for name, p in module.named_parameters()}
    zeros = {f"m.{name}": torch.zeros_like(p) for name, p in parameters.items()}
    if step is adam_step:
        zeros |= {f"v.{name}": torch.zeros_like(p) for name, p in parameters.items()}
        zeros["step"] = torch.zeros(())
    return partial(step, module), parameters, zeros, x, y


def _loss(module, parameters, x, y):
    return nn.functional.cross_entropy(functional_call(module, parameters, (x,)), y)


def momentum_step(module, parameters, memory, x, y):
    grads, loss = grad_and_value(partial(_loss, module))(parameters, x, y)
    memory = {f"m.{k}": memory[f"m.{k}"] * 0.9 + grads[k] for k in parameters}
    return loss, {k: p - 0.1 * memory[f"m.{k}"] for k, p in parameters.items()}, memory


def adam_step(module, parameters, memory, x, y):
    grads, loss = grad_and_value(partial(_loss, module))(parameters, x, y)
    step = memory["step"] + 1
    first = {k: 0.9 * memory[f"m.{k}"] + 0.1 * g for k, g in grads.items()}
    second = {k: 0.999 * memory[f"v.{k}"] + 0.001 * g * g for k, g in grads.items()}
    one, two = 1 - torch.pow(0.9, step), 1 - torch.pow(0.999, step)
    moved = {
        k: p - 0.01 * (first[k] / one) / (torch.sqrt(second[k] / two) + 1e-8)
        for k, p in parameters.items()
    }
    kept = {f"m.{k}": m for k, m in first.items()} | {f"v.{k}": v for k, v in second.items()}
    return loss, moved, kept | {"step": step}


X = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y = torch.tensor([0.0, 1, 1, 0])


def generation(population, fitness, noise):
    """(mu + lambda) on xor with 2-2-1 networks; the random numbers are an input."""
    children = population.repeat(len(noise) // len(population), 1) + 0.3 * noise
    hidden = torch.tanh(X @ children[:, :4].reshape(-1, 2, 2) + children[:, None, 4:6])
    out = torch.sigmoid((hidden @ children[:, 6:8, None]).squeeze(2) + children[:, 8:])
    losses = ((out - Y) ** 2).mean(1)
    everyone, scores = torch.cat([population, children]), torch.cat([fitness, losses])
    best, index = torch.topk(scores, len(population), largest=False, sorted=True)
    return everyone[index], best
