# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pruning: channels leave a layer, and the network is physically smaller afterwards.

    prunable(network)                                  # which layers, and of how many channels
    worth = importance(network, "host.0")
    cuts = narrow(network, "host.0", strongest(worth, 8))

A channel of a linear layer or a convolution may leave where all that ever reads it is one other
such layer. Both stand in one `nn.Sequential`, nested ones counted as one, and what lies between
them works on each channel by itself. Without the channel the network computes what it did with a
reader that ignores it. All else is a barrier, and so are

- a slot that holds a seed, since seeds mix channels; an empty slot becomes narrower too
- modules and parameters that the network uses in several places
- modules with hooks other than a slot's

Layers within the body of a fossil count as well; those of a live seed do not, because it is being
judged at its size. That a module reaches an `nn.Sequential` of its own as a whole, and no layer in
it past the others, is taken for granted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.core import Array
from vynapse.errors import ConfigError, suggestion
from vynapse.esper.kasmina.slot import Slot, slots_behind
from vynapse.esper.leyline.observation import LayerObservation
from vynapse.networks.modules import FlatInput

_POINTWISE: Final = frozenset(
    {nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish,
     nn.Softplus, nn.Softsign, nn.Tanh, nn.Sigmoid, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
     nn.Identity, nn.Dropout}
)  # fmt: skip
_OF_PICTURES: Final = frozenset(
    {nn.BatchNorm2d, nn.Dropout2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d,
     nn.AdaptiveMaxPool2d}
)  # fmt: skip
_NORMS: Final = (nn.BatchNorm1d, nn.BatchNorm2d)
_SIZES: Final = (("out_features", "out_channels", "num_features"), ("in_features", "in_channels"))
"""Attributes that tell the size along an axis."""

_Part = tuple[str, nn.Module]
"""A module and its name in the network."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a parameter or buffer.

    Attributes:
        tensor: its name in the network.
        axis: along which it is shorter than before.
        keep: indices along that axis of what stayed, ascending.
    """

    tensor: str
    axis: int
    keep: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Path:
    """A layer, what its channels pass through, and the layer that reads them."""

    layer: _Part
    between: tuple[_Part, ...]
    reader: _Part

    @property
    def channels(self) -> int:
        return len(_weight(self.layer))

    @property
    def norms(self) -> list[_Part]:
        return [part for part in self.between if isinstance(part[1], _NORMS)]

    def parameters(self) -> int:
        """That each channel takes with it."""
        own = [p for _, part in (self.layer, *self.norms) for p in part.parameters()]
        whole = sum(p.numel() for p in (*own, _weight(self.reader)) if p.requires_grad)
        return whole // self.channels


def prunable(network: nn.Module) -> tuple[LayerObservation, ...]:
    """The layers that may become narrower, growing networks' and others'."""
    return tuple(
        LayerObservation(name, path.channels, path.parameters())
        for name, path in _paths(network).items()
    )


def importance(network: nn.Module, name: str) -> Array:
    """What each channel of a layer is worth to the network, relative to the others of that layer.

    Its size times the L2 norm of the weights that read it: a channel that nothing reads is worth 0.
    Its size is the gain of the last batch norm behind it (Liu et al. 2017, Learning efficient
    convolutional networks through network slimming, ICCV), which takes out the size of the weights
    before it. Without a batch norm it is the norm of its own weights (Li et al. 2017, Pruning
    filters for efficient convnets, ICLR; there L1).

    Returns:
        (channels,) float64.

    Raises:
        ValueError: there is no such layer in `prunable`.
    """
    path = _known(_paths(network), name)
    worth = _lengths(_weight(path.reader).transpose(0, 1), path.channels)
    if not path.norms:
        worth = worth * _lengths(_weight(path.layer), path.channels)
    elif path.norms[-1][1].affine:
        worth = worth * _lengths(_weight(path.norms[-1]), path.channels)
    found: Array = worth.numpy()
    return found


def strongest(worth: Array, channels: int) -> tuple[int, ...]:
    """The channels of the highest importance, ascending; among equals the first."""
    order = np.argsort(-worth, kind="stable")
    return tuple(sorted(order[:channels].tolist()))


def narrow(network: nn.Module, name: str, keep: Sequence[int]) -> tuple[Cut, ...]:
    """Take channels out of a layer, and out of all that they pass through and are read by.

    Shorter parameters of the same names take the places of those there were; modules stay.

    Args:
        network: changed in place.
        name: the layer's name.
        keep: numbers of the channels that stay, ascending.

    Returns:
        What is left of which tensor.

    Raises:
        ValueError: there is no such layer in `prunable`, or `keep` is not some of its channels.
    """
    return _narrow(_known(_paths(network), name), tuple(keep))


def shrink(network: nn.Module, widths: Mapping[str, int]) -> None:
    """Give layers of a network whose weights are yet to be loaded so many channels.

    Raises:
        ConfigError: there is no such layer, or it has fewer channels.
    """
    paths = _paths(network)
    for name, width in widths.items():
        try:
            _narrow(_known(paths, name), tuple(range(width)))
        except ValueError as error:
            raise ConfigError(f"network.options.widths: {error}") from None


