# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pruning: channels leave a layer, and the network is physically smaller afterwards.

    prunable(network)                                  # which layers, and of how many channels
    worth = importance(network, "host.0")
    cuts = narrow(network, "host.0", strongest(worth, 8))

`channels` says which channels can leave, and where they go. Without a channel the network computes
what it did with a reader that ignores it. An empty slot on the way becomes narrower too.

Layers within the body of a fossil count as well; those of a live seed do not, because it is being
judged at its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.core import Array
from vynapse.errors import ConfigError, suggestion
from vynapse.esper.kasmina.channels import Part, Path, paths, weight_of
from vynapse.esper.kasmina.slot import Slot
from vynapse.esper.leyline.observation import LayerObservation

_SIZES: Final = (("out_features", "out_channels", "num_features"), ("in_features", "in_channels"))
"""Attributes that tell the size along an axis."""


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


def prunable(network: nn.Module) -> tuple[LayerObservation, ...]:
    """The layers that may become narrower, growing networks' and others'."""
    return tuple(
        LayerObservation(name, path.channels, path.parameters())
        for name, path in paths(network).items()
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
    path = _known(paths(network), name)
    worth = _lengths(weight_of(path.reader).transpose(0, 1), path.channels)
    if not path.norms:
        worth = worth * _lengths(weight_of(path.layer), path.channels)
    elif path.norms[-1][1].affine:
        worth = worth * _lengths(weight_of(path.norms[-1]), path.channels)
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
    return _narrow(_known(paths(network), name), tuple(keep))


def shrink(network: nn.Module, widths: Mapping[str, int]) -> None:
    """Give layers of a network whose weights are yet to be loaded so many channels.

    Raises:
        ConfigError: there is no such layer, or it has fewer channels.
    """
    known = paths(network)
    for name, width in widths.items():
        try:
            _narrow(_known(known, name), tuple(range(width)))
        except ValueError as error:
            raise ConfigError(f"network.options.widths: {error}") from None


def _narrow(path: Path, keep: tuple[int, ...]) -> tuple[Cut, ...]:
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


def _cut(part: Part, axis: int, keep: tuple[int, ...], channels: int) -> Iterator[Cut]:
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


def _known(known: Mapping[str, Path], name: str) -> Path:
    if name not in known:
        hint = suggestion(name, known) if known else ": none can"
        raise ValueError(f"no layer {name!r} of the network can become narrower{hint}")
    return known[name]


def _lengths(weight: Tensor, channels: int) -> Tensor:
    """L2 norms of the rows of each channel: (channels,) float64."""
    rows = weight.detach().double().cpu().reshape(channels, -1)
    lengths: Tensor = torch.linalg.vector_norm(rows, dim=1)
    return lengths


def _shown(keep: tuple[int, ...]) -> str:
    return f"{list(keep)}" if len(keep) <= 10 else f"{len(keep)} numbers from {keep[0]}"
