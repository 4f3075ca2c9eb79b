# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the package brings: for every sort of kind its names, where each is, and a line about it.

A kind is one file and one line here. Other packages name theirs by entry points of the same groups,
"vynapse." in front. Nothing is imported until it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Entries = Mapping[str, tuple[str, str]]
"""Name -> package.module:object of the kind, and one line about it."""

_MODES: Final[Entries] = {
    "sgd": (
        "vynapse.trainers.sgd:MODE",
        "gradient descent on mini-batches: SGD, momentum, Adam, AdamW, RMSprop",
    ),
    "deap": (
        "vynapse.trainers.deap:MODE",
        "weight evolution: genetic algorithms, evolution strategies, CMA-ES",
    ),
    "grow": (
        "vynapse.esper.tolaria.mode:MODE",
        "gradient descent on a network that grows: seeds germinate, train apart, blend in",
    ),
}

_STRUCTURES: Final[Entries] = {
    "mlp": ("vynapse.networks.mlp:KIND", "fully connected layers: mlp: [2, 2, 1]"),
    "cnn": ("vynapse.networks.cnn:KIND", "convolutions and poolings: cnn: [16, 32]"),
    "factory": (
        "vynapse.networks.factory:KIND",
        'a module that a function of yours returns: factory: "package.module:function"',
    ),
}

CATALOGUE: Final[Mapping[str, Entries]] = MappingProxyType(
    {
        "modes": _MODES,
        "tasks": {},
        "losses": {},
        "structures": _STRUCTURES,
        "strategies": {},
        "evaluators": {},
        "controllers": {},
        "blueprints": {},
        "sinks": {},
    }
)
"""Group -> its entries, in the order in which lists show them."""
