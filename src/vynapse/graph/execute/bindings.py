# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The functions by which Python calls torch's ops fastest: those that torch binds by name.

A call of an op by its overload costs about twice as much, which is most of the time of a step of a
small network. Both compute the same.
"""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any

import torch

_OWNERS: dict[str, object] = {
    "linalg_vector_norm": getattr(torch._C, "_linalg", None),
    **dict.fromkeys(("gelu", "silu", "softplus", "mse_loss"), torch._C._nn),
}
"""Ops that are not bound beside `torch.mm`."""


def binding(call: torch._ops.OpOverload) -> Callable[..., Any]:
    """The function that torch binds for an op, or the overload itself where it binds none.

    It takes the same arguments, and chooses the overload by their types.
    """
    namespace, _, name = call._schema.name.partition("::")
    found: Any = getattr(_OWNERS.get(name, torch._C._VariableFunctions), name, None)
    fits = namespace == "aten" and isinstance(found, BuiltinFunctionType)
    return found if fits and not any(map(_otherwise, call._schema.arguments)) else call


def _otherwise(argument: torch.Argument) -> bool:
    """Whether a bound function takes this argument by another name or in another place."""
    if argument.is_out:
        return argument.name != "out"
    return argument.name == ("self" if argument.kwarg_only else "alpha")
