# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Populations by the name of a strategy, for a vector of which a step size alone is known.

All of them start round the given vector. The built-in ones start again with twice the population
when the best loss of a generation has not improved for 10 + 30 p / n generations (p parameters, n
genomes). These are the restarts of Auger & Hansen, "A restart CMA evolution strategy with
increasing population size" (CEC 2005).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from vynapse.evolution.box import F64
from vynapse.evolution.population import Population
from vynapse.evolution.strategies.kind import STRATEGIES, Ground
from vynapse.seeding import Streams


def make_population(
    strategy: str | Mapping[str, Any],
    x0: F64,
    *,
    sigma: float,
    size: int | None = None,
    seed: int = 0,
) -> Population[npt.NDArray[Any]]:
    """A fresh population of a strategy.

    Genomes of "openai-es", "snes" and "cma-es" are float64, those of the others float32.

    Args:
        strategy: a name, or a mapping of its kind and keys of it, which win over the suggestions
            that the strategy makes for the other arguments.
        x0: where to start (p,).
        sigma: standard deviation of the first steps.
        size: genomes of the first generation; None for what suits the strategy.
        seed: the seed of all random numbers.

    Raises:
        ConfigError: there is no such strategy, its keys are wrong, or it is "cma-es" with too few
            parameters or genomes.
        MissingExtra: "cma-es" without the package `cma`.
    """
    given = {"kind": strategy} if isinstance(strategy, str) else dict(strategy)
    kind = STRATEGIES.get(str(given.get("kind", "snes")), "strategy")
    suggested = kind.suggest(len(x0), float(sigma), size)
    choice = STRATEGIES.choose({**suggested, "kind": kind.name, **given}, "strategy")
    population: Population[npt.NDArray[Any]] = choice.build(Ground(lambda _: x0, Streams(seed)))
    return population
