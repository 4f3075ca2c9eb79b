# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The hosts: what they are made of, where they may grow, and what is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.attach import attach, suggested_slots
from vynapse.esper.kasmina.hosts import residual, transformer
from vynapse.networks.factory import Factory
from vynapse.networks.flops import module_flops
from vynapse.networks.state import initial_state
from vynapse.seeding import Streams

PICTURE, LENGTH, TOKENS = (3, 20, 16), 12, 17


def picture_host() -> nn.Sequential:
    return residual(5, PICTURE, (4, 6, 8))


def text_host() -> nn.Sequential:
    return transformer(TOKENS, (LENGTH,), width=8, heads=2, layers=3)


HOSTS: dict[str, tuple[Callable[[], nn.Sequential], torch.Tensor, int]] = {
    "residual": (picture_host, torch.linspace(-1, 1, 4 * 960).reshape(4, *PICTURE), 5),
    "transformer": (text_host, (torch.arange(4.0 * LENGTH) * 5 % TOKENS).reshape(4, -1), TOKENS),
}
every_host = pytest.mark.parametrize("name", HOSTS)


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("host", "count"),
    [
        (lambda: residual(10, (3, 32, 32)), 95_434),
        (lambda: residual(10, (1, 24, 24), (8, 16, 32)), 6_330),
        (lambda: residual(10, (3, 32, 32), (7,)), 3 * 7 * 16 + 14 + 80),
        # tokens, positions; norm, attention, norm, two layers; norm, outputs
        (lambda: transformer(3, (5,), 4, 2, 1, 2), 12 + 20 + (8 + 80 + 8 + 76) + 8 + 15),
        (lambda: transformer(65, (32,)), 22_401),
    ],
)
def test_hosts_have_as_many_parameters_as_they_say(host, count) -> None:
    assert parameters(host()) == count


def test_children_have_the_names_and_shapes_that_slots_refer_to() -> None:
    host = residual(10, (3, 32, 32))
    assert [name for name, _ in host.named_children()] == ["stem", "stage1", "stage2", "head"]
    places = suggested_slots(host, (3, 32, 32))
    assert places == ("stem", "stage1", "stage2")
    network = attach(host, places, (3, 32, 32))
    assert [network.slot(name).shape for name in network.places] == [
        (32, 16, 16), (64, 8, 8), (128, 4, 4),
    ]  # fmt: skip
    text = transformer(65, (32,), width=16, layers=2)
    assert [name for name, _ in text.named_children()] == ["embed", "block1", "block2", "head"]
    network = attach(text, suggested_slots(text, (32,)), (32,))
    assert network.places == ("block1", "block2")
    assert network.slot("block2").shape == (32, 16)


@every_host
def test_slots_are_real_children_and_a_host_is_a_chain(name: str) -> None:
    make, inputs, outputs = HOSTS[name]
    host = make().eval()
    slots: Any = host.growth_slots
    assert set(slots) <= {child for child, _ in host.named_children()}
    # no subclass: growth then knows what lies behind a slot
    assert type(host) is nn.Sequential
    network = attach(make(), slots, tuple(inputs.shape[1:]))
    assert all(network.rest(slot) for slot in slots)
    assert host(inputs).shape == (4, outputs)


@every_host
def test_a_copy_computes_the_same_and_shares_nothing(name: str) -> None:
    make, inputs, _ = HOSTS[name]
    host = make().eval()
    twin = copy.deepcopy(host)
    shape = tuple(inputs.shape[1:])
    assert suggested_slots(twin, shape) == suggested_slots(host, shape)
    assert torch.equal(twin(inputs), host(inputs))
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(1)
    assert not torch.equal(twin(inputs), host(inputs))
    other = make().eval()
    other.load_state_dict(host.state_dict())
    assert torch.equal(other(inputs), host(inputs))


@every_host
def test_every_parameter_learns(name: str) -> None:
    make, inputs, _ = HOSTS[name]
    torch.manual_seed(0)
    host = make()
    host(inputs).square().sum().backward()
    for key, parameter in host.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().sum() > 0, key


