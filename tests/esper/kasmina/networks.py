# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hosts and seeds for tests: chains, a module with branches, and bodies that are not zero."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vynapse.esper.kasmina.attach import HostWithSlots, attach
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.leyline.alpha import AlphaOverride
from vynapse.esper.leyline.options import Operator

SHAPE = (3, 8, 8)


class Body(nn.Module):
    """A convolution with batch norm whose last layer is zero at birth, or is not."""

    def __init__(self, channels: int, *, zero: bool, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.drop = nn.Dropout(dropout)
        self.last = nn.Conv2d(channels, channels, 1)
        if zero:
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, h: Tensor) -> Tensor:
        output: Tensor = self.last(self.drop(torch.relu(self.norm(self.inner(h)))))
        return output


class Branches(nn.Module):
    """No chain: the second part sees the first one's output twice."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.two = nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        h = self.one(x)
        output: Tensor = self.head((h + self.two(h)).mean((2, 3)))
        return output


def chain() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4),
    )  # fmt: skip


def repeats() -> nn.Sequential:
    """The same activation twice, and it works in place on what leaves the slots."""
    relu = nn.ReLU(inplace=True)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), relu,
        nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6), relu,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4),
    )  # fmt: skip


HOSTS: dict[str, tuple[Callable[[], nn.Module], tuple[str, str]]] = {
    "chain": (chain, ("2", "5")),
    "branches": (Branches, ("one", "two")),
    "repeats": (repeats, ("1", "4")),
}


def growing(name: str, seed: int = 0) -> HostWithSlots:
    """A host of this name with its two slots."""
    make, slots = HOSTS[name]
    torch.manual_seed(seed)
    return attach(make(), slots, SHAPE)


def plant(
    network: HostWithSlots,
    place: str,
    operator: Operator = "add",
    *,
    zero: bool = False,
    dropout: float = 0.0,
) -> Seed:
    """A seed in a slot, closed."""
    slot = network.slot(place)
    planted = Seed(Body(slot.shape[0], zero=zero, dropout=dropout), "body", operator, slot.shape)
    name = f"s{len(slot.shares)}"
    slot.plant(name, planted)
    return planted


def last_of(seed: Seed) -> nn.Conv2d:
    """The layer of a planted body that makes its correction."""
    if not isinstance(seed.body, Body):
        raise TypeError(seed.body)
    return seed.body.last


def batch(seed: int = 0, size: int = 5) -> tuple[Tensor, Tensor]:
    """Inputs and classes."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(size, *SHAPE, generator=generator)
    return inputs, torch.randint(0, 4, (size,), generator=generator)


def dosed(network: HostWithSlots, inputs: Tensor, shares: AlphaOverride) -> Tensor:
    """The output with other shares of the seeds."""
    with network.alpha(shares):
        output: Tensor = network(inputs)
    return output
