# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Settings of mode `sgd` for the built-in tasks, where a recipe says nothing.

They were chosen on validation splits with seeds that no table of results uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

ADAMW: Final[Mapping[str, Any]] = MappingProxyType({"optimizer": "adamw", "schedule": "cosine"})
NESTEROV: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "optimizer": "sgd",
        "momentum": 0.9,
        "nesterov": True,
        "weight_decay": 0.0005,
        "schedule": "cosine",
    }
)

FALLBACK: Final[Mapping[str, Any]] = MappingProxyType({"budget": {"epochs": 100}})
"""For any other task."""

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "xor": {
            "budget": {"steps": 20_000, "target": 0.01},
            "learning_rate": 0.1,
            "evaluate_every": 10,
            "restart_patience": 100,
        },
        "parity": {
            "budget": {"steps": 20_000, "target": 0.01},
            "learning_rate": 0.1,
            "evaluate_every": 10,
            "restart_patience": 200,
        },
        "spirals": {
            "budget": {"steps": 1000},
            "learning_rate": 0.03,
            "schedule": "cosine",
            "batch_size": None,
            "evaluate_every": 25,
        },
        "digits": {
            **ADAMW,
            "budget": {"epochs": 40},
            "learning_rate": 0.005,
            "weight_decay": 0.5,
            "batch_size": 64,
        },
        "glyphs": {
            **NESTEROV,
            "budget": {"epochs": 10},
            "learning_rate": 0.05,
            "batch_size": 64,
        },
        "mnist": {
            **ADAMW,
            "budget": {"epochs": 10},
            "learning_rate": 0.002,
            "weight_decay": 0.3,
        },
        "cifar10": {
            **ADAMW,
            "budget": {"epochs": 8},
            "learning_rate": 0.01,
            "weight_decay": 0.05,
            "warmup": 100,
        },
        "text": {
            **ADAMW,
            "budget": {"epochs": 10},
            "learning_rate": 0.005,
            "weight_decay": 0.05,
            "batch_size": 64,
        },
        "csv": {"budget": {"epochs": 100}, "learning_rate": 0.01, "batch_size": 32},
    }
)
"""Keys of a stage by the name of its task."""
