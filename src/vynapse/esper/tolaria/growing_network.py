# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The growing network of a trainer, whole: for checkpoints, rollbacks and winners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Final, final, get_args

import torch

from vynapse.core import Array, State
from vynapse.core.compatible import (
    ARRAYS,
    NUMBER,
    TEXT,
    TEXT_OR_NONE,
    WHOLE,
    Listed,
    Named,
    OneOf,
    refuse_misfit,
)
from vynapse.errors import CheckpointError, ConfigError
from vynapse.esper.kasmina.assembly import assemble, bare, growing_tensors, plant, prefix_of
from vynapse.esper.kasmina.at_rest import Form, as_wide, form_of, taking_part
from vynapse.esper.kasmina.attach import REMEDY, suggested_slots
from vynapse.esper.kasmina.grafts import grafts, planned
from vynapse.esper.kasmina.grown import as_grown
from vynapse.esper.kasmina.plan import SeedPlan, may_draw
from vynapse.esper.kasmina.pruning import Cut, importance, narrow, strongest
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.kasmina.settled import settles
from vynapse.esper.kasmina.slot import Flow
from vynapse.esper.leyline.options import Operator
from vynapse.networks import modules
from vynapse.networks.donor import Donor
from vynapse.networks.flops import module_flops
from vynapse.networks.state import NetworkState
from vynapse.networks.structure import from_json

_SHOWN: Final = 8
"""How many parts of a network a sentence names."""


