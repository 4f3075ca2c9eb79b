# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strategy `cma-es`: CMA-ES, computed by the package `cma` (pycma).

Hansen, "The CMA evolution strategy: a tutorial" (2016), as its author implements it. Only the order
of the losses matters. Memory is quadratic and time between quadratic and cubic in the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, final

import numpy as np
from pydantic import Field

from vynapse.core import State
from vynapse.core.compatible import MADE, Named, Numbers, refuse_misfit, refuse_other
from vynapse.errors import ConfigError, MissingExtra
from vynapse.evolution.bounded import F64
from vynapse.evolution.distribution import normals
from vynapse.evolution.fitness import Losses
from vynapse.evolution.population import Population
from vynapse.evolution.strategies.kind import Ground, Strategy
from vynapse.evolution.strategies.restart_keys import spread
from vynapse.evolution.strategies.sampling import SamplingKeys, sampled
from vynapse.evolution.strategies.snes import default_size
from vynapse.seeding import Streams
from vynapse.settings import Settings, Size

LARGEST: Final = 10_000
"""Weights; beyond, one matrix takes more than 800 MB."""


@final
class CmaEs:
    """pycma with random numbers of ours, and a state that is data.

    pycma's own state cannot be had but by pickle. So the state is what it was told since the last
    (re)start, and loading tells it again, which takes about as long as the strategy itself had
    taken until then.

    Args:
        streams: "evolution.normal" is drawn from, at (generation, sample).
        sigma: standard deviation at first and after a restart.

    Raises:
        MissingExtra: the package `cma` is not installed.
    """

    def __init__(self, streams: Streams, sigma: float) -> None:
        try:
            import cma  # type: ignore[import-untyped]
        except ImportError:
            raise MissingExtra("cma", "cma", "CMA-ES") from None
        self._make: Any = cma.CMAEvolutionStrategy
        self._normal = streams.stream("evolution.normal")
        self._initial_sigma = sigma

    def begin(self, centre: F64, size: int, generation: int) -> None:
        """Search round `centre` (d,), d >= 2, with `size` >= 4 samples."""
        self._centre, self._size, self._first = centre, size, generation
        self._ranks: list[F64] = []
        self._changed: dict[str, F64] = {}
        self._asked: F64 | None = None
        self._drawn = generation
        # seed nan: pycma leaves the global generator alone; verbose -9: it writes nothing
        options = {"popsize": size, "randn": self._randn, "seed": np.nan, "verbose": -9}
        self._search: Any = self._make(centre.copy(), self._initial_sigma, options)

    def sample(self, generation: int) -> F64:
        """(n, d)"""
        if self._asked is None:
            self._drawn = generation
            self._asked = np.array(self._search.ask())
        return self._asked.copy()

    def learn(self, generation: int, samples: F64, losses: Losses) -> None:
        """Tell pycma the ranks of the losses: equal losses stay equal, +inf is just the worst."""
        asked = self.sample(generation)
        ranks = np.unique(losses, return_inverse=True)[1].astype(np.float64)
        if not np.array_equal(samples, asked):
            self._changed[str(len(self._ranks))] = samples.copy()
        self._ranks.append(ranks)
        self._search.tell(list(samples), ranks.tolist())
        self._asked = None

    def sigma(self) -> float:
        """The overall step size."""
        return float(self._search.sigma)

    def state(self) -> State:
        """All ranks since the (re)start, and samples where they were not those asked for."""
        return {
            MADE: self._made(),
            "first": self._first,
            "centre": self._centre.copy(),
            "size": self._size,
            "ranks": np.array(self._ranks).reshape(-1, self._size),
            "changed": {key: samples.copy() for key, samples in self._changed.items()},
        }

    def load(self, state: State) -> None:
        """Become the distribution whose `state` this was, by telling it all again.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("cma-es", self._made(), state)
        size = state.get("size", self._size)
        rows = size if isinstance(size, int) else self._size
        form = {
            **self.state(),
            "ranks": Numbers(np.float64, (-1, rows)),
            "changed": Named(Numbers(np.float64, (rows, len(self._centre)))),
        }
        refuse_misfit("cma-es", form, state)
        self.begin(state["centre"].copy(), state["size"], state["first"])
        for index, ranks in enumerate(state["ranks"]):
            generation = self._first + index
            changed = state["changed"].get(str(index))
            samples = self.sample(generation) if changed is None else changed
            self.learn(generation, samples, ranks)

    def _made(self) -> dict[str, float]:
        return {"seed": self._normal.seed, "sigma": float(self._initial_sigma)}

    def _randn(self, *shape: int) -> F64:
        """Standard normal numbers of this generation, as pycma asks for them."""
        count, dimensions = shape
        return normals(self._normal, self._drawn, count, dimensions)


class _Samples(Settings):
    offspring: Size | None = Field(
        None,
        ge=1,
        description="samples of a generation, at least 4; null for 4 + 3 ln(weights that may "
        "change)",
    )


class CmaSettings(SamplingKeys, _Samples):
    """Keys of strategy `cma-es`."""


def build(settings: CmaSettings, ground: Ground) -> Population[Any]:
    """A fresh population.

    Raises:
        ConfigError: there are too few or too many weights.
        MissingExtra: the package `cma` is not installed.
    """
    settings.check("cma-es", ground, settings.offspring, least=4)
    if not 2 <= ground.free <= LARGEST:
        raise ConfigError(
            f"strategy: cma-es keeps a matrix of weights by weights: 2 to {LARGEST} weights that "
            f"may change were wanted, there are {ground.free}: use snes"
        )
    law = CmaEs(ground.streams, spread(settings.sigma, ground.weights))
    return settings.search(law, ground, settings.offspring or default_size(ground.free))


def suggest(parameters: int, sigma: float, size: int | None) -> Mapping[str, Any]:
    """The size of the paper.

    Raises:
        ConfigError: there are too few parameters or genomes.
    """
    samples = size or default_size(parameters)
    if parameters < 2 or samples < 4:
        raise ConfigError(
            "cma-es: at least 2 parameters and a population of at least 4 were wanted, got "
            f"{parameters} and {samples}: use snes"
        )
    return sampled(parameters, sigma, samples)


STRATEGY = Strategy(
    name="cma-es",
    summary="CMA-ES: a distribution that also learns how weights correlate",
    settings=CmaSettings,
    build=build,
    suggest=suggest,
)
