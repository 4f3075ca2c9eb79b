# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Settings of mode `actor-critic` for the built-in control tasks, where a recipe says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final


def _hidden(inputs: int, outputs: int) -> Mapping[str, Any]:
    return {"mlp": {"sizes": [inputs, 64, 64, outputs], "hidden": "relu"}}


NETWORKS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "cartpole": _hidden(4, 1),
        "acrobot": _hidden(6, 3),
        "mountain-car-continuous": _hidden(2, 1),
        "pendulum": _hidden(3, 1),
    }
)
"""Networks that learn easily, by the name of the task."""

POPULATION: Final[Mapping[str, Any]] = MappingProxyType(
    {"kind": "mu+lambda", "mu": 3, "offspring": 7, "sigma": 0.1, "initial_sigma": 0.1}
)
"""A small one, as generations are dear; a key of it may be set alone."""

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "cartpole": {
            "budget": {"env_steps": 30_000, "target": 475},
            "strategy": POPULATION,
        },
        "acrobot": {
            "budget": {"env_steps": 30_000, "target": -80},
            "strategy": POPULATION,
        },
        "mountain-car-continuous": {
            "budget": {"env_steps": 30_000, "target": 92},
            "strategy": POPULATION,
            "normalize_observations": True,
        },
        "pendulum": {
            "budget": {"env_steps": 30_000, "target": -160},
            "strategy": POPULATION,
        },
    }
)
"""Keys of a stage by the name of its task."""
