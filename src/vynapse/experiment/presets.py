# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Starting points: what a stage of a task uses where the recipe says nothing.

A preset is a plain default, measured on validation splits with seeds that were not used to choose
it. It is written into the resolved recipe of every run, so that nothing about a run is hidden here.
"""

from __future__ import annotations

import copy
from typing import Any, Final

_ADAMW: Final[dict[str, Any]] = {"optimizer": "adamw", "schedule": "cosine"}
_NESTEROV: Final[dict[str, Any]] = {
    "optimizer": "sgd",
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 0.0005,
    "schedule": "cosine",
}
_CONVOLUTIONS: Final[dict[str, Any]] = {"kind": "heuristic", "blueprints": ["conv_heavy"]}

_STAGES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("xor", "sgd"): {
        "budget": {"steps": 20_000, "target": 0.01},
        "learning_rate": 0.1,
        "evaluate_every": 10,
        "restart_patience": 100,
    },
    ("parity", "sgd"): {
        "budget": {"steps": 20_000, "target": 0.01},
        "learning_rate": 0.1,
        "evaluate_every": 10,
        "restart_patience": 200,
    },
    ("spirals", "sgd"): {
        "budget": {"steps": 1000},
        "learning_rate": 0.03,
        "schedule": "cosine",
        "batch_size": None,
        "evaluate_every": 25,
    },
    ("digits", "sgd"): {
        **_ADAMW,
        "budget": {"epochs": 40},
        "learning_rate": 0.005,
        "weight_decay": 0.5,
        "batch_size": 64,
    },
    ("glyphs", "sgd"): {
        **_NESTEROV,
        "budget": {"epochs": 10},
        "learning_rate": 0.05,
        "batch_size": 64,
    },
    ("mnist", "sgd"): {
        **_ADAMW,
        "budget": {"epochs": 10},
        "learning_rate": 0.002,
        "weight_decay": 0.3,
    },
    ("cifar10", "sgd"): {
        **_ADAMW,
        "budget": {"epochs": 8},
        "learning_rate": 0.01,
        "weight_decay": 0.05,
        "warmup": 100,
    },
    ("text", "sgd"): {
        **_ADAMW,
        "budget": {"epochs": 10},
        "learning_rate": 0.005,
        "weight_decay": 0.05,
        "batch_size": 64,
    },
    ("csv", "sgd"): {"budget": {"epochs": 100}, "learning_rate": 0.01, "batch_size": 32},
    ("xor", "grow"): {
        "budget": {"epochs": 100, "target": 0.01},
        "epoch_steps": 50,
        "training": {"learning_rate": 0.1},
    },
    ("parity", "grow"): {
        "budget": {"epochs": 100, "target": 0.01},
        "epoch_steps": 50,
        "training": {"learning_rate": 0.1},
    },
    ("spirals", "grow"): {
        "budget": {"epochs": 20},
        "epoch_steps": 50,
        "training": {"learning_rate": 0.03, "schedule": "cosine", "batch_size": None},
    },
    ("digits", "grow"): {
        "budget": {"epochs": 40},
        "training": {**_ADAMW, "learning_rate": 0.005, "weight_decay": 0.5, "batch_size": 64},
    },
    ("glyphs", "grow"): {
        "budget": {"epochs": 14},
        "training": {**_NESTEROV, "learning_rate": 0.05, "batch_size": 64},
        "controller": _CONVOLUTIONS,
    },
    ("cifar10", "grow"): {
        "budget": {"epochs": 25},
        "training": {**_NESTEROV, "learning_rate": 0.05},
        "controller": {**_CONVOLUTIONS, "parameter_limit": 6.0},
    },
    ("text", "grow"): {
        "budget": {"epochs": 10},
        "training": {**_ADAMW, "learning_rate": 0.005, "weight_decay": 0.05, "batch_size": 64},
        "controller": {"kind": "heuristic", "blueprints": ["block"]},
    },
    ("xor", "deap"): {"budget": {"steps": 20_000, "target": 0.01}},
    ("parity", "deap"): {"budget": {"steps": 20_000, "target": 0.01}},
    ("mnist", "deap"): {"budget": {"steps": 1000}, "batch_size": 500},
    ("cifar10", "deap"): {"budget": {"steps": 200}, "batch_size": 100},
}

_FALLBACK: Final[dict[str, dict[str, Any]]] = {
    "sgd": {"budget": {"epochs": 100}},
    "deap": {"budget": {"steps": 1000}},
    "grow": {"budget": {"epochs": 20}},
}

_OTHERS: Final[dict[str, Any]] = {"budget": {"steps": 1000}}


def stage_preset(task: str | None, mode: str) -> dict[str, Any]:
    """Keys of a stage of `mode`, as they would stand in a recipe.

    Args:
        task: what a first stage is for; None for a later stage, which starts from a network that
            works already and so needs other settings than a fresh one.
        mode: name of the mode.
    """
    return copy.deepcopy(_STAGES.get((task or "", mode), _FALLBACK.get(mode, _OTHERS)))
