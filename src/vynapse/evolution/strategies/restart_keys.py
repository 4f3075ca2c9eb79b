# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Keys of strategies that may start afresh."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from vynapse.evolution.restarts import Convergence, Restarts, Rule, Stagnation
from vynapse.settings import Settings


class RestartKeys(Settings):
    """When a population starts afresh, and how large it is then."""

    restart_patience: int | None = Field(
        100,
        ge=1,
        description="generations without improvement until the population starts afresh (the best "
        "network is kept aside); null for never",
    )
    min_delta: float = Field(
        0.01,
        ge=0,
        lt=1,
        description="the least drop of the training loss that counts as improvement, as a "
        "fraction of the loss",
    )
    restart_spread: float | None = Field(
        None,
        gt=0,
        description="the population starts afresh when the standard deviation of every weight is "
        "below this; null for never",
    )
    restart_growth: float = Field(
        1.0, ge=1, le=4, description="factor of the size of the population at each restart"
    )

    def restarts(self) -> Restarts:
        """The rules, and the growth."""
        rules: list[Rule] = []
        if self.restart_patience is not None:
            rules.append(Stagnation(self.restart_patience, self.min_delta))
        if self.restart_spread is not None:
            rules.append(Convergence(self.restart_spread))
        return Restarts(*rules, growth=self.restart_growth)

    def problems(self) -> Iterator[str]:
        """A sentence for every key that was set and is not used."""
        if self.restart_patience is None and self.min_delta != 0.01:
            yield "strategy.min_delta: without restart_patience it is not used: remove it"
        if self.restart_patience is None is self.restart_spread and self.restart_growth != 1:
            yield (
                "strategy.restart_growth: without restart_patience and restart_spread nothing "
                "restarts: set one of them or remove it"
            )


def doubling(parameters: int, size: int) -> Mapping[str, Any]:
    """Afresh when `size` genomes bring no improvement any more, with twice as many.

    Auger & Hansen, "A restart CMA evolution strategy with increasing population size" (CEC 2005):
    the best loss of a generation has not improved for 10 + 30 p / n generations (p parameters, n
    genomes).
    """
    patience = 10 + math.ceil(30 * parameters / size)
    return {"restart_patience": patience, "min_delta": 0.0, "restart_growth": 2.0}


def spread(given: float | None, weights: int) -> float:
    """A step size, or 3 / sqrt(weights) where none was given."""
    return 3 / math.sqrt(weights) if given is None else given
