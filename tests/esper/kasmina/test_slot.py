# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a seed may and may not do to its host, in every stage and for every operator."""

import copy
import itertools
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.blending import share_at
from vynapse.esper.kasmina.isolation import held_constant
from vynapse.esper.kasmina.slot import Flow
from vynapse.esper.leyline.options import Operator

from .networks import HOSTS, batch, dosed, growing, last_of, plant

OPERATORS: tuple[Operator, ...] = ("add", "interpolate", "gate")
FLOWS: tuple[Flow, ...] = ("closed", "listening", "shadow", "straight_through", "open")
EVERY = list(itertools.product(HOSTS, OPERATORS, FLOWS))


def gradients(network: HostWithSlots) -> dict[str, torch.Tensor | None]:
    return {
        name: None if p.grad is None else p.grad.clone()
        for name, p in network.named_parameters()
        if name.startswith("host.")
    }


def trained(
    network: HostWithSlots, seed: int = 0
) -> tuple[torch.Tensor, dict[str, torch.Tensor | None]]:
    """Output and host gradients of a training pass."""
    inputs, targets = batch(seed)
    network.train().zero_grad(set_to_none=True)
    torch.manual_seed(7)
    output = network(inputs)
    cross_entropy(output, targets).backward()
    return output.detach(), gradients(network)


@pytest.mark.parametrize(("host", "operator", "flow"), EVERY)
def test_alpha_0_is_the_host_to_the_bit_in_every_flow(host, operator, flow) -> None:
    plain, network = growing(host).eval(), growing(host).eval()
    for place in network.places:
        seed = plant(network, place, operator)
        network.slot(place).flow, network.slot(place).shares["s0"] = flow, 0.6
        with torch.no_grad():
            bias = last_of(seed).bias
            assert bias is not None
            bias.fill_(math.inf)  # what x + 0 s would not survive
    inputs, _ = batch()
    wanted = plain(inputs)
    zeros = torch.zeros(len(inputs))
    for alpha in (0.0, zeros):
        override = dict.fromkeys(network.places, alpha)
        assert torch.equal(dosed(network, inputs, override), wanted)
        by_seed = {f"{place}/s0": alpha for place in network.places}
        assert torch.equal(dosed(network, inputs, by_seed), wanted)


@pytest.mark.parametrize(("host", "operator", "flow"), EVERY)
def test_the_override_reaches_the_output_for_each_example(host, operator, flow) -> None:
    network = growing(host).eval()
    place = network.places[0]
    plant(network, place, operator)
    network.slot(place).flow, network.slot(place).shares["s0"] = flow, 0.6
    inputs, _ = batch()
    shares = torch.tensor([0.0, 0.3, 0.6, 0.8, 1.0])
    mixed = dosed(network, inputs, {place: shares})
    for row, share in enumerate(shares.tolist()):
        alone = dosed(network, inputs, {place: share})[row]
        torch.testing.assert_close(mixed[row], alone)
    assert not torch.allclose(mixed[4], dosed(network, inputs, {place: 0.0})[4])
    expected = dosed(network, inputs, {place: 0.6 if flow == "open" else 0.0})
    torch.testing.assert_close(network(inputs), expected)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("host", HOSTS)
def test_a_seed_that_corrects_nothing_yet_is_the_identity_to_the_bit(host, operator) -> None:
    plain, network = growing(host).eval(), growing(host).eval()
    for place in network.places:
        plant(network, place, operator, zero=True)
        network.slot(place).flow, network.slot(place).shares["s0"] = "open", 0.3
    inputs, _ = batch()
    wanted = plain(inputs)
    assert torch.equal(network(inputs), wanted)
    shares = torch.tensor([0.0, 0.3, 0.6, 0.8, 1.0])
    assert torch.equal(dosed(network, inputs, dict.fromkeys(network.places, shares)), wanted)


