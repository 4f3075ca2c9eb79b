# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tensors of other sizes in the places of those there were; modules stay, and tell their size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.tied import CONVOLUTIONS, NORMS, owner_of


@dataclass(frozen=True, slots=True)
class Edit:
    """What a parameter or buffer was made of.

    Attributes:
        tensor: its name in the network.
        axis: along which it has another size than before.
        source: for each index along that axis, the old index whose entry stands there, or whose
            copy; -1 where the entry is new.
        before: its size along that axis before.
        folds: whether entries beyond `before` are shares of their sources: taken out, they are
            added to these again.
    """

    tensor: str
    axis: int
    source: tuple[int, ...]
    before: int
    folds: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A tensor as it was, and the sizes that its module told."""

    tensors: Mapping[str, Tensor]
    sizes: Mapping[str, Mapping[str, int]]


def place(network: nn.Module, name: str, values: Tensor) -> None:
    """Put values in the place of a tensor; a parameter becomes a new parameter."""
    owner, own = owner_of(name)
    part = network.get_submodule(owner)
    old = getattr(part, own)
    new = values.detach().to(device=old.device, dtype=old.dtype).contiguous()
    setattr(part, own, nn.Parameter(new, old.requires_grad) if _is_parameter(old) else new)


def tell_sizes(part: nn.Module) -> None:
    """Let a module's attributes say the sizes that its tensors have."""
    weight = part._parameters.get("weight")
    if isinstance(part, NORMS):
        held = weight if weight is not None else part.running_mean
        if held is not None:
            part.num_features = len(held)
    elif weight is None:
        return
    elif isinstance(part, nn.Linear):
        part.out_features, part.in_features = weight.shape
    elif isinstance(part, CONVOLUTIONS):
        if part.groups > 1 and part.groups == part.in_channels:
            part.groups = len(weight)
        part.out_channels, part.in_channels = len(weight), weight.shape[1] * part.groups


def keep(network: nn.Module, tensors: Iterable[str]) -> Kept:
    """What `put_back` needs."""
    tensors = list(tensors)
    parts = {owner_of(name)[0]: network.get_submodule(owner_of(name)[0]) for name in tensors}
    sizes = {
        name: {key: v for key, v in vars(part).items() if type(v) is int}
        for name, part in parts.items()
    }
    return Kept({name: _held(network, name) for name in tensors}, sizes)


def put_back(network: nn.Module, kept: Kept) -> None:
    """Undo all since `keep`: the same tensors stand where they stood."""
    for name, tensor in kept.tensors.items():
        owner, own = owner_of(name)
        setattr(network.get_submodule(owner), own, tensor)
    for name, sizes in kept.sizes.items():
        for key, size in sizes.items():
            setattr(network.get_submodule(name), key, size)


def reshape(network: nn.Module, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Give tensors of a network whose weights are yet to be loaded these shapes.

    Raises:
        ConfigError: there is no such tensor, or it has another number of axes.
    """
    known = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    owners = dict.fromkeys(owner_of(name)[0] for name in shapes)
    for name, shape in shapes.items():
        if name not in known or known[name].dim() != len(shape):
            raise ConfigError(f"network.grown.shapes: the network has no {name!r} to make {shape}")
        place(network, name, torch.zeros(tuple(shape)))
    for owner in owners:
        tell_sizes(network.get_submodule(owner))


def taken(tensor: Tensor, edit: Edit) -> Tensor:
    """A tensor without what an edit added."""
    old = tensor.detach().narrow(edit.axis, 0, edit.before)
    if not edit.folds:
        return old
    old, added = old.clone(), edit.source[edit.before :]
    # the last split is undone first: it may have shared out what an earlier one had made
    for low in reversed(range(0, len(added), edit.before)):
        rows = torch.tensor(added[low : low + edit.before], device=tensor.device)
        new = tensor.detach().narrow(edit.axis, edit.before + low, len(rows))
        old.index_add_(edit.axis, rows, new)
    return old


def _held(network: nn.Module, name: str) -> Tensor:
    owner, own = owner_of(name)
    tensor = getattr(network.get_submodule(owner), own)
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: a tensor was wanted, got {type(tensor).__name__}")
    return tensor


def _is_parameter(tensor: object) -> bool:
    return isinstance(tensor, nn.Parameter)