def _narrow(path: _Path, keep: tuple[int, ...]) -> tuple[Cut, ...]:
    channels = path.channels
    if not keep or list(keep) != sorted(set(keep)) or keep[0] < 0 or keep[-1] >= channels:
        raise ValueError(
            f"{path.layer[0]}: some of its {channels} channels in ascending order were wanted, "
            f"got {_shown(keep)}"
        )
    cuts = [*_cut(path.layer, 0, keep, channels)]
    for norm in path.norms:
        cuts += _cut(norm, 0, keep, channels)
    cuts += _cut(path.reader, 1, keep, channels)
    for _, part in path.between:
        if isinstance(part, Slot):
            part.shape = _narrowed(part.shape, channels, len(keep))
    return tuple(cuts)


def _cut(part: _Part, axis: int, keep: tuple[int, ...], channels: int) -> Iterator[Cut]:
    """Shorten each tensor of a module that has the axis."""
    name, module = part
    own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    for key, tensor in own:
        if tensor.dim() <= axis:  # a bias has no inputs, a count of batches no channels
            continue
        each = tensor.shape[axis] // channels  # the places of a picture that was flattened
        rows = tuple(channel * each + place for channel in keep for place in range(each))
        shorter = tensor.detach().index_select(axis, torch.tensor(rows, device=tensor.device))
        if isinstance(tensor, nn.Parameter):
            shorter = nn.Parameter(shorter, tensor.requires_grad)
        setattr(module, key, shorter)
        yield Cut(f"{name}.{key}", axis, rows)
    for attribute in _SIZES[axis]:
        if hasattr(module, attribute):
            setattr(module, attribute, getattr(module, attribute) // channels * len(keep))


def _narrowed(shape: tuple[int, ...], before: int, after: int) -> tuple[int, ...]:
    """The shape of the features in an empty slot after a cut."""
    if len(shape) == 3:
        return (after, *shape[1:])
    return (*shape[:-1], shape[-1] // before * after)


def _paths(network: nn.Module) -> dict[str, _Path]:
    """The layers by name whose channels may leave, with where these go."""
    parts = Counter(id(part) for _, part in network.named_modules(remove_duplicate=False))
    tensors = Counter(id(p) for _, p in network.named_parameters(remove_duplicate=False))
    paths = {}
    for chain in _chains("", network):
        for start, (name, _) in enumerate(chain):
            path = _path(chain[start:])
            if path is None:
                continue
            touched = [part for _, part in (path.layer, *path.norms, path.reader)]
            counts = [parts[id(part)] for part in touched]
            counts += [tensors[id(p)] for part in touched for p in part.parameters()]
            if max(counts) == 1:
                paths[name] = path
    return paths


def _path(chain: Sequence[_Part]) -> _Path | None:
    """From the first part of a chain to its reader; None where there is no such path."""
    layer = chain[0][1]
    if not _is_layer(layer):
        return None
    picture = type(layer) is nn.Conv2d
    for index, (_, part) in enumerate(chain[1:], 1):
        if _is_layer(part):
            if (type(part) is nn.Conv2d) is not picture:
                return None
            return _Path(chain[0], tuple(chain[1:index]), chain[index])
        if picture and _flattens(part):
            picture = False
        elif not _lets_through(part, layer, picture):
            return None
    return None


def _lets_through(part: nn.Module, layer: nn.Module, picture: bool) -> bool:
    """Whether it works on each channel of `layer` by itself."""
    if isinstance(part, Slot):
        return not len(part.seeds)
    if _hooked(part) or getattr(part, "return_indices", False):
        return False
    if type(part) is nn.BatchNorm1d and not picture:
        # behind a linear layer over sequences it would norm the places of these
        return type(layer) is nn.Conv2d or part.num_features == len(_weight(("", layer)))
    return type(part) in _POINTWISE or (picture and type(part) in _OF_PICTURES)


def _is_layer(part: nn.Module) -> bool:
    kind = type(part) is nn.Linear or (type(part) is nn.Conv2d and part.groups == 1)
    return kind and not _hooked(part)


def _flattens(part: nn.Module) -> bool:
    return (
        type(part) is nn.Flatten and (part.start_dim, part.end_dim) == (1, -1) and not _hooked(part)
    )


def _chains(name: str, module: nn.Module) -> Iterator[list[_Part]]:
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


def _stations(name: str, sequence: nn.Module) -> Iterator[_Part]:
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


def _known(paths: Mapping[str, _Path], name: str) -> _Path:
    if name not in paths:
        hint = suggestion(name, paths) if paths else ": none can"
        raise ValueError(f"no layer {name!r} of the network can become narrower{hint}")
    return paths[name]


def _weight(part: _Part) -> Tensor:
    weight = part[1].weight
    if not isinstance(weight, Tensor):
        raise TypeError(f"{part[0]}: a weight was wanted, got {type(weight).__name__}")
    return weight


def _lengths(weight: Tensor, channels: int) -> Tensor:
    """L2 norms of the rows of each channel: (channels,) float64."""
    rows = weight.detach().double().cpu().reshape(channels, -1)
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1)
    return lengths


def _shown(keep: tuple[int, ...]) -> str:
    return f"{list(keep)}" if len(keep) <= 10 else f"{len(keep)} numbers from {keep[0]}"


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key
