# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The metrics of a step of all islands, from those of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

COLUMNS: Final = ("best_island", "migrants")
"""Metrics of islands: the number of the island with the lowest training loss in a generation, and
the genomes that changed islands after it."""

_ADDED: Final = frozenset({"invalid", "species", "restarts", "refined"})
_OF_THE_BEST: Final = frozenset({"best_hidden", "best_connections", "refined_gain"})
_LOWEST: Final = frozenset({"train_best", "solved_step"})


def merged(each: Sequence[Mapping[str, float]], moved: int) -> dict[str, float]:
    """One row of metrics.

    Counts are added up. What belongs to the best genome is that of the island with the lowest
    training loss; of equals, the first. Anything else is the mean of the islands that have it.

    Args:
        each: the metrics of each island.
        moved: genomes that changed islands after the generation.
    """
    leading = int(np.argmin([own.get("train_best", np.inf) for own in each]))
    found: dict[str, float] = {}
    for name in dict.fromkeys(name for own in each for name in own):
        values = [own[name] for own in each if name in own]
        if name in _ADDED:
            found[name] = float(sum(values))
        elif name in _LOWEST:
            found[name] = min(values)
        elif name in _OF_THE_BEST:
            if name in each[leading]:
                found[name] = each[leading][name]
        else:
            found[name] = float(np.mean(values))
    return {**found, "best_island": float(leading), "migrants": float(moved)}
