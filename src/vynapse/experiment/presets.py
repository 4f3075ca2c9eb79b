# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Starting points: what a task and a mode use where the recipe says nothing.

A preset is a plain default, measured on validation splits with seeds that were not used to choose
it. It is written into the resolved recipe of every run, so that nothing about a run is hidden here.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, Final

from vynapse.core import SupervisedTask
from vynapse.trainers.mode import MODES, Mode

_NETWORKS: Final[dict[str, dict[str, Any]]] = {
    "xor": {"mlp": [2, 2, 1]},
    "spirals": {"mlp": {"sizes": [2, 32, 32, 2], "hidden": "gelu"}},
    "digits": {"mlp": {"sizes": [64, 128, 10], "hidden": "relu"}},
    "glyphs": {
        "factory": "vynapse.esper.kasmina.hosts:residual",
        "options": {"widths": [8, 16, 32]},
    },
    "mnist": {"mlp": {"sizes": [784, 512, 10], "hidden": "relu"}},
    "cifar10": {"cnn": {"channels": [16, 32, 64]}},
    "text": {"factory": "vynapse.esper.kasmina.hosts:transformer", "options": {}},
}

_COMPARISON: Final[dict[str, dict[str, int | float]]] = {
    "xor": {"flops": 3e6, "target": 0.01},
    "parity": {"flops": 1e8, "target": 0.01},
    "spirals": {"flops": 2e9},
    "digits": {"flops": 3e9},
    "glyphs": {"flops": 2e11},
    "mnist": {"flops": 1e11},
    "cifar10": {"flops": 1e12},
    "text": {"flops": 2e12},
}


def default_network(task: SupervisedTask, mode: str | None = None) -> dict[str, Any]:
    """The `network` key for `task`: the one named above, else one hidden layer of 16.

    Args:
        task: what the network is for.
        mode: of the first stage.
    """
    of_mode = MODES.get(mode).networks if mode in MODES.names() else {}
    own = of_mode.get(task.name, _NETWORKS.get(task.name))
    if own is not None:
        return copy.deepcopy(dict(own))
    return {"mlp": [math.prod(task.input_shape), 16, task.output_size]}


def stage_preset(task: str | None, mode: Mode) -> dict[str, Any]:
    """Keys of a stage of `mode`, as they would stand in a recipe.

    Args:
        task: what a first stage is for; None for a later stage, which starts from a network that
            works already and so needs other settings than a fresh one.
        mode: of the stage.
    """
    preset: dict[str, Any] = plain(mode.presets.get(task or "", mode.fallback))
    return preset


def plain(preset: Any) -> Any:
    """A copy of a preset in dictionaries and lists that may be changed."""
    if isinstance(preset, Mapping):
        return {key: plain(value) for key, value in preset.items()}
    return [plain(value) for value in preset] if isinstance(preset, (list, tuple)) else preset


def comparison_budget(task: str) -> dict[str, int | float]:
    """The budget that `vynapse compare` gives every mode on `task` unless told otherwise."""
    return dict(_COMPARISON.get(task, {"flops": 1e10}))
