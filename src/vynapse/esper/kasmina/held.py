# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Isolation `frozen` in a loop that somebody else drives.

While seeds train, the host stands still: its parameters require no gradient, its buffers do not
move, and it computes as in evaluation. A forward pass in training mode has these seeds fully in,
so that the loss of the user's loop trains them. A pass in evaluation mode is that of the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, final

import torch
from torch import nn

from vynapse.esper.kasmina.attach import HostWithSlots
from vynapse.esper.kasmina.isolation import held_constant


@final
class HeldHost:
    """Holds the host of a network, and lets it go again.

    Args:
        network: the host with its slots.
    """

    def __init__(self, network: HostWithSlots) -> None:
        self._network = network
        self._parameters: list[nn.Parameter] = []
        self._hooks: list[Any] = []
        self._places: tuple[str, ...] = ()
        self._inside = ExitStack()

    def hold(self, places: Sequence[str]) -> None:
        """Hold all but the live seeds of these slots; with no slot, let everything go."""
        self.release()
        if not places:
            return
        self._places = tuple(places)
        own = {id(p) for seed in self._seeds() for p in seed.parameters()}
        for parameter in self._network.host.parameters():
            if parameter.requires_grad and id(parameter) not in own:
                parameter.requires_grad = False
                parameter.grad = None
                self._parameters.append(parameter)
        host = self._network.host
        self._hooks = [
            host.register_forward_pre_hook(self._before),
            host.register_forward_hook(self._after, always_call=True),
        ]

    def release(self) -> None:
        """Let the host learn again."""
        for parameter in self._parameters:
            parameter.requires_grad = True
        for hook in self._hooks:
            hook.remove()
        self._parameters, self._hooks, self._places = [], [], ()

    def trainable(self, parameter: nn.Parameter) -> bool:
        """Whether a parameter learns, or will again."""
        return parameter.requires_grad or any(parameter is held for held in self._parameters)

    def _before(self, host: nn.Module, _inputs: Any) -> None:
        if not (host.training and torch.is_grad_enabled()):
            return
        self._inside.enter_context(held_constant(host, but=nn.ModuleList(self._seeds())))
        self._share("open", 1.0)
        self._inside.callback(self._share, "closed", 0.0)

    def _after(self, _host: nn.Module, _inputs: Any, _output: Any) -> None:
        self._inside.close()

    def _share(self, flow: Any, share: float) -> None:
        for place in self._places:
            slot = self._network.slot(place)
            slot.flow, slot.shares[slot.live or ""] = flow, share

    def _seeds(self) -> list[nn.Module]:
        slots = (self._network.slot(place) for place in self._places)
        return [slot.seed(slot.live) for slot in slots if slot.live is not None]
