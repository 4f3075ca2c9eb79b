# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which layers hold a network up, by the share of their width that they use."""

import pytest
import torch
from torch import nn

from tests.evidence import many
from vynapse.core import Budget
from vynapse.esper.kasmina.bottleneck import bottlenecks
from vynapse.esper.leyline.observation import Needs
from vynapse.esper.tolaria.growth import Growth
from vynapse.esper.tolaria.settings import GrowSettings
from vynapse.networks.mlp import MLP
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams
from vynapse.settings import validate
from vynapse.tasks.registry import make_task
from vynapse.trainers.mode import Stage


def measured(sizes: tuple[int, ...], seed: int) -> list[float]:
    """The measure of each hidden layer after some epochs on digits."""
    task, streams = make_task("digits", {}), Streams(seed)
    network = initial_state(MLP(sizes=sizes, hidden="relu").fit(task.interface()), streams)
    training = {"learning_rate": 0.003, "batch_size": 64, "optimizer": "adam"}
    settings = validate(GrowSettings, {"training": training, "controller": "no-op"}, "grow")
    stage = Stage(task, network, True, streams.child("stage.0"), budget=Budget(steps=24))
    growth = Growth(stage, settings)
    for _ in range(4):
        growth.live()
    before = growth.cost
    layers = growth.observe(Needs(wider=True, bottlenecks=True)).layers
    after = growth.cost
    assert (before.forwards or 0) + 359 == after.forwards
    assert after.backwards == before.backwards
    found = [layer.bottleneck for layer in layers if layer.widens]
    assert len(found) == len(sizes) - 2
    return [one.value for one in found if one is not None]


@pytest.mark.parametrize("seed", range(many(sample=1, evidence=8)))
def test_it_parts_narrow_layers_from_wide_ones(seed: int) -> None:
    narrow, wide = measured((64, 4, 4, 10), seed), measured((64, 64, 64, 10), seed)
    assert narrow[0] > 0.5 > max(wide)
    assert narrow[1] > max(wide)
    first, behind = measured((64, 4, 64, 10), seed)
    assert first > 0.5 > 0.1 > behind


def test_it_is_the_effective_rank_over_the_channels() -> None:
    torch.manual_seed(0)
    linear, convolution = nn.Linear(3, 4, bias=False), nn.Conv1d(4, 6, 1)
    with torch.no_grad():
        linear.weight.copy_(torch.eye(4, 3))
    x = torch.randn(50_000, 3)
    found = bottlenecks(linear, [""], [x[:20_000], x[20_000:]])
    assert found[""].value == pytest.approx(3 / 4, abs=1e-3)
    assert (found[""].samples, found[""].unit) == (50_000, "share")
    pictures = torch.randn(9, 4, 5)
    outputs = convolution(pictures).detach().movedim(1, -1).reshape(-1, 6).double()
    values = torch.linalg.svdvals(outputs - outputs.mean(0))
    parts = values[values > 1e-4 * values[0]] / values[values > 1e-4 * values[0]].sum()
    expected = float(torch.exp(-(parts * parts.log()).sum())) / 6
    assert bottlenecks(convolution, [""], [pictures])[""].value == pytest.approx(expected, abs=1e-6)


def test_what_cannot_be_measured_is_absent() -> None:
    layer = nn.Linear(3, 8)
    assert not bottlenecks(layer, [""], [torch.randn(8, 3)]), "as many outputs as channels"
    assert not bottlenecks(layer, [""], [torch.zeros(20, 3)]), "all outputs are the same"
    assert not bottlenecks(layer, [""], [torch.full((20, 3), float("nan"))])
