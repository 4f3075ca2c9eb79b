# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the channels of a layer go: what they pass through, and the layer that reads them.

A channel of a linear layer or a convolution goes one way where both stand in one `nn.Sequential`,
nested ones counted as one, and what lies between works on each channel by itself. Whether a module
of torch does is asked of its ops (`vynapse.graph.passage`), as for a whole graph; here stands only
which module follows which. All else is a barrier, and so are

- a slot that holds a seed, since seeds mix channels
- modules and parameters that the network uses in several places
- modules with hooks other than a slot's, and modules of others than torch

That a module reaches an `nn.Sequential` of its own as a whole, and no layer in it past the others,
is taken for granted.
"""

from __future__ import annotations

import copy
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from vynapse.esper.kasmina.slot import Slot, slots_behind
from vynapse.graph.passage import Passage, passage
from vynapse.networks.described import identity
from vynapse.networks.modules import FlatInput

Part = tuple[str, nn.Module]
"""A module and its name in the network."""

_SIDES: Final = (8, 256)
"""Sides of the pictures with which a part is tried; the second is for large pools."""
_WIDTH: Final = 3
"""Channels with which a part is tried that has no tensors of its own."""
_ANSWERS: Final[dict[tuple[str, bool], Passage | None]] = {}
"""What was found of parts before; a network has few kinds of them, and is asked at every look."""


@dataclass(frozen=True, slots=True)
class Path:
    """The way of a layer's channels.

    Attributes:
        layer: the layer.
        between: what they pass through.
        norms: those of `between` that hold something for each channel.
        reader: the layer that reads them.
    """

    layer: Part
    between: tuple[Part, ...]
    norms: tuple[Part, ...]
    reader: Part

    @property
    def channels(self) -> int:
        return len(weight_of(self.layer))

    def parameters(self) -> int:
        """That each channel takes with it."""
        own = [p for _, part in (self.layer, *self.norms) for p in part.parameters()]
        whole = sum(p.numel() for p in (*own, weight_of(self.reader)) if p.requires_grad)
        return whole // self.channels


def paths(network: nn.Module) -> dict[str, Path]:
    """The layers by name whose channels may leave, with where these go."""
    parts = Counter(id(part) for _, part in network.named_modules(remove_duplicate=False))
    tensors = Counter(id(p) for _, p in network.named_parameters(remove_duplicate=False))
    found = {}
    for chain in _chains("", network):
        for start, (name, _) in enumerate(chain):
            path = _path(chain[start:])
            if path is None:
                continue
            touched = [part for _, part in (path.layer, *path.norms, path.reader)]
            counts = [parts[id(part)] for part in touched]
            counts += [tensors[id(p)] for part in touched for p in part.parameters()]
            if max(counts) == 1:
                found[name] = path
    return found


def _path(chain: Sequence[Part]) -> Path | None:
    """From the first part of a chain to its reader; None where there is no such path."""
    layer = chain[0][1]
    norms: list[Part] = []
    if not _is_layer(layer):
        return None
    picture = type(layer) is nn.Conv2d
    flat = False
    for index, (name, part) in enumerate(chain[1:], 1):
        if _is_layer(part):
            if (type(part) is nn.Conv2d) is not picture:
                return None
            return Path(chain[0], tuple(chain[1:index]), tuple(norms), chain[index])
        if isinstance(part, Slot):
            if len(part.seeds):
                return None
            continue
        through = None if _hooked(part) else _through(part, picture, None if flat else chain[0])
        if through is None:
            return None
        if hasattr(part, "num_features"):
            norms.append((name, part))
        flat = flat or (picture and through.rank == 2)
        picture = picture and not flat
    return None


def _through(part: nn.Module, picture: bool, layer: Part | None) -> Passage | None:
    """How a part hands on channels; None where it mixes them, or where that is not known.

    Args:
        part: a module without hooks.
        picture: whether a channel is a picture rather than a number.
        layer: the layer whose channels these are; None where they have been flattened.
    """
    own = type(part) is getattr(nn, type(part).__name__, None)
    tensors = any(tensor.dim() for tensor in part.state_dict().values())
    width = getattr(part, "num_features", None)
    if not own or (tensors and width is None):
        return None
    if width is not None and layer is not None and width != len(weight_of(layer)):
        return None  # behind a linear layer over sequences it would norm the places of these
    asked = (identity(part), picture)
    if asked not in _ANSWERS:
        _ANSWERS[asked] = _tried(_copy_of(part), picture, width)
    return _ANSWERS[asked]


def _copy_of(part: nn.Module) -> nn.Module:
    """A part in evaluation mode on the CPU, without the slots behind it."""
    bare = copy.copy(part)
    bare._forward_hooks = OrderedDict()
    return copy.deepcopy(bare).cpu().eval()


def _tried(part: nn.Module, picture: bool, norms: int | None) -> Passage | None:
    """Give a part small inputs and see.

    Args:
        part: a module in evaluation mode.
        picture: whether a channel is a picture rather than a number.
        norms: how many channels it has statistics of; None where it is no norm.
    """
    width = norms or _WIDTH
    held = dict(part.state_dict(keep_vars=True))
    dtype = next((t.dtype for t in held.values() if t.is_floating_point()), torch.float32)

    def ask(*shape: int, axis: int) -> Passage | None:
        return passage(part, torch.zeros(shape, dtype=dtype), axis, held)

    if not picture:
        found = ask(2, width, axis=1)
        # a layer may work on a sequence, whose places a norm would take for channels
        beside = found if norms else ask(2, width - 1, width, axis=2)
        return found if beside is not None and beside.places == 1 else None
    for side in _SIDES:
        found = ask(2, width, side, side, axis=1)
        if found is not None:
            return found if found.rank == 4 or (found.rank == 2 and found.places > 1) else None
    return None


def _is_layer(part: nn.Module) -> bool:
    kind = type(part) is nn.Linear or (type(part) is nn.Conv2d and part.groups == 1)
    return kind and not _hooked(part)


def _chains(name: str, module: nn.Module) -> Iterator[list[Part]]:
    """What data pass through one after the other: the network's sequences, the outermost first."""
    if isinstance(module, Slot):
        seeds = [(key, seed) for key, seed in module.seeds.items() if key != module.live]
        inner = [(f"{name}.seeds.{key}", seed) for key, seed in seeds]
    elif type(module) in (nn.Sequential, FlatInput):
        chain = list(_stations(name, module))
        yield chain
        inner = [(key, part) for key, part in chain if not isinstance(part, Slot)]
    else:
        inner = [(_joined(name, key), part) for key, part in module.named_children()]
    for key, part in inner:
        yield from _chains(key, part)


def _stations(name: str, sequence: nn.Module) -> Iterator[Part]:
    """The parts of a sequence and of those nested in it, and the slots behind them."""
    for key, part in sequence._modules.items():  # named_children passes over repetitions
        if part is None:
            continue
        own = _joined(name, key)
        if type(part) is nn.Sequential and not _hooked(part):
            yield from _stations(own, part)
        else:
            yield own, part
        yield from ((own, hook) for hook in slots_behind(part))


def _hooked(part: nn.Module) -> bool:
    """Whether it has a hook that is no slot's: nobody knows what that looks at."""
    others = len(part._forward_hooks) > len(slots_behind(part))
    return bool(
        others or part._forward_pre_hooks or part._backward_hooks or part._backward_pre_hooks
    )


def weight_of(part: Part) -> Tensor:
    """The weight of a layer."""
    weight = part[1].weight
    if not isinstance(weight, Tensor):
        raise TypeError(f"{part[0]}: a weight was wanted, got {type(weight).__name__}")
    return weight


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key
