# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What an optimiser remembers of a parameter, when another one takes its place.

    carry_over(optimizer, old, new, axis, source)     # any torch.optim.Optimizer

Entries that stay keep what is remembered of them, to the bit. A copy takes over what is remembered
of its source, and a new entry starts with zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def rearranged(entry: Tensor, like: Tensor, axis: int, source: Sequence[int]) -> Tensor:
    """What is remembered of a parameter whose entries were moved along an axis.

    Args:
        entry: what was remembered: as many values as the old parameter, or a single one.
        like: the new parameter.
        axis: along which it has another size.
        source: for each index of the new one, the old index; -1 for a new entry, which gets zeros.
    """
    if entry.dim() == 0:
        return entry.clone()
    index = torch.tensor(source, device=entry.device)
    moved = entry.index_select(axis, index.clamp_min(0))
    shape = [1] * entry.dim()
    shape[axis] = len(source)
    moved = moved.masked_fill(index.reshape(shape) < 0, 0)
    return torch.empty_like(like, dtype=entry.dtype, device=entry.device).copy_(moved)


def carry_over(
    optimizer: torch.optim.Optimizer,
    old: nn.Parameter,
    new: nn.Parameter,
    axis: int,
    source: Sequence[int],
) -> None:
    """Let an optimiser of torch train a parameter that has taken the place of another one.

    Groups, learning rates and schedules stay. What is remembered of `old` in its own shape is
    rearranged; counts stay, and all else of another shape is kept as it is.

    Args:
        optimizer: changed in place; where it does not train `old`, nothing happens.
        old: the parameter of before.
        new: the parameter of now.
        axis: along which they differ.
        source: see `rearranged`.
    """
    if not any(old is p for group in optimizer.param_groups for p in group["params"]):
        return
    for group in optimizer.param_groups:
        group["params"] = [new if p is old else p for p in group["params"]]
    if old in optimizer.state:
        entries = optimizer.state.pop(old)
        optimizer.state[new] = {
            key: rearranged(value, new, axis, source)
            if isinstance(value, Tensor) and value.shape == old.shape
            else value
            for key, value in entries.items()
        }
