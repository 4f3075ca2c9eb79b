# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Laws of widening: the function stays, undo equals never, and who cannot is told why."""

import copy
from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from tests.esper.kasmina.wide_networks import FAMILIES, ConvNeXt, Residual, network_of
from tests.evidence import many
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.resizing import reshape
from vynapse.esper.kasmina.widening import Widening, take_out, widen, widenable
from vynapse.esper.leyline.options import NewChannels
from vynapse.trainers.moments import carry_over

SEEDS = range(many(sample=4, evidence=40))
CHOICES: tuple[NewChannels, ...] = get_args(NewChannels)


def loss_of(network: nn.Module, x: Tensor) -> Callable[[], Tensor]:
    def loss() -> Tensor:
        output: Tensor = network(x)
        target = torch.linspace(-1, 1, output.numel()).to(output).reshape(output.shape)
        return (output - target).square().mean()

    return loss


def widened(network: nn.Module, x: Tensor, seed: int) -> list[Widening]:
    """Widen each layer that can be, by every choice in turn."""
    found = []
    for number, layer in enumerate(widenable(network, x)[0]):
        choice = CHOICES[(seed + number) % 3]
        channels = layer.channels + 1 + (seed + number) % (2 * layer.channels + 1)
        made = widen(
            network, layer.layer, channels, x, choice=choice, seed=seed, loss=loss_of(network, x)
        )
        found.append(made)
    return found


def copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_function_stays_and_undo_equals_never(family: str, seed: int) -> None:
    network, x = network_of(family, seed)
    network.eval()
    before, held = network(x).detach(), copied(network.state_dict())
    exact = copy.deepcopy(network).double()(x.double()).detach()
    sizes = {n: vars(part).get("out_features") for n, part in network.named_modules()}
    parameters = dict(network.named_parameters())
    widenable(network, x)
    assert all(parameters[n] is p for n, p in network.named_parameters()), "a look changes nothing"
    edits = widened(network, x, seed)
    assert edits
    scale = max(1.0, float(before.abs().max()))
    assert (network(x) - before).abs().max() <= 1e-6 * scale
    doubled = copy.deepcopy(network).double()(x.double())
    assert (doubled - exact).abs().max() <= 1e-12 * scale
    rebuilt, _ = network_of(family, seed)
    shapes = {n: tuple(t.shape) for n, t in network.state_dict().items() if n in changed(edits)}
    reshape(rebuilt, shapes)
    rebuilt.load_state_dict(network.state_dict())
    assert torch.equal(rebuilt.eval()(x), network(x))
    for made in reversed(edits):
        take_out(network, made)
    after = network.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in held.items())
    assert {n: vars(part).get("out_features") for n, part in network.named_modules()} == sizes
    assert torch.equal(network(x), before)


def changed(edits: list[Widening]) -> set[str]:
    return {edit.tensor for made in edits for edit in made.edits}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(many(sample=1, evidence=10)))
def test_parameters_are_counted_and_new_channels_learn(family: str, seed: int) -> None:
    network, x = network_of(family, seed)
    layer = widenable(network, x)[0][0]
    count = sum(p.numel() for p in network.parameters())
    added = 1 + seed % 3
    choice = CHOICES[seed % 3]
    made = widen(
        network, layer.layer, layer.channels + added, x, choice=choice, loss=loss_of(network, x)
    )
    now = sum(p.numel() for p in network.parameters())
    assert now == count + added * layer.parameters
    assert made.channels == (layer.channels, layer.channels + added)
    loss_of(network, x)().backward()
    reading = [edit for edit in made.edits if edit.axis == 1]
    gradients = dict(network.named_parameters())
    new = [gradients[e.tensor].grad.narrow(1, e.before, added) for e in reading]  # type: ignore[union-attr]
    assert any(bool(gradient.any()) for gradient in new)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("make", ["sgd", "adam", "adamw", "rmsprop"])
def test_moments_of_old_entries_stay_to_the_bit(family: str, make: str) -> None:
    network, x = network_of(family, 1)
    makers: dict[str, Callable[[], torch.optim.Optimizer]] = {
        "sgd": lambda: torch.optim.SGD(network.parameters(), 0.01, momentum=0.9),
        "adam": lambda: torch.optim.Adam(network.parameters(), 0.01),
        "adamw": lambda: torch.optim.AdamW(network.parameters(), 0.01),
        "rmsprop": lambda: torch.optim.RMSprop(network.parameters(), 0.01),
    }
    optimizer = makers[make]()
    for _ in range(2):
        optimizer.zero_grad()
        loss_of(network, x)().backward()
        optimizer.step()
    before = dict(network.named_parameters())
    remembered = {n: copied_state(optimizer.state[p]) for n, p in before.items()}
    layer = widenable(network, x)[0][0]
    made = widen(network, layer.layer, layer.channels + 2, x, choice="zero")
    after = dict(network.named_parameters())
    for edit in made.edits:
        if edit.tensor in before:
            old, new = before[edit.tensor], after[edit.tensor]
            carry_over(optimizer, old, new, edit.axis, edit.source)
    for edit in made.edits:
        for key, entry in remembered.get(edit.tensor, {}).items():
            now = optimizer.state[after[edit.tensor]][key]
            if entry.dim():
                assert now.shape == after[edit.tensor].shape
                assert torch.equal(now.narrow(edit.axis, 0, edit.before), entry)
                rest = now.narrow(edit.axis, edit.before, len(edit.source) - edit.before)
                assert not rest.any()
            else:
                assert torch.equal(now, entry)
    loss_of(network, x)().backward()
    optimizer.step()  # it trains the parameters of now


