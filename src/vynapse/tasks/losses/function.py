# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A loss that is a function of yours: `loss: {kind: function, function: "package.module:name"}`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, final

from pydantic import Field

from vynapse.core import Loss
from vynapse.errors import ConfigError
from vynapse.imports import import_object
from vynapse.settings import Settings
from vynapse.tasks.losses.registry import LossKind

if TYPE_CHECKING:
    from torch import Tensor


class FunctionSettings(Settings):
    """Keys of the loss function."""

    function: str = Field(
        pattern=r"^[\w.]+:[\w.]+$",
        description="package.module:name of a function of outputs (b, o) and targets of b examples "
        "that returns their mean loss, as torch's functions do",
    )


@final
class FunctionLoss(Loss):
    """What a function says of the outputs (b, o) of one network and the targets of b examples.

    Args:
        name: what it is called.
        function: (outputs, targets) -> a tensor of one number, differentiable in the outputs.
    """

    unit = "as the function has it"

    def __init__(self, name: str, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.name = name
        self._function = function

    def tensor(self, output: Tensor, target: Tensor) -> Tensor:
        """(..., b, o) and the targets of b examples -> (...), one network after the other."""
        import torch

        if output.dim() == 2:
            return self._checked(self._function(output, target))
        leading = output.shape[:-2]
        networks = output.reshape(math.prod(leading), *output.shape[-2:])
        each = torch.stack([self._checked(self._function(one, target)) for one in networks])
        return each.reshape(leading)

    def _checked(self, value: Any) -> Tensor:
        import torch

        if isinstance(value, torch.Tensor) and not value.dim() and value.is_floating_point():
            return value
        got = type(value).__name__
        if isinstance(value, torch.Tensor):
            dtype = str(value.dtype).removeprefix("torch.")
            got = f"shape {tuple(value.shape)}" if value.dim() else f"a number of type {dtype}"
        raise ConfigError(
            f"loss.function: {self.name} must return a tensor of one real number, the mean over "
            f"examples, it returned {got}"
        )


def _build(settings: FunctionSettings) -> FunctionLoss:
    found = import_object(settings.function, "loss.function")
    if not callable(found):
        raise ConfigError(f"loss.function: {settings.function} is no function, it is {found!r}")
    return FunctionLoss(settings.function.partition(":")[2], found)


FUNCTION: Final = LossKind(
    "function", "a function of yours of outputs and targets, by its name", FunctionSettings, _build
)
