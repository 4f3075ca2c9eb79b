# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A module that exists, as the class and the arguments that make another one of its kind.

`nn.Sequential(nn.Linear(2, 8), nn.Tanh())` says in its attributes what it was made with, as all
layers of torch do, and most classes of users. What is described is made again and compared before
it is believed: the same parts, weights and plain attributes.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from typing import Any, Final

import torch
from torch import nn

from vynapse.errors import ConfigError
from vynapse.imports import import_object
from vynapse.live import path_of
from vynapse.networks.modules import isolated_generators

FACTORY: Final = "vynapse.networks.described:build"
_PLAIN = (bool, int, float, str, type(None))
_MISSING: Final = object()


def describe(module: nn.Module) -> dict[str, Any] | None:
    """The options of `build` that make a module of this kind; None where they cannot be found."""
    described = _described(module)
    if described is None:
        return None
    try:
        with isolated_generators(0):
            again = build(described)
    except Exception:  # noqa: BLE001 - a class of the user's may raise anything for these arguments
        return None
    return {"of": described} if alike(module, again) else None


def build(of: dict[str, Any]) -> nn.Module:
    """A fresh module from its description: class, arguments, parts.

    Raises:
        ConfigError: the class cannot be imported.
    """
    made = import_object(of["class"], "network.options.of.class")
    if "parts" in of:
        parts = OrderedDict((name, build(part)) for name, part in of["parts"].items())
        plain = all(name == str(place) for place, name in enumerate(parts))
        module = made(*parts.values()) if plain else made(parts)
    else:
        module = made(**{name: _argument(value) for name, value in of["arguments"].items()})
    if not isinstance(module, nn.Module):
        raise ConfigError(
            f"network.options.of.class: {of['class']} must be a class of torch.nn.Module"
        )
    return module


def alike(one: nn.Module, two: nn.Module) -> bool:
    """Whether two modules have the same parts, weights by name and shape, and plain attributes."""
    if _weights(one) != _weights(two):
        return False
    parts, others = dict(one.named_modules()), dict(two.named_modules())
    return parts.keys() == others.keys() and all(
        type(part) is type(others[name]) and _plain(part) == _plain(others[name])
        for name, part in parts.items()
    )


def identity(module: nn.Module) -> str:
    """What tells a module from others, its weights aside."""
    parts = {name: (type(part).__qualname__, _plain(part)) for name, part in module.named_modules()}
    return repr((parts, _weights(module)))


def _described(module: nn.Module) -> dict[str, Any] | None:
    kind = type(module)
    path = path_of(kind)
    if path is None or _leads_elsewhere(path, kind):
        return None
    if kind is nn.Sequential:
        parts = {name: _described(part) for name, part in module.named_children()}
        return None if None in parts.values() else {"class": path, "parts": parts}
    arguments = {}
    for parameter in _parameters(kind):
        value = _value(module, parameter.name)
        if value is _MISSING:
            if parameter.default is parameter.empty:
                return None
        elif parameter.default is parameter.empty or value != parameter.default:
            arguments[parameter.name] = value
    return {"class": path, "arguments": arguments}


def _leads_elsewhere(path: str, kind: type) -> bool:
    """Whether a path leads to anything but the class."""
    try:
        return import_object(path, "network") is not kind
    except ConfigError:
        return True


def _parameters(kind: type[nn.Module]) -> list[inspect.Parameter]:
    """The named arguments of a class."""
    # an LSTM hands on all but the name of its kind
    source = nn.RNNBase if issubclass(kind, nn.RNNBase) else kind
    return [
        parameter
        for parameter in inspect.signature(source).parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and not (source is nn.RNNBase and parameter.name == "mode")
    ]


def _value(module: nn.Module, name: str) -> Any:
    """The argument of this name as JSON, read back from the attribute of that name."""
    if not hasattr(module, name):
        return _MISSING
    value = getattr(module, name)
    if isinstance(value, nn.Module):
        inner = _described(value)
        return _MISSING if inner is None else {"module": inner}
    if name == "bias" and (value is None or isinstance(value, torch.Tensor)):
        return value is not None
    if isinstance(value, tuple) and all(isinstance(item, _PLAIN) for item in value):
        return {"tuple": list(value)}
    if isinstance(value, list) and all(isinstance(item, _PLAIN) for item in value):
        return value
    return value if isinstance(value, _PLAIN) else _MISSING


def _argument(value: Any) -> Any:
    if isinstance(value, dict):
        return build(value["module"]) if "module" in value else tuple(value["tuple"])
    return value


def _weights(module: nn.Module) -> list[tuple[str, tuple[int, ...], str]]:
    state = module.state_dict()
    return [(name, tuple(tensor.shape), str(tensor.dtype)) for name, tensor in state.items()]


def _plain(module: nn.Module) -> dict[str, Any]:
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {
        name: value
        for name, value in own.items()
        if name != "training" and isinstance(value, (*_PLAIN, tuple, list))
    }
