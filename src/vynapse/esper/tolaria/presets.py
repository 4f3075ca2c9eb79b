# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Settings of mode `grow` for the built-in tasks, where a recipe says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from vynapse.trainers.sgd_presets import ADAMW, NESTEROV

_CONVOLUTIONS: Final[Mapping[str, Any]] = {"kind": "heuristic", "blueprints": ["conv_heavy"]}
_TABLE: Final[Mapping[str, Any]] = {
    "budget": {"epochs": 40},
    "training": {**ADAMW, "learning_rate": 0.01, "weight_decay": 0.1, "batch_size": 32},
}

FALLBACK: Final[Mapping[str, Any]] = MappingProxyType(
    {"budget": {"epochs": 40}, "training": {"schedule": "cosine"}}
)
"""For any other task."""

NETWORKS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {"cifar10": {"factory": "vynapse.esper.kasmina.hosts:residual", "options": {}}}
)
"""Networks that growth begins with, where a task's own default has no room to grow."""

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "xor": {
            "budget": {"epochs": 100, "target": 0.01},
            "epoch_steps": 50,
            "training": {"learning_rate": 0.1},
        },
        "parity": {
            "budget": {"epochs": 100, "target": 0.01},
            "epoch_steps": 50,
            "training": {"learning_rate": 0.1},
        },
        "spirals": {
            "budget": {"epochs": 20},
            "epoch_steps": 50,
            "training": {"learning_rate": 0.03, "schedule": "cosine", "batch_size": None},
        },
        "digits": {
            "budget": {"epochs": 40},
            "training": {**ADAMW, "learning_rate": 0.005, "weight_decay": 0.5, "batch_size": 64},
            "controller": {"kind": "heuristic", "parameter_limit": 10.0},
        },
        "glyphs": {
            "budget": {"epochs": 14},
            "training": {**NESTEROV, "learning_rate": 0.05, "batch_size": 64},
            "controller": {**_CONVOLUTIONS, "host_epochs": 1, "deadline": 0.1},
        },
        "cifar10": {
            "budget": {"epochs": 25},
            "training": {**NESTEROV, "learning_rate": 0.05},
            "controller": {**_CONVOLUTIONS, "parameter_limit": 6.0},
        },
        "text": {
            "budget": {"epochs": 10},
            "training": {**ADAMW, "learning_rate": 0.005, "weight_decay": 0.05, "batch_size": 64},
            "controller": {"kind": "heuristic", "blueprints": ["block"]},
        },
        "csv": _TABLE,
        "arrays": _TABLE,
    }
)
"""Keys of a stage by the name of its task."""


def for_other_network(preset: Mapping[str, Any]) -> dict[str, Any]:
    """A preset without its blueprints: they are for slots of the task's own network."""
    controller = {k: v for k, v in preset.get("controller", {}).items() if k != "blueprints"}
    return {**preset, "controller": controller} if controller else dict(preset)
