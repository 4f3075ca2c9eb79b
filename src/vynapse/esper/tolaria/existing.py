# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""How a network that has been trained already is grown, where the user says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

RATE_FACTOR: Final = 0.4
"""Share of the rate that the network was trained at. It keeps the fall of accuracy small.

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


def for_a_trained_network(stages: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Keys of a stage of mode `grow` for a network that is in use and must not get worse.

    Seeds germinate at once, and the network stands still until they blend in; so no layer becomes
    wider, since new channels learn with the network. From then on it is trained by the rule that
    trained it before, at `RATE_FACTOR` of the rate, or by the defaults
    where nothing did; the rate runs down over the budget.

    Args:
        stages: mode and keys of each stage of the run that the network comes from, in order; none
            where it comes from no run.
    """
    return {
        "controller": {"kind": "heuristic", "host_epochs": 0, "bottleneck": None},
        "isolation": "frozen",
        "training": {**_rule(stages), "schedule": "cosine"},
    }


def _rule(stages: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Gradient descent as the last stage did it that knows any; empty where none does."""
    for mode, keys in reversed(list(stages)):
        settings = keys if mode in ("sgd", "static") else keys.get("training")
        if settings is not None:
            rule = {key: settings[key] for key in _RULE if key in settings}
            return rule | {"learning_rate": RATE_FACTOR * settings["learning_rate"]}
    return {}
