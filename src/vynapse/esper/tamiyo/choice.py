# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""From the word or mapping under the key `controller` to a controller."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from vynapse.errors import ConfigError, UnknownName
from vynapse.esper.leyline.controller import Controller
from vynapse.esper.tamiyo.chance import Random
from vynapse.esper.tamiyo.heuristic import Heuristic
from vynapse.esper.tamiyo.pruning import Pruning
from vynapse.esper.tamiyo.schedule import FixedSchedule
from vynapse.esper.tamiyo.settings import (
    ControllerSettings,
    FixedSettings,
    HeuristicSettings,
    NoOpSettings,
    OwnSettings,
    PruningSettings,
    RandomSettings,
)
from vynapse.esper.tamiyo.still import NoOp
from vynapse.imports import import_object
from vynapse.seeding import Streams
from vynapse.settings import validate

_MODELS: Final[Mapping[str, type[ControllerSettings]]] = MappingProxyType(
    {
        "heuristic": HeuristicSettings,
        "fixed": FixedSettings,
        "random": RandomSettings,
        "pruning": PruningSettings,
        "no-op": NoOpSettings,
    }
)
KINDS: Final = tuple(_MODELS)
"""Names of the controllers."""


def controller_keys() -> set[str]:
    """The keys of all controllers together."""
    return {key for model in _MODELS.values() for key in model.model_fields}


def parse_controller(value: Any, where: str = "controller") -> ControllerSettings:
    """Settings from the short form, a name, or from a mapping of `kind` and the kind's own keys.

    Without a kind it is heuristic. "package.module:name" is a controller of the user's.

    Args:
        value: as it was read from a recipe.
        where: dotted key under which it stands; it begins each sentence.

    Raises:
        UnknownName: there is no such kind; names the nearest.
        ConfigError: a key is unknown or its value is wrong, or `value` is neither form.
    """
    content = {"kind": value} if isinstance(value, str) else value
    if not isinstance(content, Mapping):
        raise ConfigError(
            f"{where}: a name or a mapping with the key kind was wanted, got {value!r}: "
            f"valid names are {', '.join(sorted(KINDS))}"
        )
    kind = content.get("kind", "heuristic")
    if not isinstance(kind, str):
        raise ConfigError(
            f"{where}.kind: the name of a controller was wanted, got {kind!r}: "
            f"valid names are {', '.join(sorted(KINDS))}"
        )
    if ":" in kind:
        return validate(OwnSettings, content, where)
    if kind not in _MODELS:
        raise UnknownName("controller", kind, KINDS)
    return validate(_MODELS[kind], content, where)


def make_controller(settings: ControllerSettings, streams: Streams) -> Controller:
    """The controller that the settings describe.

    Args:
        settings: see `parse_controller`.
        streams: where a controller that draws takes its numbers from.

    Raises:
        ConfigError: the user's controller cannot be imported or made, or is no `Controller`.
    """
    if isinstance(settings, OwnSettings):
        return _own(settings, streams)
    if isinstance(settings, HeuristicSettings):
        return Heuristic(settings)
    if isinstance(settings, FixedSettings):
        return FixedSchedule(settings)
    if isinstance(settings, RandomSettings):
        return Random(settings, streams)
    if isinstance(settings, PruningSettings):
        return Pruning(settings)
    return NoOp()


def _own(settings: OwnSettings, streams: Streams) -> Controller:
    factory = import_object(settings.kind, "controller.kind")
    try:
        made = factory(streams, **settings.keys)
    except Exception as error:
        raise ConfigError(
            f"controller: {settings.kind} cannot be made with {settings.keys}: "
            f"{str(error) or type(error).__name__}"
        ) from error
    if not isinstance(made, Controller):
        raise ConfigError(
            f"controller: {settings.kind} must give an object with the methods decide, state and "
            f"load, it gave {type(made).__name__}"
        )
    return made