@final
class GrowingNetwork:
    """A growing network that can be put to rest and rebuilt.

    Args:
        start: the network to grow; one that has grown before keeps its fossils.
        slots: where it may grow; None takes what it suggests.
        input_shape: the shape of one input.
        device: where it lives.
        examples: prepared inputs of the task, to try the network with; see `attach`.
        donors: networks whose copies seeds may begin as, by the names of these blueprints.
        grows: whether it needs a slot. A network that is only trained or pruned does without.

    Attributes:
        module: the host with its slots. It is another one after `load`.
        host: the structure that its host began with.
        widths: channels of the layers that were pruned.
        host_flops: operations of one example through the host alone.
        grafts: the networks that seeds began or may begin as, as blueprints.

    Raises:
        ConfigError: there is no such slot, or nowhere to grow.
    """

    def __init__(
        self,
        start: NetworkState,
        slots: tuple[str, ...] | None,
        input_shape: tuple[int, ...],
        device: torch.device,
        examples: Array | None = None,
        donors: Mapping[str, Donor] = MappingProxyType({}),
        *,
        grows: bool = True,
    ) -> None:
        self._examples = examples
        self._formed_of: object = None  # seeds and widths of the form at rest that is known
        parts = as_grown(start.structure, input_shape)
        self.host, self._device = from_json(parts.host), device
        if slots is None:
            host = modules.build(self.host)
            slots = tuple(
                dict.fromkeys((*parts.slots, *suggested_slots(host, input_shape, examples)))
            )
            if grows and not slots:
                raise ConfigError(
                    "slots: the network has no activation to grow behind: name parts of it whose "
                    f"output is one tensor, {_shown(host)}; or, {REMEDY}"
                )
        if lost := [p for p, plans in parts.slots.items() if plans and p not in slots]:
            raise ConfigError(f"slots: the network has grown at {lost} already: add it to slots")
        self._places = slots
        with modules.isolated_generators(0):
            hooks = not settles(bare(self.host, parts.widths), slots, input_shape, examples)
        known = dict(parts.donors) | planned(donors)
        self.grafts = grafts(parts.donors, donors)
        self._parts = parts.model_copy(
            update={"input_shape": input_shape, "hooks": hooks, "donors": known}
        )
        self._assemble(parts.slots, parts.widths)
        modules.load_tensors(self.module, growing_tensors(parts, start.tensors, self.module))

    def plant(self, place: str, plan: SeedPlan, seed: int) -> Seed:
        """Put a fresh seed into a slot, initialised under `seed`; it does nothing yet."""
        with modules.isolated_generators(seed):
            planted = plant(self.module, place, plan, self.grafts)
        self._lay_out(planted)
        return planted

    def winner(self) -> NetworkState:
        """The network at rest, without seeds that take no part."""
        return self.at_rest().state(self.module)

    def at_rest(self) -> Form:
        """What `winner` is, but for its weights."""
        slots = taking_part(self.module)
        if (key := (slots, dict(self.widths))) != self._formed_of:
            self._form = form_of(self.module, self._parts, self.host, self.widths, slots)
            self._formed_of = key
        return self._form

    def remove(self, place: str, name: str) -> None:
        """Take a seed out of a slot."""
        self.module.slot(place).remove(name)
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
        worth = importance(self.module, layer)
        if not 0 < channels < len(worth):
            raise ValueError(
                f"{layer} has {len(worth)} channels: fewer, and at least 1, were wanted, got "
                f"{channels}"
            )
        cuts = narrow(self.module, layer, strongest(worth, channels))
        self.widths[layer] = channels
        self._settle()
        return len(worth), cuts

    def seed_parameters(self, place: str, name: str) -> int:
        """Trainable values of a seed."""
        seed = self.module.slot(place).seeds[name]
        return sum(p.numel() for p in seed.parameters() if p.requires_grad)

    def stochastic(self) -> bool:
        """Whether a forward pass may draw random numbers."""
        slots = [self.module.slot(place) for place in self.module.places]
        seeds = {slot.seed(name).blueprint for slot in slots for name in slot.seeds}
        return self.host.stochastic() or may_draw(seeds)

    def parameters(self) -> int:
        """Trainable values of the network without its live seeds."""
        live = [
            prefix_of(place, slot.live)
            for place in self.module.places
            if (slot := self.module.slot(place)).live is not None
        ]
        return sum(
            parameter.numel()
            for name, parameter in self.module.named_parameters()
            if parameter.requires_grad and not name.startswith(tuple(live))
        )

    def state(self) -> State:
        """Seeds and tensors, as copies."""
        slots = {}
        for place in self.module.places:
            slot = self.module.slot(place)
            plans = [
                asdict(SeedPlan(name, seed.blueprint, seed.operator, slot.shares[name]))
                for name, seed in slot.seeds.items()
                if isinstance(seed, Seed)
            ]
            slots[place] = {"seeds": plans, "live": slot.live, "flow": slot.flow}
        tensors = modules.to_tensors(self.module)
        return {"slots": slots, "widths": dict(self.widths), "tensors": tensors}

    def load(self, state: State) -> None:
        """Become the network whose `state` this was; the module is built anew."""
        slots = state["slots"].items()
        seeds = {place: [SeedPlan(**plan) for plan in own["seeds"]] for place, own in slots}
        self._assemble(seeds, state["widths"])
        for place, content in slots:
            slot = self.module.slot(place)
            if content["live"] is not None and content["live"] not in slot.seeds:
                raise CheckpointError(
                    f"network: the state does not fit: slots.{place}.live: one of its seeds was "
                    f"wanted, got {content['live']!r}"
                )
            flow: Flow = content["flow"]
            slot.live, slot.flow = content["live"], flow
        tensors: dict[str, Array] = state["tensors"]
        refuse_misfit("network", modules.to_tensors(self.module), tensors)
        modules.load_tensors(self.module, tensors)

    def form(self) -> State:
        """What a state may look like."""
        seed = {
            "name": TEXT,
            "blueprint": TEXT,
            "operator": OneOf(get_args(Operator)),
            "alpha": NUMBER,
        }
        flow = OneOf(get_args(Flow))
        slot = {"seeds": Listed(seed), "live": TEXT_OR_NONE, "flow": flow}
        places = dict.fromkeys(self.module.places, slot)
        return {"slots": places, "widths": Named(WHOLE), "tensors": ARRAYS}

    def _assemble(self, seeds: Mapping[str, Sequence[SeedPlan]], widths: Mapping[str, int]) -> None:
        """Make the module anew, all its seeds fossils, its weights yet to be loaded."""
        plans = {place: tuple(seeds.get(place, ())) for place in self._places}
        parts = self._parts.model_copy(update={"slots": plans, "widths": dict(widths)})
        with modules.isolated_generators(0):
            self.module = assemble(parts, self._examples)
        self.widths: dict[str, int] = dict(widths)
        self._settle()

    def _settle(self) -> None:
        """Bring the module to its device and layout, and count the operations of the host."""
        self._formed_of = None
        host, widths = as_wide(self.host, self.widths)
        with modules.isolated_generators(0):
            module = bare(host, widths)
        self._channels_last = (
            modules.prefers_channels_last(module) and len(self._parts.input_shape) == 3
        )
        self.module.to(self._device)
        self._lay_out(self.module.host)
        for place in self.module.places:
            for seed in self.module.slot(place).seeds.values():
                self._lay_out(seed)
        self.module.train()
        self.host_flops = (
            module_flops(module, self._parts.input_shape, self._examples)
            if any(name.startswith("host.") for name in widths)
            else host.flops(self._parts.input_shape, self._examples)
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


def _shown(host: torch.nn.Module) -> str:
    """The first parts of a host, for a sentence."""
    names = [name for name, _ in host.named_modules() if name]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"it has {', '.join(names[:_SHOWN])}{more}" if names else "it has none"
