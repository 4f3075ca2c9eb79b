# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The controllers by name, and how one is made from what stands under the key `controller`.

    controller: no-op                                   a name
    controller: {kind: heuristic, plateau_gain: 0.01}   a name and keys; without a kind, heuristic
    controller: run:runs/learnt                         the policy of a run
    controller: {kind: "package.module:Bold", least: 0.01}
                                                        one of the user's, made as
                                                        Bold(streams, least=0.01)

A user's class that has an attribute `Settings`, a model of its keys, is made as
Bold(settings, streams) instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from vynapse.chosen import Chosen
from vynapse.errors import ConfigError, VynapseError
from vynapse.esper.leyline.controller import Controller, Remembering
from vynapse.esper.tamiyo.kind import ControllerKind
from vynapse.networks.donor import Donor
from vynapse.registry import Choice, Registry
from vynapse.seeding import Streams

CONTROLLERS: Final = Registry(
    "controllers", "controller", ControllerKind, default="heuristic", prefixes={"run": "path"}
)

ControllerChoice = Annotated[Choice[ControllerKind], Chosen(CONTROLLERS)]
"""A field of a settings model that holds a controller."""

_NONE: Final[Mapping[str, Donor]] = MappingProxyType({})


def make_controller(
    choice: Choice[ControllerKind], streams: Streams, donors: Mapping[str, Donor] = _NONE
) -> Controller:
    """The controller that was chosen.

    Args:
        choice: see `CONTROLLERS.choose`.
        streams: random numbers, for a controller that draws.
        donors: networks of runs by name, for a controller that one of them decides for.

    Raises:
        ConfigError: the user's controller cannot be made, or is no `Controller`.
    """
    name = choice.kind.name
    try:
        made = choice.build(streams, *((donors,) if choice.kind.learnt else ()))
    except VynapseError:
        raise
    except Exception as error:
        given = choice.settings.model_dump(mode="json")
        raise ConfigError(
            f"controller: {name} cannot be made with {given}: {str(error) or type(error).__name__}"
        ) from error
    if not isinstance(made, Controller):
        raise ConfigError(
            f"controller: {name} must give an object with the method decide, it gave "
            f"{type(made).__name__}"
        )
    halves = [half for half in ("state", "load") if callable(getattr(made, half, None))]
    if halves and not isinstance(made, Remembering):
        raise ConfigError(
            f"controller: {name} has the method {halves[0]} alone: give it both state and load, or "
            "neither where it remembers nothing"
        )
    return made
