# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Settings of mode `iql` for the built-in control tasks, where a recipe says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

NETWORKS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {"cartpole": {"mlp": [4, 64, 64, 1]}, "acrobot": {"mlp": [6, 64, 64, 3]}}
)
"""Networks that learn easily, by the name of the task."""

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "cartpole": {
            "budget": {"steps": 100, "target": 495},
            "data": {"behaviour": ["random"], "episodes": 400},
            "learning_rate": 0.001,
            "expectile": 0.8,
        },
    }
)
"""Keys of a stage by the name of its task."""
