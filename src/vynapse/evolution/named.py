# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Populations by name, for a vector of real numbers and nothing known but a step size.

All of them start round the given vector, and again with twice the population when the best loss of
a generation has not improved for 10 + 30 p / n generations (p parameters, n genomes): the restarts
of Auger & Hansen, "A restart CMA evolution strategy with increasing population size" (CEC 2005).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, final, get_args

import numpy as np
import numpy.typing as npt

from vynapse.errors import ConfigError, UnknownName
from vynapse.evolution.distribution import Distribution, DistributionSearch
from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.mutation import Mutation
from vynapse.evolution.population import Population
from vynapse.evolution.restarts import Restarts, Stagnation
from vynapse.evolution.selection import Selection
from vynapse.evolution.steady_population import SteadyState
from vynapse.evolution.strategies.cma_es import CmaEs
from vynapse.evolution.strategies.openai_es import Ascent, OpenAIES
from vynapse.evolution.strategies.snes import Snes, default_size
from vynapse.seeding import Streams

Strategy = Literal[
    "mu+lambda", "mu,lambda", "generational", "steady-state", "openai-es", "snes", "cma-es"
]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a population is made from.

    Attributes:
        x0: where to start (p,).
        sigma: standard deviation of the first steps.
        size: genomes of the first generation; None for what suits the strategy.
        seed: of all random numbers.
    """

    x0: npt.NDArray[np.float64]
    sigma: float
    size: int | None
    seed: int

    def genomes(self, factor: int) -> int:
        """The size, or `factor` times that of SNES and CMA-ES."""
        return self.size or factor * default_size(len(self.x0))

    def restarts(self, size: int) -> Restarts:
        """Afresh when `size` genomes bring no improvement any more, with twice as many."""
        return Restarts(Stagnation(10 + math.ceil(30 * len(self.x0) / size)), growth=2.0)


def make_population(strategy: str, plan: Plan) -> Population:
    """The population called `strategy`; its genomes are float64 where the strategy has them.

    Those of "openai-es", "snes" and "cma-es" are float64, those of the others float32.

    Raises:
        ConfigError: "cma-es" with too few parameters or genomes.
        UnknownName: there is no such strategy.
        MissingExtra: "cma-es" without the package `cma`.
    """
    if strategy not in _MAKERS:
        raise UnknownName("strategy", strategy, get_args(Strategy))
    return _MAKERS[strategy](plan)


def _parents_and_offspring(plan: Plan, *, plus: bool) -> Population:
    offspring = plan.genomes(4)
    return _evolution(plan, plus=plus, mu=max(1, offspring // 4), offspring=offspring)


def _generational(plan: Plan) -> Population:
    size = plan.genomes(4)
    return _evolution(plan, plus=False, mu=size, offspring=size, elites=1, crossover_rate=0.5)


def _evolution(plan: Plan, *, mu: int, offspring: int, **changes: Any) -> Population:
    centre = plan.x0.astype(np.float32)
    options: dict[str, Any] = {"elites": 0, "crossover_rate": 0.0, **changes}
    return EvolutionStrategy(
        lambda _restart: centre,
        Streams(plan.seed),
        mu=mu,
        offspring=offspring,
        selection=Selection(),
        mutation=Mutation(plan.sigma, "self"),
        initial_sigma=plan.sigma,
        restarts=plan.restarts(offspring),
        **options,
    )


def _steady_state(plan: Plan) -> Population:
    centre, size = plan.x0.astype(np.float32), plan.genomes(4)
    return SteadyState(
        lambda _restart: centre,
        Streams(plan.seed),
        size=size,
        children=max(1, size // 4),
        selection=Selection(),
        crossover_rate=0.5,
        mutation=Mutation(plan.sigma, "self"),
        initial_sigma=plan.sigma,
        restarts=plan.restarts(size),
    )


def _distribution(
    plan: Plan, factor: int, make: Callable[[Streams, float], Distribution]
) -> Population:
    size = plan.genomes(factor)
    search = DistributionSearch(
        lambda _restart: plan.x0,
        make(Streams(plan.seed), plan.sigma),
        size=size,
        restarts=plan.restarts(size),
    )
    # the protocol speaks of float32; nothing here depends on it
    return cast("Population", search)


def _cma_es(plan: Plan) -> Population:
    if len(plan.x0) < 2 or plan.genomes(1) < 4:
        raise ConfigError(
            "cma-es: at least 2 parameters and a population of at least 4 were wanted, got "
            f"{len(plan.x0)} and {plan.genomes(1)}: use snes"
        )
    return _distribution(plan, 1, CmaEs)


_MAKERS: Mapping[str, Callable[[Plan], Population]] = {
    "mu+lambda": lambda plan: _parents_and_offspring(plan, plus=True),
    "mu,lambda": lambda plan: _parents_and_offspring(plan, plus=False),
    "generational": _generational,
    "steady-state": _steady_state,
    "openai-es": lambda plan: _distribution(
        plan, 4, lambda streams, sigma: OpenAIES(streams, sigma, Ascent(rate=sigma / 2))
    ),
    "snes": lambda plan: _distribution(plan, 1, Snes),
    "cma-es": _cma_es,
}
