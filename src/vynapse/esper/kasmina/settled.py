# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A grown network as it is handed out: the host itself, with its fossils as ordinary submodules.

    module = settle(network)        # a HostWithSlots whose seeds are all fossils -> its host
    module(x)                       # called as the host is, by position or by name

Each part of the host behind which something has grown is replaced by a `GrownPart`, which calls it
and then the fossils. There are no hooks, and the forward method is the host's own. What can be
traced, scripted or exported of the host can be of the module: `torch.fx.symbolic_trace`,
`torch.jit.script`, `torch.export` and ONNX with a free batch.

Parameters of the host keep their names, but for "part" where a grown part begins:

    while it grows                              at rest
    host.stem.0.weight                          stem.0.weight
    host.stage1.0.weight                        stage1.part.0.weight
    slots.stage1.seeds.s0.body.residual.0.weight
                                                stage1.seeds.s0.body.residual.0.weight
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from vynapse.core import Array
from vynapse.errors import ConfigError
from vynapse.esper.kasmina.attach import HostWithSlots, attach_by, slot_key, trial_pass
from vynapse.esper.kasmina.seed import Seed
from vynapse.esper.kasmina.slot import Slot


@final
class Fossil(nn.Module):
    """A seed at rest: features (batch, *shape) -> features with its share of the correction.

    It computes what `Seed` does at this share, by the same operations.

    Args:
        seed: its body and gate are taken over.
        share: alpha, above 0.
    """

    def __init__(self, seed: Seed, share: float) -> None:
        super().__init__()
        self.body, self.gate = seed.body, seed.gate
        self.share, self.interpolates = share, seed.operator == "interpolate"

    def forward(self, h: Tensor) -> Tensor:
        correction = self.body(h)
        if self.gate is not None:
            correction = self.gate(h) * correction
        if self.interpolates:
            return torch.lerp(h, h + correction, self.share)
        output: Tensor = h + self.share * correction
        return output


class GrownPart(nn.Module):
    """A part of a network that is called with one argument, and the fossils that follow it.

    Attributes that it has not are those of the part.
    """

    def __init__(self, part: nn.Module, seeds: nn.Sequential) -> None:
        super().__init__()
        self.part, self.seeds = part, seeds

    def forward(self, input: Tensor) -> Tensor:
        output: Tensor = self.seeds(self.part(input))
        return output

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("part"), name)


@final
class CalledPart(GrownPart):
    """A grown part that is called with several arguments, or by their names."""

    def forward(self, *inputs: Any, **named: Any) -> Tensor:
        output: Tensor = self.seeds(self.part(*inputs, **named))
        return output


def settle(network: HostWithSlots) -> nn.Module:
    """The host with its fossils in it; `network` must not be used afterwards.

    Args:
        network: whose seeds are all fossils.
    """
    host = network.host
    parts = {place: host.get_submodule(place) for place in network.places}
    for place, part in parts.items():
        slot = network.slot(place)
        _unhook(part, slot)
        if slot.shares:
            seeds = nn.Sequential()
            for name, share in slot.shares.items():
                seeds.add_module(name, Fossil(slot.seed(name), share))
            seeds.train(network.training)
            _replace(host, part, _wrapped(part, seeds, plain=place in network.plain))
    return host


def settles(
    host: nn.Module,
    places: Sequence[str],
    input_shape: tuple[int, ...],
    examples: Array | None = None,
) -> bool:
    """Whether the host calls all its parts where `settle` would put others; it is changed by that.

    A host may hold a part in a list of its own, look at its type, or pass it by and use its
    weights. Then a fossil has to follow the part by a hook.

    Args:
        host: one that nobody needs afterwards.
        places: names of the parts.
        input_shape: the shape of one input.
        examples: prepared inputs; see `attach`.
    """
    return settles_by(host, places, lambda: trial_pass(host, input_shape, examples=examples))


def settles_by(host: nn.Module, places: Sequence[str], trial: Callable[[], object]) -> bool:
    """Do what `settles` does, for a host that takes anything.

    Args:
        host, places: see `settles`.
        trial: calls the host once for two examples.
    """
    network = attach_by(host, places, trial)
    calls: list[str] = []
    for place, part in {place: host.get_submodule(place) for place in places}.items():
        _unhook(part, network.slot(place))
        wrapped = _wrapped(part, nn.Sequential(_Noting(place, calls)), plain=place in network.plain)
        _replace(host, part, wrapped)
    try:
        trial()
    except ConfigError:
        return False
    return sorted(calls) == sorted(places)


def names_at_rest(host: nn.Module, grown: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """What tensors of a growing network are called in the settled one.

    Args:
        host: the host of the growing network, or another of the same structure.
        grown: places that fossils follow.
        names: names of tensors of the growing network.

    Returns:
        By the name at rest, that of the same tensor while the network grows. A tensor of a part
        that the host has under two names has two names at rest.
    """
    parts = {id(host.get_submodule(place)): place for place in grown}
    paths = {
        path: parts[id(module)]
        for path, module in host.named_modules(remove_duplicate=False)
        if id(module) in parts
    }
    names = list(names)
    found = {
        _below(paths, name.removeprefix("host.")): name
        for name in names
        if name.startswith("host.")
    }
    for path, place in paths.items():
        prefix = f"slots.{slot_key(place)}."
        for name in names:
            if name.startswith(prefix):
                whole = _below(paths, path).removesuffix(".part")
                found[f"{whole}.{name.removeprefix(prefix)}"] = name
    return found


def _below(paths: Mapping[str, str], name: str) -> str:
    """A name of the host's in the settled network."""
    pieces, path = [], ""
    for piece in name.split("."):
        path = f"{path}.{piece}" if path else piece
        pieces += [piece, "part"] if path in paths else [piece]
    return ".".join(pieces)


def _wrapped(part: nn.Module, seeds: nn.Sequential, *, plain: bool) -> GrownPart:
    wrapped = (GrownPart if plain else CalledPart)(part, seeds)
    wrapped.training = part.training
    return wrapped


def _replace(host: nn.Module, part: nn.Module, other: nn.Module) -> None:
    """Put another module in the place of a part, or in its places where it has several names."""
    for parent in list(host.modules()):
        for key, child in parent._modules.items():
            if child is part:
                parent._modules[key] = other


def _unhook(part: nn.Module, slot: Slot) -> None:
    for key, hook in list(part._forward_hooks.items()):
        if getattr(hook, "__self__", None) is slot:
            del part._forward_hooks[key]


@final
class _Noting(nn.Module):
    """Passes on what it is given, and notes that it was called."""

    def __init__(self, place: str, calls: list[str]) -> None:
        super().__init__()
        self._place, self._calls = place, calls

    def forward(self, h: Tensor) -> Tensor:
        self._calls.append(self._place)
        return h
