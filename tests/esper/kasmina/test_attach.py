# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Slots are put at places of any module, and what users do with modules goes on working."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.assembly import plant as plant_plan
from vynapse.esper.kasmina.assembly import prefix_of
from vynapse.esper.kasmina.attach import attach, suggested_slots
from vynapse.esper.kasmina.plan import SeedPlan

from .networks import HOSTS, SHAPE, batch, chain, dosed, growing, plant, repeats


class Counting(nn.Module):
    """Counts its calls, in evaluation as well."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Tensor
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x


@pytest.mark.parametrize("host", HOSTS)
def test_nothing_has_changed_before_something_grows(host: str) -> None:
    make, _ = HOSTS[host]
    torch.manual_seed(0)
    alone = make().eval()
    network = growing(host).eval()
    inputs, _targets = batch()
    assert torch.equal(network(inputs), alone(inputs))
    own = network.state_dict()
    assert set(own) == {f"host.{name}" for name in alone.state_dict()}


def test_slots_come_in_the_order_of_the_data_with_their_shapes() -> None:
    torch.manual_seed(0)
    network = attach(HOSTS["chain"][0](), ["5", "2"], SHAPE)
    assert network.places == ("2", "5")
    assert [network.slot(place).shape for place in network.places] == [(6, 8, 8), (6, 8, 8)]


def test_looking_for_shapes_changes_nothing() -> None:
    module = chain().train()
    module.append(Counting())
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    generator = torch.random.get_rng_state()
    attach(module, ["2"], SHAPE)
    assert module.training
    assert torch.equal(torch.random.get_rng_state(), generator)
    assert all(torch.equal(before[name], t) for name, t in module.state_dict().items())


@pytest.mark.parametrize("host", HOSTS)
def test_a_copy_grows_by_itself(host: str) -> None:
    network = growing(host).eval()
    place = network.places[0]
    plant(network, place)
    network.slot(place).flow, network.slot(place).shares["s0"] = "open", 0.5
    twin = copy.deepcopy(network)
    inputs, _ = batch()
    before = network(inputs)
    assert torch.equal(twin(inputs), before)
    twin.slot(place).shares["s0"] = 1.0
    assert not torch.equal(twin(inputs), before)
    assert torch.equal(network(inputs), before)
    only_host = copy.deepcopy(network.host)
    assert torch.equal(only_host(inputs), before), "the host carries its slots with it"


@pytest.mark.parametrize("host", HOSTS)
def test_state_dict_dtype_and_device_moves_see_seeds(host: str) -> None:
    network, other = growing(host, 1).eval(), growing(host, 2).eval()
    for one in (network, other):
        plant(one, one.places[1])
        one.slot(one.places[1]).flow, one.slot(one.places[1]).shares["s0"] = "open", 0.7
    inputs, _ = batch()
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(inputs), network(inputs))
    assert network.double()(inputs.double()).dtype == torch.float64
    assert next(network.to("meta").slot(network.places[1]).parameters()).is_meta


@pytest.mark.parametrize("host", HOSTS)
def test_tracing_sees_what_has_grown(host: str) -> None:
    network = growing(host).eval()
    place = network.places[0]
    plant(network, place)
    network.slot(place).flow, network.slot(place).shares["s0"] = "open", 0.5
    inputs, _ = batch()
    with torch.no_grad():
        eager = network(inputs)
        assert torch.equal(make_fx(network)(inputs)(inputs), eager)
        exported = torch.export.export(network, (inputs,)).module()
        torch.testing.assert_close(exported(inputs), eager)


def test_a_shared_module_a_stranger_and_a_wrong_output_are_refused() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)
            self.pair = nn.LSTM(4, 4, batch_first=True)
            self.here = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            output: Tensor = self.layer(self.layer(x))
            pair: Tensor = self.pair(output[:, None, :])[0]
            return self.here(pair)[:, 0]  # type: ignore[no-any-return]

    with pytest.raises(ConfigError, match="data must pass through 'layer' once, they pass 2 times"):
        attach(Twice(), ["layer"], (4,))
    with pytest.raises(ConfigError, match="output of 'pair' .* a tuple: .* nn.Identity.. of its"):
        attach(Twice(), ["pair"], (4,))
    assert attach(Twice(), ["here"], (4,)).slot("here").shape == (1, 4), "what the sentence says"
    with pytest.raises(ConfigError, match="no part 'laier': did you mean 'layer'"):
        attach(Twice(), ["laier"], (4,))
    with pytest.raises(ConfigError, match="each place once"):
        attach(nn.Sequential(nn.Linear(4, 4)), ["0", "0"], (4,))
    with pytest.raises(ConfigError, match="cannot take an input of shape"):
        attach(nn.Sequential(nn.Linear(4, 4)), ["0"], (5,))


def test_any_name_of_a_part_will_do_and_no_two_share_a_slot() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Sequential(nn.Linear(4, 5))
            for name, size in (("a-0", 6), ("values", 7), ("training~", 8)):
                self.add_module(name, nn.Linear(size - 1, size))

        def forward(self, x: Tensor) -> Tensor:
            for name in ("a", "a-0", "values", "training~"):
                x = self.get_submodule(name)(x)
            return x

    network = attach(Named(), ["a.0", "a-0", "values", "training~"], (4,))
    assert [network.slot(place).shape for place in network.places] == [(5,), (6,), (7,), (8,)]
    seed = SeedPlan("s0", "low_rank", "add", 0.0)
    for place in network.places:
        plant_plan(network, place, seed)
        own = [n for n in network.state_dict() if n.startswith(prefix_of(place, "s0"))]
        assert len(own) == len(list(network.slot(place).parameters()))


def test_the_host_of_a_growing_network_gets_no_other_slots() -> None:
    network = growing("chain")
    with pytest.raises(ConfigError, match="carries the slots of another growing network"):
        attach(network.host, ["0"], SHAPE)
    whole = attach(nn.Sequential(network, nn.Linear(4, 2)), ["0"], SHAPE)
    assert whole.places == ("0",), "inside a larger one it keeps its slots in the state dict"


def test_a_network_of_indices_gets_slots() -> None:
    words = nn.Sequential(nn.Embedding(10, 6), nn.Flatten(), nn.Linear(30, 4))
    with pytest.raises(ConfigError, match="cannot take an input of shape"):
        attach(words, ["0"], (5,))
    assert attach(words, ["0"], (5,), torch.long).slot("0").shape == (5, 6)


@pytest.mark.parametrize("ran", [False, True])
def test_seeds_take_part_in_a_host_that_was_compiled(*, ran: bool) -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    host: Any = torch.compile(layers, backend="eager")
    inputs = torch.randn(3, 8)
    if ran:
        host(inputs)
    place = "_orig_mod.1"
    network = attach(host, [place], (8,))
    seed = plant_plan(network, place, SeedPlan("s0", "low_rank", "add", 1.0))
    nn.init.ones_(next(reversed(list(seed.parameters()))))
    network.slot(place).flow = "open"
    assert not torch.allclose(network(inputs), dosed(network, inputs, {place: 0.0}))


def test_shares_of_an_override_are_checked() -> None:
    network = growing("chain").eval()
    plant(network, "2")
    inputs, _ = batch()
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(ConfigError, match=r"a share in \[0, 1\] was wanted for '2'"):
            dosed(network, inputs, {"2": wrong})
    for shares in (torch.ones(3), torch.ones(()), torch.ones(5, 1)):
        with pytest.raises(ConfigError, match="one share for each of the 5 examples was wanted"):
            dosed(network, inputs, {"2": shares})
    exact = torch.full((5,), 0.5, dtype=torch.float64)
    assert torch.equal(dosed(network, inputs, {"2": exact}), dosed(network, inputs, {"2": 0.5}))


def test_an_override_of_a_stranger_is_refused_and_leaves_nothing_behind() -> None:
    network = growing("chain").eval()
    plant(network, "2")
    inputs, _ = batch()
    before = network(inputs)
    with pytest.raises(ConfigError, match="no slot or seed '3'"):
        dosed(network, inputs, {"2": 1.0, "3": 0.0})
    assert torch.equal(network(inputs), before)


def test_places_are_suggested_by_the_network_or_lie_behind_activations() -> None:
    module = HOSTS["chain"][0]()
    assert suggested_slots(module, SHAPE) == ("2", "5")
    output = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Sigmoid())
    assert suggested_slots(output, (2,)) == ("1",), "behind the last activation is the output"
    module.growth_slots = ("5",)  # type: ignore[assignment]
    assert suggested_slots(module, SHAPE) == ("5",)
    twice = repeats()
    twice.append(nn.Tanh()).append(nn.Linear(4, 4))
    assert suggested_slots(twice, SHAPE) == ("9",), "data pass twice through the other activation"
