# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which gradients count as usable, and how sure the share of them is."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.evidence import many
from vynapse.esper.nissa.gradients import (
    EXPLODED,
    VANISHED,
    GradientMonitor,
    snapshot,
    update_ratios,
)

SEEDS = range(many(sample=1, evidence=3))


def parameters(**shapes: tuple[int, ...]) -> dict[str, nn.Parameter]:
    """Parameters of norm 0, "a__weight" named "a.weight"."""
    names = {name.replace("__", "."): shape for name, shape in shapes.items()}
    return {name: nn.Parameter(torch.zeros(shape)) for name, shape in names.items()}


def gradient(shape: Sequence[int], norm: float) -> Tensor:
    grad = torch.zeros(tuple(shape))
    grad.view(-1)[0] = norm
    return grad


def watched(
    group: dict[str, nn.Parameter], steps: Sequence[dict[str, float | None]]
) -> GradientMonitor:
    """After steps whose gradients had these norms."""
    monitor = GradientMonitor({"g": group})
    for step in steps:
        for name, p in group.items():
            norm = step[name]
            p.grad = None if norm is None else gradient(p.shape, norm)
        monitor.after_step()
    return monitor


def share(group: dict[str, nn.Parameter], steps: Sequence[dict[str, float | None]]) -> float:
    health = watched(group, steps).health()["g"]
    assert health is not None
    return health.value


@pytest.mark.parametrize(
    ("norm", "usable"),
    [
        (1.0, 1.0),
        (2.1 * VANISHED, 1.0),
        (1.9 * VANISHED, 0.0),
        (1.9 * EXPLODED, 1.0),
        (2.1 * EXPLODED, 0.0),
        (0.0, 0.0),
        (math.nan, 0.0),
        (math.inf, 0.0),
    ],
)
def test_a_gradient_is_usable_between_the_bounds(norm: float, usable: float) -> None:
    group = parameters(layer__weight=(4, 3))  # of reference size sqrt(4), though its norm is 0
    assert share(group, [{"layer.weight": norm}]) == usable


def test_the_size_of_a_layer_is_its_norm_where_that_is_larger() -> None:
    group = parameters(layer__weight=(4, 3))
    with torch.no_grad():
        group["layer.weight"].fill_(10 / math.sqrt(12))
    assert share(group, [{"layer.weight": 9 * EXPLODED}]) == 1
    assert share(group, [{"layer.weight": 11 * EXPLODED}]) == 0


def test_a_bias_belongs_to_its_layer() -> None:
    """A bias before batch norm gets a gradient of rounding errors alone."""
    group = parameters(conv__weight=(4, 3), conv__bias=(4,), norm__weight=(4,), norm__bias=(4,))
    step: dict[str, float | None] = {
        "conv.weight": 1.0,
        "conv.bias": 0.0,
        "norm.weight": 1e-9,
        "norm.bias": 0.0,
    }
    assert share(group, [step]) == 0.5
    layers = watched(group, [step, step]).layers()["g"]
    assert set(layers) == {"conv", "norm"}
    assert layers["conv"].usable == 1
    assert layers["norm"].usable == 0
    assert layers["conv"].size == pytest.approx(0.5)


def test_what_was_not_trained_was_not_observed() -> None:
    group = parameters(a__weight=(2, 2), b__weight=(2, 2))
    nothing: dict[str, float | None] = {"a.weight": None, "b.weight": None}
    monitor = watched(group, [nothing, nothing])
    assert monitor.health() == {"g": None}
    assert monitor.layers() == {}
    one_of_two = watched(group, [nothing, {"a.weight": 1.0, "b.weight": 1.0}, nothing])
    health = one_of_two.health()["g"]
    assert health is not None
    assert (health.value, health.uncertainty, health.samples) == (1, None, 1)


def test_a_layer_that_no_gradient_reaches_while_the_others_learn_is_not_usable() -> None:
    group = parameters(a__weight=(2, 2), b__weight=(2, 2))
    assert share(group, [{"a.weight": None, "b.weight": 1.0}] * 4) == 0.5


def test_parameters_that_cannot_learn_are_not_watched() -> None:
    group = parameters(a__weight=(2, 2), b__weight=(2, 2))
    group["a.weight"].requires_grad_(False)
    monitor = GradientMonitor({"g": group, "empty": {}})
    group["b.weight"].grad = torch.ones(2, 2)
    monitor.after_step()
    health = monitor.health()
    assert health["g"] is not None
    assert health["g"].value == 1
    assert health["empty"] is None


def test_groups_are_told_apart() -> None:
    host, seed = parameters(a__weight=(2, 2)), parameters(a__weight=(2, 2), b__weight=(2,))
    monitor = GradientMonitor({"host": host, "stage1/s0": seed})
    for step in range(10):
        host["a.weight"].grad = torch.ones(2, 2)
        seed["a.weight"].grad = torch.ones(2, 2) if step else None
        seed["b.weight"].grad = torch.zeros(2) if step else None
        monitor.after_step()
    health = monitor.health()
    assert health["host"] is not None
    assert health["stage1/s0"] is not None
    assert (health["host"].value, health["host"].samples) == (1, 10)
    assert (health["stage1/s0"].value, health["stage1/s0"].samples) == (0.5, 9)