def copied_state(entries: dict[str, object]) -> dict[str, Tensor]:
    return {k: value.clone() for k, value in entries.items() if isinstance(value, Tensor)}


def reason(network: nn.Module, x: Tensor, layer: str) -> str:
    with pytest.raises(ConfigError) as error:
        widen(network, layer, 100, x)
    return str(error.value)


class Fixed(nn.Module):
    """Its own code says how many channels there are."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(3, 8), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.two(torch.relu(self.one(x)).view(-1, 8))
        return output


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)
        self.two.weight = self.one.weight
        self.three = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.three(torch.relu(self.two(torch.relu(self.one(x)))))
        return output


class Own(nn.Module):
    """A matrix of its own reads the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.matrix = nn.Linear(3, 5), nn.Parameter(torch.randn(5, 2))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.one(x)) @ self.matrix


class Root(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.norm, self.two = nn.Linear(3, 5), nn.RMSNorm(5), nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.two(self.norm(self.one(x)))
        return output


class Heads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.attention = nn.Linear(3, 4), nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.one(x)
        output: Tensor = self.attention(h, h, h, need_weights=False)[0]
        return output


@pytest.mark.parametrize(
    ("network", "shape", "layer", "words"),
    [
        (ConvNeXt(3, 4, 5), (2, 3, 4, 4), "stem", "LayerNorm 'norm' mixes its channels"),
        (Root(), (2, 3), "one", "RMSNorm 'norm' mixes its channels"),
        (
            nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.Flatten(), nn.Linear(64, 2)),
            (2, 1, 6, 6), "0", "GroupNorm '1' mixes its channels",
        ),
        (Heads(), (2, 5, 3), "one", "MultiheadAttention 'attention' shares them out"),
        (Tied(), (2, 4), "one", "tied: one.weight is also two.weight"),
        (Own(), (2, 3), "one", "Own, the network, has a part of its channels in matrix"),
        (Fixed(), (4, 3), "one", "cannot compute with more channels: RuntimeError: mat1"),
        (Fixed(), (4, 3), "two", "its channels are the network's output"),
        (Residual(3, 4, 5, depthwise=True), (2, 3, 6, 6), "two", "widen the layer before it"),
        (Residual(3, 4, 5, depthwise=True), (2, 3, 6, 6), "one.3", "wider together with stem"),
        (Fixed(), (4, 3), "on", "no layer 'on' of the network can become wider"),
    ],
)  # fmt: skip
def test_who_cannot_become_wider_is_told_why(
    network: nn.Module, shape: tuple[int, ...], layer: str, words: str
) -> None:
    x = torch.randn(shape)
    held = dict(network.named_parameters())
    assert words in reason(network, x, layer)
    now = dict(network.named_parameters())
    assert all(now[name] is parameter for name, parameter in held.items())
    if layer in dict(network.named_modules()):
        assert layer in widenable(network, x)[1]
        assert not [w for w in widenable(network, x)[0] if w.layer == layer]


def test_the_choice_by_gradients_lowers_the_loss_faster_than_chance() -> None:
    """One step on what reads the new channels, at the same length of it."""
    better = 0
    for seed in range(20):
        network, x = network_of("mlp", 100 + seed)
        layers = widenable(network, x)[0]
        norms = []
        for choice in ("gradient", "zero"):
            made = widen(
                network, layers[0].layer, layers[0].channels + 1, x, choice=choice, seed=seed,
                loss=loss_of(network, x),
            )  # fmt: skip
            network.eval().zero_grad()
            loss_of(network, x)().backward()
            held = dict(network.named_parameters())
            gradients = [held[e.tensor].grad for e in made.edits if e.axis == 1]
            norms.append(float(sum(g[:, -1].norm() for g in gradients if g is not None)))
            take_out(network, made)
        better += norms[0] >= norms[1]
    assert better >= 17


def test_a_network_of_several_inputs_and_outputs() -> None:
    class Several(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.three = nn.Linear(3, 5), nn.Linear(2, 5), nn.Linear(5, 2)

        def forward(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
            h = torch.tanh(self.one(x) + self.two(y))
            return {"logits": self.three(h), "inputs": x}

    network, x = Several(), (torch.randn(3, 3), torch.randn(3, 2))
    before = network(*x)["logits"]
    assert [layer.layer for layer in widenable(network, x)[0]] == ["one"]
    widen(network, "one", 9, x)
    assert network.two.out_features == 9
    assert torch.allclose(network(*x)["logits"], before, atol=1e-6)
