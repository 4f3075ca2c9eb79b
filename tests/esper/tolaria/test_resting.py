# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Validations are those of the network handed out, and nothing draws for no reason."""

import random
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.evidence import many
from vynapse.esper.kasmina.grown import Grown
from vynapse.esper.kasmina.plan import SeedPlan, may_draw
from vynapse.esper.tolaria import descent
from vynapse.esper.tolaria.resting import Resting
from vynapse.networks.cnn import CNN
from vynapse.networks.mlp import MLP
from vynapse.networks.modules import isolated_generators
from vynapse.networks.structure import Structure

from .stages import make, stage_of


@pytest.mark.parametrize("operator", ["add", "interpolate", "gate"])
@pytest.mark.parametrize("seed", range(many(sample=2, evidence=8)))
def test_a_module_that_is_used_again_computes_what_a_fresh_one_does(
    seed: int, operator: str
) -> None:
    trainer = make(seed=seed, controller={"kind": "random", "germinate": 0.7}, operator=operator)
    growth, resting = trainer.growth, Resting(stage_of(seed=seed))
    task, kinds = stage_of(seed=seed).supervised, set()
    for _ in range(12):
        trainer.step()
        network = growth.network.winner()
        fresh = task.evaluate(network.predictor(), "validation")
        assert resting.evaluate(network, growth.network.module) == fresh
        kinds.add(network.structure.kind)
    assert kinds == {"mlp", "grown"}


def grown(host: Structure, blueprint: str) -> Grown:
    slots = {"1": (SeedPlan("s0", blueprint, "add", 1.0),)}
    shape = (1, 8, 8) if host.kind == "cnn" else (4,)
    return Grown(host=host.model_dump(mode="json"), input_shape=shape, slots=slots)


def test_a_grown_network_may_draw_where_its_host_or_a_foreign_seed_may() -> None:
    calm, drawing = MLP(sizes=(4, 5, 2)), CNN(channels=(4,), dropout=0.1)
    assert not grown(calm, "mlp").stochastic()
    assert grown(calm, "package.module:factory").stochastic()
    assert grown(drawing, "conv_light").stochastic()
    assert not may_draw(["mlp", "norm"])
    assert may_draw(["mlp", "package.module:factory"])


class Noisy(nn.Module):
    """A body of the user's that draws."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.linear = nn.Linear(shape[0], shape[0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.linear(nn.functional.dropout(x, 0.5, self.training))
        return output


def noisy(shape: tuple[int, ...]) -> nn.Module:
    return Noisy(shape)


def generators() -> list[Any]:
    return [random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()]


@pytest.mark.parametrize("isolation", ["shadow", "straight_through", "frozen", "joint"])
@pytest.mark.parametrize("name", ["mlp", f"{__name__}:noisy"])
def test_global_generators_stay_and_are_put_aside_only_for_those_who_draw(
    name: str, isolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside: list[int] = []

    def noted(seed: int) -> AbstractContextManager[None]:
        aside.append(seed)
        return isolated_generators(seed)

    monkeypatch.setattr(descent, "isolated_generators", noted)
    keys: dict[str, Any] = {"kind": "random", "germinate": 1.0, "blueprints": [name]}
    first, second = (make(controller=keys, isolation=isolation) for _ in range(2))
    before = generators()
    for _ in range(6):
        first.step()
    assert generators() == before
    assert bool(aside) == (name != "mlp")
    for _ in range(3):
        second.step()
    torch.rand(3)  # whatever others draw meanwhile changes nothing
    resumed = make(controller=keys, isolation=isolation)
    resumed.load(second.state())
    for _ in range(3):
        resumed.step()
    np.testing.assert_equal(resumed.state()["growth"], first.state()["growth"])