@pytest.mark.parametrize("flow", ["closed", "listening", "shadow", "straight_through"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("host", HOSTS)
def test_incubation_leaves_the_host_as_it_was_to_the_bit(host, seed, flow) -> None:
    """Outputs, gradients and buffers, over several steps of training; both have dropout."""
    plain, network = growing(host, seed), growing(host, seed)
    planted = plant(network, network.places[0], dropout=0.3)
    network.slot(network.places[0]).flow = flow
    optimisers = [torch.optim.SGD(n.host.parameters(), 0.1) for n in (plain, network)]
    for step in range(3):
        wanted, grads = trained(plain, step)
        found, own = trained(network, step)
        assert torch.equal(found, wanted)
        assert own.keys() == grads.keys()
        torch.testing.assert_close(own, grads, rtol=0, atol=0)
        if flow == "shadow":
            inputs, targets = batch(step)
            loss = cross_entropy(network.shadow(network.places[0], inputs), targets)
            parts = torch.autograd.grad(loss, list(planted.parameters()))
            assert any(part.abs().max() > 0 for part in parts)
        for optimiser in optimisers:
            optimiser.step()
    for (name, one), other in zip(plain.host.named_buffers(), network.host.buffers(), strict=True):
        assert torch.equal(one, other), name
    learns = any(p.grad is not None and p.grad.abs().max() > 0 for p in planted.parameters())
    assert learns == (flow == "straight_through")


@pytest.mark.parametrize("flow", ["listening", "shadow", "straight_through"])
def test_a_seed_is_given_what_leaves_the_slot_though_the_host_works_on_it_in_place(flow) -> None:
    network = growing("repeats").train()
    seed = plant(network, "1")
    network.slot("1").flow = flow
    left: list[torch.Tensor] = []
    given: list[torch.Tensor] = []
    network.host.get_submodule("1").register_forward_hook(lambda _m, _i, h: left.append(h.clone()))
    seed.body.register_forward_hook(lambda _m, inputs, _o: given.append(inputs[0].clone()))
    inputs, _ = batch()
    network(inputs).sum().backward()
    if flow == "shadow":
        network.shadow("1", inputs)
    assert torch.equal(given[0], left[0])
    assert given[0].min() < 0, "behind the activation it would not be"


def test_each_batch_draws_its_own_numbers_in_a_seed_trained_straight_through() -> None:
    network = growing("chain").train()
    seed = plant(network, "2", dropout=0.5)
    network.slot("2").flow = "straight_through"
    corrections: list[torch.Tensor] = []
    seed.body.register_forward_hook(lambda _m, _i, output: corrections.append(output))
    inputs, _ = batch()
    for draws in (1, 1, 2):
        network.slot("2").draws = draws
        network(inputs)
    assert torch.equal(corrections[0], corrections[1])
    assert not torch.equal(corrections[0], corrections[2])


def test_a_shadow_pass_wants_a_seed() -> None:
    with pytest.raises(ValueError, match="2: a slot with a live seed was wanted"):
        growing("chain").shadow("2", batch()[0])


@pytest.mark.parametrize("host", HOSTS)
def test_the_straight_through_gradient_is_that_of_adding_the_correction(host) -> None:
    network = growing(host)
    seed = plant(network, network.places[0], zero=True)
    network.slot(network.places[0]).flow = "straight_through"
    trained(network)
    weight = last_of(seed).weight
    assert weight.grad is not None
    found = weight.grad.clone()
    network.slot(network.places[0]).flow = "open"
    network.slot(network.places[0]).shares["s0"] = 1.0
    trained(network)
    torch.testing.assert_close(found, weight.grad)


def in_shadow(host: str) -> tuple[HostWithSlots, torch.Tensor]:
    """A network with a seed in training in each slot, and inputs for it."""
    network = growing(host)
    for place in network.places:
        plant(network, place)
        network.slot(place).flow = "shadow"
    return network.train(), batch()[0]


@pytest.mark.parametrize("host", HOSTS)
def test_a_shadow_pass_is_the_network_with_the_seed_in(host) -> None:
    network, inputs = in_shadow(host)
    first, last = network.places
    network.eval()
    for place in network.places:  # note the features, and train the seeds
        network.slot(place).train()
    network(inputs)
    twin = copy.deepcopy(network)
    output = network.shadow(first, inputs)
    torch.testing.assert_close(output, dosed(twin, inputs, {first: 1.0, last: 0.0}))
    assert output.requires_grad
    network.shadow(last, inputs)
    with pytest.raises(RuntimeError, match="not have been used|does not require grad"):
        torch.autograd.grad(output.sum(), next(network.host.parameters()))


@pytest.mark.parametrize("host", HOSTS)
def test_behind_a_seed_in_training_the_host_computes_as_in_evaluation(host) -> None:
    """Dropout and batch norm included: the seed is judged and used with running statistics."""
    network, inputs = in_shadow(host)
    first = network.places[0]
    network(inputs)
    twin = copy.deepcopy(network).eval()
    twin.slot(first).seeds.train()
    torch.testing.assert_close(network.shadow(first, inputs), twin.shadow(first, inputs))


@pytest.mark.parametrize("host", HOSTS)
def test_a_shadow_pass_moves_no_statistics_and_disturbs_no_other_seed(host) -> None:
    network, inputs = in_shadow(host)
    first, last = network.places
    network(inputs)
    own = {n for n, _ in network.named_buffers() if n.startswith(f"slots.{first}.seeds.s0")}
    before = {n: b.clone() for n, b in network.named_buffers() if n not in own}
    features = network.slot(last).features
    network.shadow(first, inputs)
    assert all(torch.equal(b, before[n]) for n, b in network.named_buffers() if n not in own)
    assert all(part.training for part in network.modules())
    assert features is not None
    assert network.slot(last).features is features


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("host", HOSTS)
def test_every_layer_of_the_host_still_learns_behind_a_fossil(host, operator) -> None:
    """A seed whose input is cut off would freeze all layers before it for ever."""
    network = growing(host)
    for place in network.places:
        plant(network, place, operator)
        network.slot(place).flow, network.slot(place).shares["s0"] = "open", 1.0
    for alpha in (0.5, 1.0):
        for place in network.places:
            network.slot(place).shares["s0"] = alpha
        _, grads = trained(network)
        assert all(g is not None and g.abs().max() > 0 for n, g in grads.items() if "weight" in n)
    for place in network.places:
        network.slot(place).fossilize()
    _, grads = trained(network)
    assert all(g is not None and g.abs().max() > 0 for n, g in grads.items() if "weight" in n)


def test_a_second_seed_grows_on_a_fossil() -> None:
    network = growing("chain").eval()
    plant(network, "2")
    network.slot("2").shares["s0"] = 1.0
    network.slot("2").fossilize()
    inputs, _ = batch()
    first = network(inputs)
    plant(network, "2")
    network.slot("2").flow = "shadow"
    assert torch.equal(network(inputs), first)
    assert not torch.allclose(dosed(network, inputs, {"2": 1.0}), first)
    assert not torch.allclose(dosed(network, inputs, {"2/s0": 0.0}), first)
    network.slot("2").remove("s0")
    assert torch.equal(network(inputs), growing("chain").eval()(inputs))


@pytest.mark.parametrize("rise", ["linear", "cosine", "sigmoid"])
def test_alpha_rises_from_0_to_1_without_falling(rise) -> None:
    shares = [share_at(rise, step / 50) for step in range(-5, 56)]
    assert shares[:6] == [0.0] * 6
    assert shares[55:] == [1.0] * 6
    assert all(a < b for a, b in itertools.pairwise(shares[5:56]))
    assert share_at(rise, 0.5) == pytest.approx(0.5)


def test_a_recurrent_layer_is_held_constant_without_cudnn_and_nothing_else_is() -> None:
    """cuDNN refuses gradients through one that computes as in evaluation."""
    before = torch.backends.cudnn.enabled
    for module, wanted in ((nn.Linear(2, 2), before), (nn.Sequential(nn.LSTM(2, 2)), False)):
        with held_constant(module):
            assert torch.backends.cudnn.enabled == wanted
        assert torch.backends.cudnn.enabled == before
