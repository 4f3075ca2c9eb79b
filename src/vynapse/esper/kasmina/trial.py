# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Whether a network computes what it did, tried on an example in double precision."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError, first_line
from vynapse.esper.kasmina.tied import plain_attention
from vynapse.graph.watching import tensors_in
from vynapse.networks.modules import evaluation_mode, isolated_generators

_EXACT: Final = 1e-12
"""How far an output may move in double precision, relative to its largest value."""
_ROUNDINGS: Final = 100.0
"""As far in another precision: units of its rounding."""

Outputs = tuple[list[Tensor], bool]
"""What a network gave, and whether it computed in double precision."""


def outputs(network: nn.Module, inputs: tuple[Tensor, ...], *, double: bool = True) -> Outputs:
    """What a network computes in evaluation mode; in its own precision where double fails."""
    with evaluation_mode(network), isolated_generators(0), plain_attention(), torch.no_grad():
        if double:
            try:
                held = {**dict(network.named_parameters()), **dict(network.named_buffers())}
                doubled = {name: _doubled(tensor) for name, tensor in held.items()}
                given = tuple(_doubled(x) for x in inputs)
                found = torch.func.functional_call(network, doubled, given)
                return [t.detach() for t in tensors_in(found)], True
            except Exception:  # noqa: BLE001 - the user's code may insist on its own type
                return outputs(network, inputs, double=False)
        return [tensor.detach() for tensor in tensors_in(network(*inputs))], False


def refuse_other(network: nn.Module, inputs: tuple[Tensor, ...], before: Outputs) -> None:
    """Compare what a network computes now with what it computed before.

    Raises:
        ConfigError: it differs, or the network cannot compute any more.
    """
    try:
        after, double = outputs(network, inputs, double=before[1])
    except Exception as error:
        raise ConfigError(
            f"the network cannot compute with more channels: {first_line(error)}"
        ) from error
    if double is not before[1]:
        raise ConfigError("the network cannot compute with more channels: a size in it is fixed")
    if len(after) != len(before[0]) or any(
        _moved(old, new, double=double) for old, new in zip(before[0], after, strict=True)
    ):
        raise ConfigError("with more channels the network would compute something else")


def _moved(old: Tensor, new: Tensor, *, double: bool) -> bool:
    if old.shape != new.shape:
        return True
    if not old.is_floating_point():
        return not torch.equal(old, new)
    error = _EXACT if double else _ROUNDINGS * torch.finfo(old.dtype).eps
    scale = max(1.0, float(old.abs().nan_to_num(0, 0, 0).max())) if old.numel() else 1.0
    return not torch.allclose(new, old, rtol=0, atol=error * scale, equal_nan=True)


def _doubled(tensor: Tensor) -> Tensor:
    return tensor.detach().double() if tensor.is_floating_point() else tensor.detach()
