# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Modes by name: the built-in table and the entry-point group `vynapse.modes`, loaded lazily."""

from __future__ import annotations

import importlib
from importlib.metadata import EntryPoint, entry_points

from vynapse.errors import ConfigError, UnknownName
from vynapse.trainers.mode import Mode

_BUILTIN = {
    "sgd": (
        "vynapse.trainers.sgd",
        "gradient descent on mini-batches: SGD, momentum, Adam, AdamW, RMSprop",
    ),
    "deap": (
        "vynapse.trainers.deap",
        "weight evolution: genetic algorithms, evolution strategies, CMA-ES",
    ),
    "grow": (
        "vynapse.esper.tolaria.mode",
        "gradient descent on a network that grows: seeds germinate, train apart, blend in",
    ),
}


def mode_names() -> list[str]:
    """Names of all modes, built-in first."""
    return [*_BUILTIN, *sorted(_third_party().keys() - _BUILTIN.keys())]


def mode_summaries() -> dict[str, str]:
    """One line per mode; built-in modes are not imported for it."""
    built_in = {name: summary for name, (_, summary) in _BUILTIN.items()}
    others = [name for name in mode_names() if name not in built_in]
    return built_in | {name: get_mode(name).summary for name in others}


def get_mode(name: str) -> Mode:
    """The mode called `name`.

    Raises:
        UnknownName: there is none; the nearest name is suggested.
        ConfigError: a third-party mode cannot be imported or is no `Mode`.
    """
    if name in _BUILTIN:
        mode = importlib.import_module(_BUILTIN[name][0]).MODE
    elif (entry := _third_party().get(name)) is not None:
        try:
            mode = entry.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"mode: {name!r} of package {entry.value!r} cannot be loaded: {error}"
            ) from None
    else:
        raise UnknownName("mode", name, mode_names())
    if not isinstance(mode, Mode):
        raise ConfigError(f"mode: {name!r} must be a vynapse.Mode, got {type(mode).__name__}")
    return mode


def _third_party() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group="vynapse.modes")}
