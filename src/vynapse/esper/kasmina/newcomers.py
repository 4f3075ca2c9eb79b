# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What new channels hold at birth, so that the network computes what it did.

A `split` copies channels that are there, and shares out what read them (Chen et al. 2016, Net2Net:
accelerating learning via knowledge transfer, ICLR). The share is 0, 1/2 or 1, drawn for each
weight. Two halves throughout would have the same gradients for ever. Other shares would be rounded,
while parts of these add up exactly, so that a split can be undone to the bit.

A channel of `zero` has fresh weights, as strong as those of its layer, and nothing reads it yet.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from vynapse.esper.kasmina.resizing import Edit, place, tell_sizes
from vynapse.esper.kasmina.tied import LAYERS, NORMS, Member, Tied, owner_of
from vynapse.seeding import I64

_NORMAL = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
"""What a batch norm holds for a channel that it has not seen."""


def split(network: nn.Module, tied: Tied, count: int, numbers: np.random.Generator) -> list[Edit]:
    """Add copies of channels, those of a round all of different ones."""
    rounds = -(-count // tied.channels)
    sources = np.concatenate([numbers.permutation(tied.channels) for _ in range(rounds)])[:count]
    edits = []
    for member in tied.members:
        old = network.state_dict(keep_vars=True)[member.tensor].detach()
        source = _rows(member, sources)
        new = old.index_select(member.axis, torch.tensor(source, device=old.device))
        both = torch.cat([old, new], member.axis)
        if member.reads:
            both = _shared_out(both, member, source, numbers)
        place(network, member.tensor, both)
        before = old.shape[member.axis]
        kept = (*range(before), *source)
        edits.append(Edit(member.tensor, member.axis, kept, before, folds=member.reads))
    _told(network, edits)
    return edits


def fresh(
    network: nn.Module,
    tied: Tied,
    count: int,
    numbers: np.random.Generator,
    directions: Mapping[str, Tensor] | None = None,
) -> list[Edit]:
    """Add channels with fresh weights that nothing reads.

    Args:
        network: changed in place.
        tied: the channels.
        count: how many to add.
        numbers: what weights are drawn from.
        directions: rows for the first of them, by the name of a weight.
    """
    edits = []
    for member in tied.members:
        old = network.state_dict(keep_vars=True)[member.tensor].detach()
        shape = list(old.shape)
        shape[member.axis] = count * member.places
        if member.reads:
            new = torch.zeros(shape)
        else:
            part = network.get_submodule(owner_of(member.tensor)[0])
            new = _drawn(part, member, old, shape, numbers)
            if directions is not None and member.tensor in directions:
                rows = directions[member.tensor][:count]
                new[: len(rows)] = rows.to(new)
        new = new.to(device=old.device, dtype=old.dtype)
        place(network, member.tensor, torch.cat([old, new], member.axis))
        before = old.shape[member.axis]
        source = (*range(before), *([-1] * shape[member.axis]))
        edits.append(Edit(member.tensor, member.axis, source, before))
    _told(network, edits)
    return edits


def chosen(network: nn.Module, tied: Tied, edits: list[Edit], channels: list[int]) -> list[Edit]:
    """Of the fresh channels keep only some, given as numbers from 0."""
    left = []
    for member, edit in zip(tied.members, edits, strict=True):
        rows = [edit.before + r for r in _rows(member, np.array(channels))]
        tensor = network.state_dict(keep_vars=True)[member.tensor].detach()
        index = torch.tensor([*range(edit.before), *rows], device=tensor.device)
        place(network, member.tensor, tensor.index_select(member.axis, index))
        source = (*range(edit.before), *([-1] * len(rows)))
        left.append(Edit(edit.tensor, edit.axis, source, edit.before))
    _told(network, left)
    return left


def _rows(member: Member, channels: I64) -> list[int]:
    """The indices of channels along a member's axis."""
    return [int(c) * member.places + p for c in channels for p in range(member.places)]


def _shared_out(
    both: Tensor, member: Member, source: list[int], numbers: np.random.Generator
) -> Tensor:
    """Let sources and their copies have a share each of what read the source."""
    axis, before = member.axis, both.shape[member.axis] - len(source)
    for low in range(0, len(source), before):
        own = torch.tensor(source[low : low + before], device=both.device)
        copies = torch.arange(before + low, before + low + len(own), device=both.device)
        whole = both.index_select(axis, own)
        drawn = torch.from_numpy(numbers.integers(0, 3, size=tuple(whole.shape)) * 0.5)
        share = drawn.to(whole)
        both.index_copy_(axis, copies, whole * share)
        both.index_copy_(axis, own, whole * (1 - share))
    return both


def _drawn(
    part: nn.Module, member: Member, old: Tensor, shape: list[int], numbers: np.random.Generator
) -> Tensor:
    """Values of new channels where these are made."""
    own = owner_of(member.tensor)[1]
    if isinstance(part, NORMS):
        return torch.full(shape, _NORMAL[own])
    if type(part) not in LAYERS:  # a scale or a shift of each channel
        mean = old.double().mean(member.axis, keepdim=True).cpu()
        return mean.expand(*shape).clone()
    scale = float(old.double().square().mean().sqrt())
    if scale == 0 and own == "weight":
        scale = float((3 * old[0].numel()) ** -0.5)  # what torch's own initialisation amounts to
    return torch.from_numpy(numbers.uniform(-1, 1, size=tuple(shape)) * scale * 3**0.5)


def _told(network: nn.Module, edits: list[Edit]) -> None:
    for owner in dict.fromkeys(owner_of(edit.tensor)[0] for edit in edits):
        tell_sizes(network.get_submodule(owner))
