# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Settings of mode `policy` for the built-in control tasks, where a recipe says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final


def _hidden(inputs: int, outputs: int) -> Mapping[str, Any]:
    return {"mlp": [inputs, 64, 64, outputs]}


NETWORKS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "cartpole": _hidden(4, 1),
        "acrobot": _hidden(6, 3),
        "mountain-car-continuous": _hidden(2, 1),
        "pendulum": _hidden(3, 1),
    }
)
"""Networks that learn easily, by the name of the task."""

PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "cartpole": {
            "budget": {"env_steps": 100_000, "target": 495},
            "environments": 8,
            "rollout": 32,
            "batch_size": 256,
            "epochs": 20,
            "learning_rate": 0.001,
            "discount": 0.98,
            "trace": 0.8,
            "evaluate_every": 40,
        },
        "acrobot": {
            "budget": {"env_steps": 250_000, "target": -88},
            "environments": 16,
            "rollout": 256,
            "batch_size": 128,
            "epochs": 6,
            "learning_rate": 0.001,
            "anneal": True,
            "trace": 0.94,
            "normalize_observations": True,
            "evaluate_every": 5,
        },
        "mountain-car-continuous": {
            "budget": {"env_steps": 200_000, "target": 92},
            "environments": 4,
            "rollout": 128,
            "batch_size": 128,
            "epochs": 10,
            "learning_rate": 0.0003,
            "discount": 0.9999,
            "trace": 0.9,
            "entropy": 0.00429,
            "value": 0.19,
            "clip_norm": 5.0,
            "deviation": 1.0,
            "smooth_noise": 16,
            "normalize_observations": True,
            "normalize_rewards": True,
            "evaluate_every": 10,
        },
        "pendulum": {
            "budget": {"env_steps": 150_000, "target": -150},
            "environments": 8,
            "rollout": 128,
            "batch_size": 64,
            "epochs": 10,
            "learning_rate": 0.001,
            "anneal": True,
            "discount": 0.95,
            "normalize_observations": True,
            "normalize_rewards": True,
            "evaluate_every": 10,
        },
    }
)
"""Keys of a stage by the name of its task, after the tuned ones of RL Baselines3 Zoo.

Those of `pendulum` look further ahead, with a discount of 0.95 for 0.9. They scale rewards, let the
rate run down and learn in shorter rounds.
"""
