# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The growing network of a trainer, whole: for checkpoints, rollbacks and winners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import final

import torch

from vynapse.core import Array, State
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.attach import suggested_slots
from vynapse.esper.kasmina.grown import (
    Grown,
    SeedPlan,
    as_state,
    as_wide,
    assemble,
    bare,
    host_tensors,
    plant,
    prefix_of,
    take_apart,
)
from vynapse.esper.kasmina.pruning import Cut, importance, narrow, strongest
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.kasmina.slot import Flow
from vynapse.networks import modules
from vynapse.networks.flops import module_flops
from vynapse.networks.state import NetworkState


@final
class Body:
    """A growing network that can be put to rest and rebuilt.

    Args:
        start: the network to grow; one that has grown before keeps its fossils.
        slots: where it may grow; None takes what it suggests.
        input_shape: of one input.
        device: where it lives.

    Attributes:
        network: the module. It is another one after `load`.
        host: structure that its host began with.
        widths: channels of the layers that were pruned.
        host_flops: operations of one example through the host alone.

    Raises:
        ConfigError: there is no such slot, or nowhere to grow.
    """

    def __init__(
        self,
        start: NetworkState,
        slots: tuple[str, ...] | None,
        input_shape: tuple[int, ...],
        device: torch.device,
    ) -> None:
        parts = take_apart(start)
        self.host, self._input_shape, self._device = parts.host, input_shape, device
        if slots is None:
            host = modules.build(parts.host)
            slots = tuple(dict.fromkeys((*parts.slots, *suggested_slots(host, input_shape))))
            if not slots:
                names = ", ".join(name for name, _ in host.named_modules() if name)
                raise ConfigError(
                    "slots: the network has no activation to grow behind: name some of its parts, "
                    f"which are {names}"
                )
        if lost := [p for p, plans in parts.slots.items() if plans and p not in slots]:
            raise ConfigError(f"slots: the network has grown at {lost} already: add it to slots")
        self._places = slots
        self._assemble(parts.slots, parts.widths)
        modules.load_tensors(self.network, host_tensors(start))

    def plant(self, place: str, plan: SeedPlan, seed: int) -> Seed:
        """Put a fresh seed into a slot, initialised under `seed`; it does nothing yet."""
        with modules.isolated_generators(seed):
            planted = plant(self.network, place, plan)
        self._lay_out(planted)
        return planted

    def winner(self) -> NetworkState:
        """The network at rest, without seeds that take no part."""
        tensors = modules.to_tensors(self.network)
        return as_state(self.network, self.host, self.widths, self._input_shape, tensors)

    def remove(self, place: str, name: str) -> None:
        """Take a seed out of a slot."""
        self.network.slot(place).remove(name)
        prefix = prefix_of(place, name)
        for layer in [layer for layer in self.widths if layer.startswith(prefix)]:
            del self.widths[layer]

    def narrow(self, layer: str, channels: int) -> tuple[int, tuple[Cut, ...]]:
        """Leave a layer so many of its channels, the most important ones.

        Returns:
            How many it had, and what is left of which tensor.

        Raises:
            ValueError: there is no such layer, or it has no more channels than that.
            ConfigError: the network cannot compute without them.
        """
        worth = importance(self.network, layer)
        if not 0 < channels < len(worth):
            raise ValueError(
                f"{layer} has {len(worth)} channels: fewer, and at least 1, were wanted, got "
                f"{channels}"
            )
        cuts = narrow(self.network, layer, strongest(worth, channels))
        self.widths[layer] = channels
        self._settle()
        return len(worth), cuts

    def seed_parameters(self, place: str, name: str) -> int:
        """Trainable values of a seed."""
        seed = self.network.slot(place).seeds[name]
        return sum(p.numel() for p in seed.parameters() if p.requires_grad)

    def parameters(self) -> int:
        """Trainable values of the network without its live seeds."""
        live = [
            prefix_of(place, slot.live)
            for place in self.network.places
            if (slot := self.network.slot(place)).live is not None
        ]
        return sum(
            parameter.numel()
            for name, parameter in self.network.named_parameters()
            if parameter.requires_grad and not name.startswith(tuple(live))
        )

    def state(self) -> State:
        """Seeds and tensors, as copies."""
        slots = {}
        for place in self.network.places:
            slot = self.network.slot(place)
            plans = [
                asdict(SeedPlan(name, seed.blueprint, seed.operator, slot.shares[name]))
                for name, seed in slot.seeds.items()
                if isinstance(seed, Seed)
            ]
            slots[place] = {"seeds": plans, "live": slot.live, "flow": slot.flow}
        tensors = modules.to_tensors(self.network)
        return {"slots": slots, "widths": dict(self.widths), "tensors": tensors}

    def load(self, state: State) -> None:
        """Become the network whose `state` this was; the module is built anew."""
        slots = state["slots"].items()
        seeds = {place: [SeedPlan(**plan) for plan in own["seeds"]] for place, own in slots}
        self._assemble(seeds, state["widths"])
        for place, content in slots:
            slot = self.network.slot(place)
            flow: Flow = content["flow"]
            slot.live, slot.flow = content["live"], flow
        tensors: dict[str, Array] = state["tensors"]
        modules.load_tensors(self.network, tensors)

    def _assemble(self, seeds: Mapping[str, Sequence[SeedPlan]], widths: Mapping[str, int]) -> None:
        """Make the module anew, all its seeds fossils, its weights yet to be loaded."""
        plans = {place: seeds.get(place, ()) for place in self._places}
        with modules.isolated_generators(0):
            self.network = assemble(Grown(self.host, plans, widths), self._input_shape)
        self.widths: dict[str, int] = dict(widths)
        self._settle()

    def _settle(self) -> None:
        """Bring the module to its device and layout, and count the operations of the host."""
        host, widths = as_wide(self.host, self.widths)
        module = bare(host, widths)
        self._channels_last = modules.prefers_channels_last(module) and len(self._input_shape) == 3
        self.network.to(self._device)
        self._lay_out(self.network.host)
        for place in self.network.places:
            for seed in self.network.slot(place).seeds.values():
                self._lay_out(seed)
        self.network.train()
        self.host_flops = (
            module_flops(module, self._input_shape)
            if any(name.startswith("host.") for name in widths)
            else host.flops(self._input_shape)
        )

    def _lay_out(self, part: torch.nn.Module) -> None:
        """Let convolutions work channels last, but not those of a module of the user's."""
        if self._channels_last and modules.prefers_channels_last(part):
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def inputs(self, batch: torch.Tensor) -> torch.Tensor:
        """A batch in the layout that the network works in."""
        if self._channels_last:
            return batch.contiguous(memory_format=torch.channels_last)
        return batch
