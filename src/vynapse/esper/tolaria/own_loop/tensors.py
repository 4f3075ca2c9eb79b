# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a state of a grower has to hold; its tensors are copied, compared, and filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from torch import Tensor, nn

from vynapse.core import State
from vynapse.core.compatible import MADE, refuse_other
from vynapse.errors import CheckpointError

_PARTS: Final = (MADE, "model", "growth", "diary", "controller", "scheduler", "events", "worth")


def refuse_parts(state: State, made: State, *, schedules: bool) -> None:
    """Refuse what is no state of a grower that was made in this way.

    Args:
        state: what is to be loaded.
        made: what the grower was made from.
        schedules: whether it has a scheduler.

    Raises:
        CheckpointError: it is of one made differently, or a part is absent.
    """
    refuse_other("grower", made, state)
    if lost := [part for part in _PARTS if part not in state]:
        raise CheckpointError(f"grower: the state does not fit: it lacks {lost[0]}")
    if (state["scheduler"] is None) == schedules:
        raise CheckpointError(
            "grower: the state does not fit: give grow() a scheduler where the state has one, and "
            "none where it has none"
        )


def copied(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """A state dict that shares no memory with its model."""
    return {k: v.detach().clone() if isinstance(v, Tensor) else v for k, v in tensors.items()}


def refuse_tensors(own: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse tensors of another model.

    Raises:
        CheckpointError: a name is absent or unknown, or a tensor has another type or shape.
    """
    what = "grower: the state does not fit: model"
    if odd := sorted(own.keys() ^ given.keys()):
        here = "is not known" if odd[0] in given else "is absent"
        raise CheckpointError(f"{what}.{odd[0]} {here}: give grow() the same model")
    for name, tensor in own.items():
        if isinstance(tensor, Tensor):
            other = given[name]
            fits = isinstance(other, Tensor) and other.dtype == tensor.dtype
            if not fits or other.shape != tensor.shape:
                raise CheckpointError(
                    f"{what}.{name}: {_form(tensor)} was wanted, got {_form(other)}"
                )


def fill(model: nn.Module, tensors: Mapping[str, Any]) -> None:
    """Copy tensors into the model."""
    model.load_state_dict(dict(tensors))


def _form(value: object) -> str:
    if not isinstance(value, Tensor):
        return type(value).__name__
    return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
