# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Slots as a part of a user's own module: what its training loop does to it reaches the seeds.

    carry(network)      # network.host.vynapse_growth holds the slots
    put_down(network)   # it is gone again

`parameters()`, `state_dict()`, `to()`, `train()`, `eval()` and gradient clipping of the user's
object then hold for the seeds as well.
"""

from __future__ import annotations

from typing import Any, Final, final

from torch import nn

from vynapse.esper.kasmina.attach import HostWithSlots, slot_key

NAME: Final = "vynapse_growth"
"""What the slots are called among the parts of the user's module."""


@final
class Carried(nn.ModuleDict):
    """Slots by key. It passes on what it is given: an `nn.Sequential` calls each of its parts."""

    def forward(self, given: Any) -> Any:
        """What was given."""
        return given


def carry(network: HostWithSlots) -> None:
    """Make the slots a part of the host."""
    network.host.add_module(NAME, Carried(dict(network.slots.items())))


def put_down(network: HostWithSlots) -> None:
    """Take the slots out of the host's parts; they go on following theirs by hooks."""
    del network.host._modules[NAME]


def carried_name(place: str, seed: str) -> str:
    """What the names of a seed's parameters begin with in the user's module."""
    return f"{NAME}.{slot_key(place)}.seeds.{seed}."