def test_a_share_that_never_varied_is_as_sure_as_its_number_of_steps() -> None:
    group = parameters(a__weight=(2, 2))
    for steps, error in ((2, 1.0), (10, 0.3), (300, 0.01)):
        health = watched(group, [{"a.weight": 1.0}] * steps).health()["g"]
        assert health is not None
        assert health.uncertainty == pytest.approx(error)


def test_the_median_size_leaves_out_what_is_not_finite() -> None:
    group = parameters(a__weight=(1, 2))
    norms = [1.0, math.nan, 3.0, math.inf, 2.0]
    layer = watched(group, [{"a.weight": norm} for norm in norms]).layers()["g"]["a"]
    assert layer.size == 2
    assert layer.usable == pytest.approx(0.6)
    assert watched(group, [{"a.weight": math.nan}]).layers()["g"]["a"].size is None


def test_watching_changes_nothing() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    net(torch.randn(5, 3)).square().sum().backward()
    before = {
        n: (p.detach().clone(), p.grad.clone())
        for n, p in net.named_parameters()
        if p.grad is not None
    }
    random = torch.get_rng_state()
    monitor = GradientMonitor({"host": dict(net.named_parameters())})
    monitor.after_step()
    monitor.health()
    for name, p in net.named_parameters():
        assert p.grad is not None
        assert torch.equal(p, before[name][0])
        assert torch.equal(p.grad, before[name][1])
    assert torch.equal(random, torch.get_rng_state())


@pytest.mark.parametrize("persistence", [0.0, 0.8])
def test_the_interval_covers_the_true_share_in_correlated_series(persistence: float) -> None:
    """A layer whose gradient comes and goes as a Markov chain that is usable half of the time."""
    rng, hits, trials, steps = np.random.default_rng(0), 0, 100, 100
    group = parameters(a__weight=(1, 1))
    for _ in range(trials):
        monitor = GradientMonitor({"g": group})
        usable = bool(rng.integers(2))
        for _ in range(steps):
            group["a.weight"].grad = torch.full((1, 1), float(usable))
            monitor.after_step()
            usable = usable if rng.random() < persistence else bool(rng.integers(2))
        health = monitor.health()["g"]
        assert health is not None
        assert health.low is not None
        assert health.high is not None
        hits += health.low <= 0.5 <= health.high
    assert 0.88 <= hits / trials <= 0.99


def chain(depth: int, *, norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Linear(16, 16), *([nn.LayerNorm(16)] if norm else []), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(16, 3))


def health_of_training(net: nn.Module, seed: int) -> float:
    torch.manual_seed(seed)
    inputs, targets = torch.randn(200, 16), torch.randint(3, (200,))
    monitor = GradientMonitor({"host": dict(net.named_parameters())})
    for step in range(20):
        net.zero_grad()
        rows = slice(10 * step, 10 * step + 10)
        nn.functional.cross_entropy(net(inputs[rows]), targets[rows]).backward()
        monitor.after_step()
        with torch.no_grad():
            for p in net.parameters():
                assert p.grad is not None
                p.sub_(0.05 * p.grad)
    health = monitor.health()["host"]
    assert health is not None
    return health.value


@pytest.mark.parametrize("seed", SEEDS)
def test_health_tells_networks_that_learn_from_those_that_cannot(seed: int) -> None:
    torch.manual_seed(seed)
    assert health_of_training(chain(3, norm=False), seed) == 1
    assert health_of_training(chain(20, norm=True), seed) == 1
    assert health_of_training(chain(30, norm=False), seed) < 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_body_that_begins_at_zero_is_in_good_health(seed: int) -> None:
    torch.manual_seed(seed)
    body = chain(2, norm=True)
    last = body[-1]
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    # at the first step the gradient reaches the last of 5 layers alone
    assert health_of_training(body, seed) == pytest.approx(1 - 4 / 5 / 20)


def test_how_far_layers_have_moved() -> None:
    a, b, c = nn.Linear(2, 1), nn.Linear(1, 1, bias=False), nn.Linear(1, 1)
    net = nn.ModuleDict({"a": a, "b": b, "c": c})
    with torch.no_grad():
        for p in net.parameters():
            p.zero_()
        a.weight.copy_(torch.tensor([[3.0, 0.0]]))
        a.bias.fill_(4.0)  # the layer has norm 5
        named = dict(net.named_parameters())
        before = snapshot(named)
        a.weight.add_(torch.tensor([[0.0, 1.0]]))
        b.weight.fill_(7.0)
    ratios = update_ratios(before, named)
    assert ratios == {"a": pytest.approx(1 / math.sqrt(26)), "b": 1.0}  # c was and is 0
    with torch.no_grad():
        a.weight.zero_()
        a.bias.fill_(1.0)
    assert update_ratios(before, named)["a"] == pytest.approx(math.sqrt(3**2 + 3**2) / 5)
    with torch.no_grad():
        b.weight.fill_(math.nan)
    assert set(update_ratios(before, named)) == {"a"}


def test_ratios_are_of_the_same_parameters() -> None:
    with pytest.raises(ValueError, match="b"):
        update_ratios(snapshot(parameters(a=(1,))), parameters(a=(1,), b=(1,)))
    assert update_ratios({}, {}) == {}
