# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The checker of blueprints."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina import blueprints
from vynapse.esper.kasmina.blueprints import Blueprint
from vynapse.networks.modules import evaluation_mode, isolated_generators
from vynapse.testing.demand import demand, global_generators

_SHAPES: Final[Mapping[int, tuple[int, ...]]] = {1: (12,), 2: (6, 12), 3: (12, 5, 4)}
"""A shape of each layout: vectors, sequences, pictures."""


def check_blueprint(blueprint: str | Blueprint) -> None:
    """A blueprint keeps its promises: the identity at birth, alive from the first step on.

    Args:
        blueprint: its name, package.module:factory of one, or the object.
    """
    known = blueprints.blueprint(blueprint) if isinstance(blueprint, str) else blueprint
    before = global_generators()
    for layout in sorted(known.layouts):
        shape = _SHAPES[layout]
        try:
            first, twin, other = (
                _born(known, shape, 1),
                _born(known, shape, 1),
                _born(known, shape, 2),
            )
        except ConfigError as error:
            raise AssertionError(str(error)) from None
        where = f"blueprint {known.name!r} at shape {shape}"
        _check_birth(first, shape, where)
        _check_weights(first, twin, other, where)
        _check_life(first, shape, where)
    demand(
        global_generators() == before,
        f"blueprint {known.name!r}: a global random generator was changed",
    )


def _born(known: Blueprint, shape: tuple[int, ...], seed: int) -> nn.Module:
    with isolated_generators(seed):
        return known.body(shape)


def _check_birth(body: nn.Module, shape: tuple[int, ...], where: str) -> None:
    """Features of its shape in and out, and exactly 0, in training and in evaluation."""
    for training in (True, False):
        inputs = _features(shape)
        with torch.no_grad(), isolated_generators(0):
            output: Any = copy.deepcopy(body).train(training)(inputs)
        right = isinstance(output, torch.Tensor) and output.shape == inputs.shape
        came = tuple(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        demand(right, f"{where}: an output of shape {tuple(inputs.shape)} was wanted, got {came}")
        demand(not output.any(), f"{where}: it must give exactly 0 at birth")


def _check_weights(first: nn.Module, twin: nn.Module, other: nn.Module, where: str) -> None:
    """Weights are a function of the seed, and no two bodies share one."""
    mine, same = first.state_dict(), twin.state_dict()
    demand(
        mine.keys() == same.keys() and all(torch.equal(mine[name], same[name]) for name in mine),
        f"{where}: two bodies of one seed have different weights",
    )
    shared = {id(p) for p in first.parameters()} & {id(p) for p in other.parameters()}
    demand(not shared, f"{where}: two bodies share a parameter")
    learns = any(parameter.requires_grad for parameter in first.parameters())
    demand(learns, f"{where}: it has no parameter that learns")


def _check_life(body: nn.Module, shape: tuple[int, ...], where: str) -> None:
    """It has a gradient at once, changes when it is trained, and keeps examples apart."""
    inputs = _features(shape)
    learning = [parameter for parameter in body.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(learning, 0.1)
    for step in range(3):
        optimiser.zero_grad()
        with isolated_generators(step):
            (body(inputs) - inputs.flip(0)).square().mean().backward()
        gradients = [p.grad for p in learning if p.grad is not None]
        demand(
            any(bool(gradient.any()) for gradient in gradients),
            f"{where}: no parameter has a gradient in step {step}",
        )
        optimiser.step()
    with torch.no_grad(), evaluation_mode(body):
        together = body(inputs)
        demand(bool(together.any()), f"{where}: it still gives 0 after three steps of training")
        for row in range(len(inputs)):
            alone = body(inputs[row : row + 1])[0]
            demand(
                torch.allclose(alone, together[row], rtol=1e-4, atol=1e-5),
                f"{where}: in evaluation the output of an example depends on those beside it",
            )


def _features(shape: tuple[int, ...]) -> Tensor:
    """Features (4, *shape), between -1 and 1, no two examples alike."""
    count = 4 * math.prod(shape)
    return torch.sin(torch.arange(count) * 1.7).reshape(4, *shape)
