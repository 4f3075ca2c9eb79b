# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a network that has been trained already is grown, where the user says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from vynapse.experiment.directory import RunDirectory

RATE_FACTOR: Final = 0.4
"""Of the rate that the network was trained at: what keeps the fall of accuracy small.

See benchmarks/results/growth.md; chosen on validation of other seeds than the table's.
"""
_RULE: Final = (
    "optimizer",
    "momentum",
    "nesterov",
    "betas",
    "weight_decay",
    "clip_norm",
    "batch_size",
)


def existing_network_overrides(checkpoint: Path) -> list[str]:
    """Keys of mode `grow`, as `key=value`, for a network that is in use and must not get worse.

    Seeds germinate at once, and the network stands still until they blend in. From then on it is
    trained by the rule of the run that it comes from, at `RATE_FACTOR` of its rate, or by the
    defaults where it comes from no such run; the rate runs down over the budget.

    Args:
        checkpoint: a run directory or a file of weights.

    Raises:
        RunDirectoryError: a folder that holds no run.
    """
    return [
        "controller={kind: heuristic, host_epochs: 0}",
        "isolation=frozen",
        f"training={json.dumps(_rule(checkpoint) | {'schedule': 'cosine'})}",
    ]


def _rule(checkpoint: Path) -> dict[str, Any]:
    """Gradient descent as the last stage of a run did it; empty where no stage did."""
    if not checkpoint.is_dir():
        return {}
    for stage in reversed(RunDirectory.open(checkpoint).record()["recipe"]["stages"]):
        settings = {"sgd": stage, "grow": stage.get("training")}.get(stage["mode"])
        if settings is not None:
            rule = {key: settings[key] for key in _RULE if key in settings}
            return rule | {"learning_rate": RATE_FACTOR * settings["learning_rate"]}
    return {}
