# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The events from which `tolaria.path` reads what growth went through."""

from __future__ import annotations

from vynapse.esper.kasmina.at_rest import Form
from vynapse.esper.tolaria.growing_network import GrowingNetwork
from vynapse.esper.tolaria.layers import Event
from vynapse.esper.tolaria.path import KIND, whole


def begun(network: GrowingNetwork) -> Event:
    """The event of the network that growth begins with."""
    return _told(network, 0)


def changed(before: Form, network: GrowingNetwork, epoch: int) -> list[Event]:
    """The event of an epoch after which another network would be handed out; else none.

    Args:
        before: what would have been handed out before.
        network: what is now.
        epoch: epochs done.
    """
    one, two = before.structure, network.at_rest().structure
    if one == two or whole(one.as_key()) == whole(two.as_key()):
        return []
    return [_told(network, epoch)]


def _told(network: GrowingNetwork, epoch: int) -> Event:
    form = network.at_rest()
    size, key = form.numbers(network.module), whole(form.structure.as_key())
    return KIND, {"epoch": epoch, "parameters": size, "network": key}
