# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What each profile measures, and that measuring never changes a run."""

import copy

import pytest
import torch
from torch import Tensor, nn

from tests.evidence import many
from vynapse.errors import UnknownName
from vynapse.esper.nissa.profile import HOST, PROFILES, Senses, profile
from vynapse.esper.tolaria.columns import OF_THE_PROFILE
from vynapse.seeding import Streams

SEEDS = range(many(sample=1, evidence=3))
START = Streams(0).stream("sharpness")
SEED = "0.act/s0"  # names of slots may hold dots


def network(seed: int) -> nn.ModuleDict:
    torch.manual_seed(seed)
    return nn.ModuleDict(
        {
            "host": nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3)),
            "seed": nn.Sequential(nn.Linear(4, 3)),
        }
    )


class Both(nn.Module):
    def __init__(self, parts: nn.ModuleDict) -> None:
        super().__init__()
        self.parts = parts

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.parts["host"](x) + self.parts["seed"](x)
        return output


def batch(index: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(index)
    return torch.randn(16, 4, generator=generator), torch.randint(3, (16,), generator=generator)


def epoch(net: Both, senses: Senses | None, steps: int = 12) -> dict[str, float]:
    """An epoch of plain gradient descent in which the senses, if any, look on."""
    groups = {
        HOST: dict(net.parts["host"].named_parameters()),
        SEED: dict(net.parts["seed"].named_parameters()),
    }
    if senses is not None:
        senses.begin(groups)
    for index in range(steps):
        net.zero_grad()
        inputs, targets = batch(index)
        nn.functional.cross_entropy(net(inputs), targets).backward()
        if senses is not None:
            senses.after_step()
        with torch.no_grad():
            for p in net.parameters():
                if p.grad is not None:
                    p.sub_(0.1 * p.grad)
    if senses is None:
        return {}
    return senses.after_epoch(net, nn.functional.cross_entropy, lambda: batch(99))


OFF = {f"gradient_health/{SEED}"}
STANDARD = OFF | {
    "host_gradient_health",
    "update_ratio",
    *(f"update_ratio/host/{layer}" for layer in "013"),
    f"update_ratio/{SEED}/0",
}
DEEP = STANDARD | {
    "sharpness",
    "sharpness_products",
    *(f"{what}/host/{layer}" for what in ("gradient_usable", "gradient_size") for layer in "013"),
    *(f"{what}/{SEED}/0" for what in ("gradient_usable", "gradient_size")),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "wanted"), [("off", OFF), ("standard", STANDARD), ("deep", DEEP)])
def test_a_profile_measures_what_it_says(name: str, wanted: set[str], seed: int) -> None:
    metrics = epoch(Both(network(seed)), Senses(profile(name), START))
    assert set(metrics) == wanted
    assert all(value > 0 for value in metrics.values())
    assert {key for key in metrics if "/" not in key} <= set(OF_THE_PROFILE)


@pytest.mark.parametrize("name", PROFILES)
def test_looking_on_changes_no_bit(name: str) -> None:
    alone, watched = Both(network(0)), Both(network(0))
    senses = Senses(profile(name), START)
    random = torch.get_rng_state()
    for _ in range(2):
        epoch(alone, None)
        epoch(watched, senses)
    for key, tensor in alone.state_dict().items():
        assert torch.equal(tensor, watched.state_dict()[key]), key
    assert torch.equal(random, torch.get_rng_state())


def test_an_epoch_knows_nothing_of_the_one_before() -> None:
    """A run that is resumed between two epochs measures the same."""
    net, senses = Both(network(1)), Senses(profile("deep"), START)
    epoch(net, senses)
    resumed = copy.deepcopy(net)
    assert epoch(net, senses) == epoch(resumed, Senses(profile("deep"), START))


def test_the_figures_are_those_of_the_host() -> None:
    net, senses = Both(network(0)), Senses(profile("standard"), START)
    before = [p.detach().clone() for p in net.parts["host"].parameters()]
    metrics = epoch(net, senses, steps=3)
    ratios = sorted(value for key, value in metrics.items() if key.startswith("update_ratio/host"))
    assert metrics["update_ratio"] == ratios[1]
    weight, bias = (p.detach() for p in list(net.parts["host"].parameters())[4:])
    moved = torch.cat([(weight - before[4]).flatten(), bias - before[5]]).norm()
    size = max(
        torch.cat([w.flatten(), b]).norm() for w, b in ((weight, bias), (before[4], before[5]))
    )
    assert metrics["update_ratio/host/3"] == pytest.approx((moved / size).item(), rel=1e-5)


def test_what_was_not_measured_is_absent() -> None:
    net = Both(network(0))
    senses = Senses(profile("standard"), START)
    senses.begin({HOST: dict(net.parts["host"].named_parameters()), SEED: {}})
    metrics = senses.after_epoch(net, nn.functional.cross_entropy, lambda: batch(0))
    assert not any("gradient" in key for key in metrics)
    assert senses.health() == {HOST: None, SEED: None}
    assert Senses(profile("off"), START).health() == {}


def test_a_sharpness_that_was_not_found_is_absent() -> None:
    net = Both(network(0))
    senses = Senses(profile("deep"), START)
    senses.begin({})
    metrics = senses.after_epoch(net, lambda output, target: output.mean() / 0, lambda: batch(0))
    assert metrics == {}


def test_a_sharpness_that_was_not_found_in_time_is_absent_but_what_it_took_is_told() -> None:
    class Steps(nn.Module):
        """Curvatures from -1 to 1, which one far below makes hard to tell apart."""

        def __init__(self) -> None:
            super().__init__()
            curvatures = torch.cat([torch.tensor([-1000.0]), torch.linspace(-1, 1, 500)])
            self.register_buffer("curvatures", curvatures)
            self.x = nn.Parameter(torch.ones(501))

        def forward(self, inputs: Tensor) -> Tensor:
            return self.x.square() @ self.curvatures / 2  # type: ignore[operator]

    senses = Senses(profile("deep"), START)
    metrics = senses.after_epoch(Steps(), lambda output, target: output, lambda: batch(0))
    assert metrics.keys() == {"sharpness_products"}
    assert metrics["sharpness_products"] > 100


def test_only_deep_asks_for_a_batch() -> None:
    def none() -> tuple[Tensor, Tensor]:
        raise AssertionError("no batch is needed")

    for name in ("off", "standard"):
        senses = Senses(profile(name), START)
        senses.after_epoch(network(0), nn.functional.cross_entropy, none)


def test_an_unknown_profile_is_told() -> None:
    with pytest.raises(UnknownName, match="did you mean 'standard'"):
        profile("standart")
