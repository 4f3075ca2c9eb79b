# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which parts of a network are activations, judged by what they compute and not by their class.

timm, transformers and users bring classes of their own, which no list would hold.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from vynapse.errors import ConfigError
from vynapse.esper.kasmina.isolation import held_constant
from vynapse.networks.modules import call, isolated_generators

_NUMBERS: Final = 17
_REACH: Final = 8.0
"""The numbers that a part is tried with lie in [-8, 8]: `nn.ReLU6` is straight up to 6."""
_ROUNDING: Final = 1e-5


def is_activation(part: nn.Module) -> bool:
    """Whether a part maps each number by itself, and not along a straight line.

    Parts that have parameters, buffers or parts of their own are none. In evaluation
    `nn.Identity` and `nn.Dropout` are straight lines; `nn.Softmax` looks at other numbers.

    Args:
        part: any module. It is called with a few numbers in evaluation mode.
    """
    if any(True for _ in (*part.children(), *part.parameters(), *part.buffers())):
        return False
    numbers = torch.linspace(-_REACH, _REACH, _NUMBERS).unsqueeze(0)
    with held_constant(part), isolated_generators(0), torch.no_grad():
        try:
            together = _output(part, numbers)
            alone = torch.cat([_output(part, number) for number in numbers.split(1, 1)], 1)
        except ConfigError:
            return False
    if together.shape != numbers.shape or alone.shape != numbers.shape:
        return False
    by_itself = torch.allclose(together, alone, atol=_ROUNDING)
    return by_itself and float(torch.diff(together, n=2).abs().max()) > _ROUNDING


def _output(part: nn.Module, numbers: Tensor) -> Tensor:
    """A copy goes in, and a copy comes out: some parts work in place."""
    return call(part, numbers.clone(), "a row of numbers", ConfigError).clone()
