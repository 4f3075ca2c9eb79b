# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Starting points: what a task and a mode use where the recipe says nothing.

A preset is a plain default. It is written into the resolved recipe of every run, so that nothing
about a run is hidden here.
"""

from __future__ import annotations

import copy
from typing import Any

from vynapse.core import SupervisedTask

_NETWORKS: dict[str, dict[str, Any]] = {
    "xor": {"mlp": [2, 2, 1]},
    "spirals": {"mlp": {"sizes": [2, 32, 32, 2], "hidden": "tanh"}},
    "digits": {"mlp": {"sizes": [64, 32, 10], "hidden": "relu"}},
    "mnist": {"mlp": {"sizes": [784, 128, 10], "hidden": "relu"}},
    "cifar10": {"cnn": {"channels": [32, 64, 128]}},
}

_STAGES: dict[tuple[str, str], dict[str, Any]] = {
    ("xor", "deap"): {"budget": {"steps": 20_000, "target": 0.01}},
    ("parity", "deap"): {"budget": {"steps": 20_000, "target": 0.01}},
}

_COMPARISON: dict[str, dict[str, int | float]] = {}

_FALLBACK: dict[str, dict[str, Any]] = {
    "sgd": {"budget": {"epochs": 100}},
    "deap": {"budget": {"steps": 1000}},
}


def default_network(task: SupervisedTask) -> dict[str, Any]:
    """The `network` key for `task`: the one named above, else one hidden layer of 16."""
    if task.name in _NETWORKS:
        return copy.deepcopy(_NETWORKS[task.name])
    inputs = 1
    for side in task.input_shape:
        inputs *= side
    return {"mlp": [inputs, 16, task.output_size]}


def stage_preset(task: str | None, mode: str) -> dict[str, Any]:
    """Keys of a stage of `mode`, as they would stand in a recipe.

    Args:
        task: what a first stage is for; None for a later stage, which starts from a network that
            works already and so needs other settings than a fresh one.
        mode: name of the mode.
    """
    return copy.deepcopy(_STAGES.get((task or "", mode), _FALLBACK.get(mode, {})))


def comparison_budget(task: str) -> dict[str, int | float]:
    """The budget that `vynapse compare` gives every mode on `task` unless told otherwise."""
    return dict(_COMPARISON.get(task, {"flops": 1e10}))
