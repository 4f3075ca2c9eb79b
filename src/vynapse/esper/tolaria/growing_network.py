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
from vynapse.esper.kasmina.assembly import (
    as_wide,
    assemble,
    bare,
    growing_tensors,
    plant,
    prefix_of,
)
from vynapse.esper.kasmina.at_rest import Form, form_of, taking_part
from vynapse.esper.kasmina.attach import REMEDY, suggested_slots
from vynapse.esper.kasmina.grafts import grafts, planned
from vynapse.esper.kasmina.grown import as_grown
from vynapse.esper.kasmina.plan import SeedPlan, may_draw
from vynapse.esper.kasmina.pruning import Cut, importance, narrow, strongest
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.kasmina.settled import settles
from vynapse.esper.kasmina.slot import Flow
from vynapse.esper.kasmina.trials import FORM, as_data, from_data
from vynapse.esper.kasmina.widening import Loss, Widening, present, take_out, widen
from vynapse.esper.leyline.options import NewChannels, Operator
from vynapse.networks import modules
from vynapse.networks.donor import Donor
from vynapse.networks.flops import module_flops
from vynapse.networks.foreign import state_of
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
        widths: channels of the layers that were pruned, or of an MLP or a CNN widened.
        shapes: shapes of tensors that became longer with a layer whose width no key of the host
            says.
        trials: the layers whose newest channels are on trial, with what their widening did.
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
        self.trials: dict[str, Widening] = {}
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
            hooks = not settles(
                bare(self.host, parts.widths, parts.shapes), slots, input_shape, examples
            )
        known = dict(parts.donors) | planned(donors)
        self.grafts = grafts(parts.donors, donors)
        self._parts = parts.model_copy(
            update={"input_shape": input_shape, "hooks": hooks, "donors": known}
        )
        self._assemble(parts.slots, parts.widths, parts.shapes)
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
        if (key := (slots, dict(self.widths), dict(self.shapes))) != self._formed_of:
            self._form = form_of(
                self.module, self._parts, self.host, self.widths, slots, self.shapes
            )
            self._formed_of = key
        return self._form

    def remove(self, place: str, name: str) -> None:
        """Take a seed out of a slot."""
        self.module.slot(place).remove(name)
        prefix = prefix_of(place, name)
        # its layers are on trial no more, nor is what other layers on trial did to its tensors
        self.trials = {
            layer: present(self.module, made)
            for layer, made in self.trials.items()
            if not layer.startswith(prefix)
        }
        for layer in [layer for layer in self.widths if layer.startswith(prefix)]:
            del self.widths[layer]
        for tensor in [tensor for tensor in self.shapes if tensor.startswith(prefix)]:
            del self.shapes[tensor]

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
        self._resized(layer, channels, [cut.tensor for cut in cuts])
        return len(worth), cuts

    def example(self) -> torch.Tensor:
        """A few inputs of the task, to try the network with."""
        inputs = modules.trial_inputs(self._parts.input_shape, self._examples, 4)
        return self.inputs(inputs.to(self._device))

    def widen(
        self, layer: str, channels: int, choice: NewChannels, seed: int, loss: Loss | None
    ) -> Widening:
        """Give a layer so many channels, the new ones on trial.

        Args:
            layer: its name.
            channels: more than it has.
            choice: what the new channels hold (see `kasmina.widening`).
            seed: the seed of what is drawn.
            loss: the loss of the network on a batch, where the choice wants it.

        Raises:
            ConfigError: it cannot become wider.
        """
        made = widen(
            self.module, layer, channels, self.example(), choice=choice, seed=seed, loss=loss
        )
        self.trials[layer] = made
        self._resized(layer, channels, [edit.tensor for edit in made.edits])
        return made

    def keep(self, layer: str) -> None:
        """The channels of a layer that are on trial are a part of it for good."""
        del self.trials[layer]

    def take_out(self, layer: str) -> Widening:
        """Take the channels of a layer that are on trial out again."""
        made = self.trials.pop(layer)
        take_out(self.module, made)
        self._resized(layer, made.channels[0], [edit.tensor for edit in made.edits])
        return made

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
        return {
            "slots": slots,
            "widths": dict(self.widths),
            "shapes": {name: list(shape) for name, shape in self.shapes.items()},
            "trials": {layer: as_data(made) for layer, made in self.trials.items()},
            "tensors": tensors,
        }

    def load(self, state: State) -> None:
        """Become the network whose `state` this was; the module is built anew."""
        slots = state["slots"].items()
        seeds = {place: [SeedPlan(**plan) for plan in own["seeds"]] for place, own in slots}
        shapes = {name: tuple(shape) for name, shape in state["shapes"].items()}
        self._assemble(seeds, state["widths"], shapes)
        self.trials.update({layer: from_data(made) for layer, made in state["trials"].items()})
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
        return {
            "slots": places,
            "widths": Named(WHOLE),
            "shapes": Named(Listed(WHOLE)),
            "trials": Named(FORM),
            "tensors": ARRAYS,
        }

    def _resized(self, layer: str, channels: int, tensors: Sequence[str]) -> None:
        """Remember how wide a layer is now, and what else that changed."""
        own = layer.removeprefix("host.")
        held = {**dict(self.module.named_parameters()), **dict(self.module.named_buffers())}
        said = own != layer and not self.host.with_widths({own: channels})[1]
        if said or not (layer in self.trials or f"{layer}.weight" in self.shapes):
            self.widths[layer] = channels
            tensors = [name for name in tensors if name in self.shapes]
        for name in tensors:
            self.shapes[name] = tuple(held[name].shape)
        self._settle()

    def _assemble(
        self,
        seeds: Mapping[str, Sequence[SeedPlan]],
        widths: Mapping[str, int],
        shapes: Mapping[str, tuple[int, ...]],
    ) -> None:
        """Make the module anew, all its seeds fossils, its weights yet to be loaded."""
        plans = {place: tuple(seeds.get(place, ())) for place in self._places}
        parts = self._parts.model_copy(
            update={"slots": plans, "widths": dict(widths), "shapes": dict(shapes)}
        )
        with modules.isolated_generators(0):
            self.module = assemble(parts, self._examples)
        self.widths: dict[str, int] = dict(widths)
        self.shapes: dict[str, tuple[int, ...]] = dict(shapes)
        self.trials.clear()
        self._settle()

    def _settle(self) -> None:
        """Bring the module to its device and layout, and count the operations of the host."""
        self._formed_of = None
        host, widths = as_wide(self.host, self.widths)
        with modules.isolated_generators(0):
            module = bare(host, widths)
            made = {f"host.{name}": tuple(t.shape) for name, t in state_of(module).items()}
            self.shapes = {n: shape for n, shape in self.shapes.items() if made.get(n) != shape}
            module = bare(host, widths, self.shapes) if self.shapes else module
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
            if any(name.startswith("host.") for name in (*widths, *self.shapes))
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
