# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Floating-point operations of one example forward through the parts of a growing network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from torch import nn

from vynapse.core import Cost
from vynapse.esper.kasmina.assembly import participants
from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.networks.flops import module_flops
from vynapse.networks.modules import evaluation_mode


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow pass of one slot.

    Attributes:
        forward: operations of one example forward.
        backward: operations forward through the part that gradients flow through.
    """

    forward: int
    backward: int


@final
class FlopTable:
    """Operations of one example through the present network.

    Args:
        network: the network as it is now; make another table when its seeds change.
    """

    def __init__(self, network: GrowingNetwork) -> None:
        self._growing = network
        self._seeds = {
            (place, name): module_flops(seed, self._network.slot(place).shape)
            for place in self._network.places
            for name, seed in self._network.slot(place).seeds.items()
        }
        self._rests: dict[object, int] = {}

    @property
    def _network(self) -> HostWithSlots:
        return self._growing.module  # another one after a step back

    def network(self) -> int:
        """One example through the host and the seeds that take part."""
        return self._growing.host_flops + sum(
            flops for (place, name), flops in self._seeds.items() if self._takes_part(place, name)
        )

    def seed(self, place: str) -> int:
        """One example through the live seed of a slot."""
        return self._seeds[place, self._network.slot(place).live or ""]

    def shadow(self, place: str, *, features_known: bool) -> Shadow:
        """A shadow pass.

        Args:
            place: the slot's place.
            features_known: a training pass over the same inputs has been made.
        """
        seed = self.seed(place)
        if self._network.rest(place) is None:
            return Shadow(self.network() + seed, self.network() + seed)
        behind = seed + self._rest(place)
        return Shadow(behind if features_known else self.network() + seed, behind)

    def _rest(self, place: str) -> int:
        """One example through what lies behind a slot of a chain."""
        network = self._network  # a seed that blends in takes part once its share is above 0
        present = [(p, seed.name) for p in network.places for seed in participants(network, p)]
        at = place, tuple(present)
        if at not in self._rests:
            rest = nn.Sequential(*(network.rest(place) or ()))
            with evaluation_mode(network):  # slots are no parts of the chain behind them
                self._rests[at] = module_flops(rest, network.slot(place).shape)
        return self._rests[at]

    def _takes_part(self, place: str, name: str) -> bool:
        slot = self._network.slot(place)
        return name != slot.live or slot.flow == "open"


def passes(examples: int, forward: int, backward: int = 0) -> Cost:
    """Cost of examples run forward and, where `backward` is not 0, backward.

    Args:
        examples: how many.
        forward: operations of one forward.
        backward: operations, forward, of the part that is run backward; they count twice.
    """
    back = examples if backward else 0
    return Cost(examples, back, examples * (forward + 2 * backward))
