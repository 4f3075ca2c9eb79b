# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""CMA-ES, computed by the package `cma` (pycma).

Hansen, "The CMA evolution strategy: a tutorial" (2016), as its author implements it. Only the order
of the losses matters. Memory is quadratic and time between quadratic and cubic in the weights.
"""

from __future__ import annotations

from typing import Any, Final, final

import numpy as np

from vynapse.core import State
from vynapse.errors import MissingExtra
from vynapse.evolution.bounded import F64
from vynapse.evolution.distribution import normals
from vynapse.evolution.fitness import Losses
from vynapse.seeding import Streams

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
            "first": self._first,
            "centre": self._centre.copy(),
            "size": self._size,
            "ranks": np.array(self._ranks).reshape(-1, self._size),
            "changed": {key: samples.copy() for key, samples in self._changed.items()},
        }

    def load(self, state: State) -> None:
        """Become the distribution whose `state` this was, by telling it all again."""
        self.begin(state["centre"].copy(), state["size"], state["first"])
        for index, ranks in enumerate(state["ranks"]):
            generation = self._first + index
            changed = state["changed"].get(str(index))
            samples = self.sample(generation) if changed is None else changed
            self.learn(generation, samples, ranks)

    def _randn(self, *shape: int) -> F64:
        """Standard normal numbers of this generation, as pycma asks for them."""
        count, dimensions = shape
        return normals(self._normal, self._drawn, count, dimensions)
