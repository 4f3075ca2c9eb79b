# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A module round another one that is called as that one is.

`torch.export`, `torch.fx` and ONNX read the parameters of `forward`. So a module that hands all of
its arguments on has to have a `forward` with the same ones, and not `*inputs, **named`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any, Final, TypeVar

from torch import nn

M = TypeVar("M", bound=nn.Module)

_STARS: Final[Mapping[Any, str]] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}


def called_as(kind: type[M], inside: nn.Module, name: str) -> type[M]:
    """A class like `kind` whose `forward` has the parameters of another module's.

    Args:
        kind: its instances hold a module under `name`, and call it with all that they are given.
        inside: a module of the sort that they hold.
        name: the attribute.
    """
    forward = forward_like(inside, name)
    return type(kind.__name__, (kind,), {"forward": forward, "__module__": kind.__module__})


def forward_like(inside: nn.Module, name: str) -> Callable[..., Any]:
    """A method that calls the module under `name`, with the parameters and defaults of `inside`."""
    defaults: dict[str, Any] = {}
    heads, passed = ["self"], []
    star = False  # whether what follows is given by name
    for own in inspect.signature(inside.forward).parameters.values():
        if own.kind == Parameter.KEYWORD_ONLY and not star:
            heads.append("*")
        star = star or own.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_POSITIONAL)
        stars = _STARS.get(own.kind, "")
        default = ""
        if own.default is not Parameter.empty:
            defaults[own.name], default = own.default, f"=_defaults[{own.name!r}]"
        heads.append(f"{stars}{own.name}{default}")
        named = f"{own.name}=" if own.kind == Parameter.KEYWORD_ONLY else ""
        passed.append(f"{stars or named}{own.name}")
    source = f"def forward({', '.join(heads)}):\n    return self.{name}({', '.join(passed)})\n"
    made: dict[str, Any] = {"_defaults": defaults}
    # names and kinds of parameters alone go into the text: what a signature can hold
    exec(source, made)  # noqa: S102
    method: Callable[..., Any] = made["forward"]
    return method