@every_host
@pytest.mark.parametrize("seed", [0, 1])
def test_a_host_is_a_network_as_data(name: str, seed: int) -> None:
    options: dict[str, Any] = {"outputs": 5, "input_shape": list(PICTURE), "widths": [4, 6, 8]}
    if name == "transformer":
        options = {"outputs": TOKENS, "input_shape": [LENGTH], "width": 8}
    structure = Factory(factory=f"vynapse.esper.kasmina.hosts:{name}", options=options)
    network, again = (initial_state(structure, Streams(seed)) for _ in range(2))
    assert network.sha256() == again.sha256()
    assert network.sha256() != initial_state(structure, Streams(seed + 1)).sha256()
    inputs = HOSTS[name][1].numpy()
    assert network.predictor()(inputs).shape == (4, options["outputs"])


def test_the_transformer_sees_every_place_and_their_order() -> None:
    torch.manual_seed(1)
    host = text_host().eval()
    inputs = HOSTS["transformer"][1][:1]
    base = host(inputs)
    for place in range(LENGTH):
        changed = inputs.clone()
        changed[0, place] = (changed[0, place] + 1) % TOKENS
        assert (host(changed) - base).abs().max() > 1e-4, place
    turned = inputs.clone()
    turned[0, :2] = inputs[0, :2].flip(0)
    assert (host(turned) - base).abs().max() > 1e-4


def test_the_transformer_is_read_out_at_the_last_place() -> None:
    head = text_host().get_submodule("head").eval()
    features = torch.randn(2, LENGTH, 8, generator=torch.Generator().manual_seed(3))
    elsewhere = features.clone()
    elsewhere[:, :-1] = 0
    assert torch.equal(head(features), head(elsewhere))
    assert not torch.equal(head(features), head(features.flip(1)))


def test_the_transformer_computes_what_torch_computes() -> None:
    """Attention and block against torch's own layer with the same weights."""
    torch.manual_seed(2)
    block: Any = text_host().get_submodule("block1")
    layer = nn.TransformerEncoderLayer(
        8, 2, 16, 0.0, lambda x: nn.functional.gelu(x, approximate="tanh"),
        batch_first=True, norm_first=True,
    )  # fmt: skip
    norm, attention = block.attention
    norm_2, wide, _, narrow = block.places
    own = layer.self_attn
    pairs = [
        (layer.norm1, norm), (layer.norm2, norm_2), (layer.linear1, wide),
        (layer.linear2, narrow), (own.out_proj, attention.merge),
    ]  # fmt: skip
    for theirs, ours in pairs:
        theirs.load_state_dict(ours.state_dict())
    own.load_state_dict(
        {
            **own.state_dict(),
            "in_proj_weight": attention.project.weight,
            "in_proj_bias": attention.project.bias,
        }
    )
    x = torch.randn(3, LENGTH, 8)
    torch.testing.assert_close(block(x), layer(x))


def test_the_vocabulary_may_differ_from_the_outputs() -> None:
    host = transformer(2, (LENGTH,), vocabulary=9)
    assert host(torch.full((1, LENGTH), 8.0)).shape == (1, 2)
    with pytest.raises(IndexError):
        host(torch.full((1, LENGTH), 9.0))


def test_a_fast_stem_halves_the_picture_before_it_costs_much() -> None:
    """The stem reads the whole picture; all that follows works on a quarter of it or less."""
    host = residual(10, (3, 32, 32))
    stem = 2 * 3 * 16 * 32 * 16 * 16
    stages = 2 * 9 * (32 * 64 * 8 * 8 + 64 * 128 * 4 * 4)
    assert module_flops(host, (3, 32, 32)) == pytest.approx(stem + stages, rel=0.03)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: residual(10, (784,)), r"input_shape: \(channels, height, width\) was wanted, got"),
        (lambda: residual(10, (1, 8, 8), ()), r"widths: one or more, all > 0 was wanted, got \[\]"),
        (lambda: residual(10, (1, 8, 8), (8, 0)), r"widths: one or more, all > 0 was wanted"),
        (
            lambda: transformer(9, (3, 8, 8)),
            r"input_shape: \(length,\) was wanted, got \[3, 8, 8\]",
        ),
        (lambda: transformer(9, (8,), width=8, heads=3), "heads: a divisor of width 8 was wanted"),
        (lambda: transformer(9, (8,), heads=0), "heads: a number > 0 was wanted, got 0"),
        (lambda: transformer(9, (8,), layers=0), "layers: a number > 0 was wanted, got 0"),
        (lambda: transformer(9, (8,), vocabulary=0), "vocabulary: a number > 0 was wanted, got 0"),
    ],
)
def test_what_makes_no_host_is_refused_in_a_sentence(make, sentence) -> None:
    with pytest.raises(ConfigError, match=f"^network.options.{sentence}"):
        make()
