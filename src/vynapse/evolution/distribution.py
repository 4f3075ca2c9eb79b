# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Search by a distribution that moves: sample from it, and learn from the losses of the samples.

A `Distribution` is the law (OpenAI-ES, SNES, CMA-ES), in float64 whatever the genomes are, so that
published rates hold. `DistributionSearch` makes a population of it, with masks and restarts: a
masked weight is no dimension of the search at all.

Shapes: `n` samples of a generation, `d` weights that may change, `p` parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, final, runtime_checkable

import numpy as np

from vynapse.core import State
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.evolution.bounded import F64, Reals
from vynapse.evolution.fitness import Losses
from vynapse.evolution.measured import Measured
from vynapse.evolution.mutation import Bits
from vynapse.evolution.restarts import Restarts
from vynapse.kernels import random
from vynapse.seeding import Stream


@runtime_checkable
class Distribution(Protocol):
    """What is sampled, and how it learns."""

    def begin(self, centre: F64, size: int, generation: int) -> None:
        """Forget everything; search round `centre` (d,) with at least `size` samples.

        Args:
            centre: (d,).
            size: samples of a generation.
            generation: number of the first one.
        """

    def sample(self, generation: int) -> F64:
        """Samples of a generation (n, d): a function of its number and of what was learnt."""

    def learn(self, generation: int, samples: F64, losses: Losses) -> None:
        """Losses (n,) of the samples of a generation; +inf where there is none."""

    def sigma(self) -> float:
        """Step size as it stands; the mean where every weight has its own."""

    def state(self) -> State:
        """What was learnt, as copies."""

    def load(self, state: State) -> None:
        """Become the distribution whose `state` this was."""


def normals(stream: Stream, generation: int, count: int, dimensions: int) -> F64:
    """(count, dimensions) standard normal numbers: row i is individual i of the generation."""
    drawn = random.normal(stream, dimensions, generation, np.arange(count))
    return drawn.astype(np.float64)


@final
class DistributionSearch(Generic[Reals]):
    """A population that is sampled anew in each generation.

    Args:
        centre: number of the restart (0 at the start) -> where to search (p,). Its dtype, float32
            or float64, is that of the genomes.
        distribution: the law.
        size: samples of a generation.
        mask: weights that may differ from the centre (p,), None for all.
        restarts: when to start afresh, and how large; None for never.
    """

    def __init__(
        self,
        centre: Callable[[int], Reals],
        distribution: Distribution,
        *,
        size: int,
        mask: Bits | None = None,
        restarts: Restarts | None = None,
    ) -> None:
        self._centre: Callable[[int], Reals] = centre
        self._distribution, self._size = distribution, size
        self._restarts = restarts or Restarts()
        self._generation = 0
        given = centre(0)
        self._free = np.flatnonzero(np.ones(len(given), np.bool_) if mask is None else mask)
        self._asked: tuple[Reals, F64] | None = None
        self._newcomers: Any = given[None][:0]
        self._best: Any = given
        self._best_loss = float(np.inf)
        self._begin()

    def ask(self) -> Reals:
        """The samples of this generation; the same until `tell`."""
        if self._asked is None:
            samples = self._distribution.sample(self._generation)
            if len(newcomers := self._newcomers[: len(samples)]):
                samples = samples.copy()
                samples[-len(newcomers) :] = newcomers[:, self._free]
            genomes: Any = np.tile(self._start, (len(samples), 1))
            genomes[:, self._free] = samples
            self._asked = genomes, samples
        return self._asked[0]

    def tell(self, genomes: Reals, measured: Measured) -> None:
        """Learn from the losses; genomes may differ from those asked for."""
        if self._asked is None or len(genomes) != len(self._asked[0]):
            raise ValueError("tell wants the losses of the genomes that ask gave last")
        (asked, samples), losses = self._asked, measured.losses
        changed = (genomes != asked).any(axis=1)
        if changed.any():
            samples = samples.copy()
            samples[changed] = genomes[changed][:, self._free]
        self._distribution.learn(self._generation, samples, losses)
        self._asked, self._newcomers = None, self._newcomers[:0]
        first = int(losses.argmin())
        if losses[first] < self._best_loss:
            self._best, self._best_loss = genomes[first].copy(), float(losses[first])
        self._generation += 1
        if self._restarts.update(float(losses.min()), genomes):
            self._begin()

    def emigrants(self, count: int) -> tuple[Reals, Measured]:
        """The best sample since the (re)start alone: a distribution has no members."""
        known = min(count, int(np.isfinite(self._best_loss)))
        genomes: Any = self._best[None][:known].copy()
        return genomes, Measured(np.full(known, self._best_loss))

    def receive(self, genomes: Reals, measured: Measured) -> None:
        """They take the place of the last samples of the next generation, and are learnt from."""
        if self._asked is not None:
            raise ValueError("receive is called between tell and ask")
        self._newcomers = np.concatenate([self._newcomers, genomes])

    def metrics(self) -> Mapping[str, float]:
        """Step size and restarts so far."""
        return {"sigma": self._distribution.sigma(), "restarts": float(self._restarts.count)}

    def state(self) -> State:
        """Counters and what was learnt; random numbers have no state."""
        waiting = {"newcomers": self._newcomers.copy()} if len(self._newcomers) else {}
        return {
            **waiting,
            MADE: self._made(),
            "best": self._best.copy(),
            "best_loss": np.array([self._best_loss]),
            "generation": self._generation,
            "distribution": self._distribution.state(),
            "restarts": self._restarts.state(),
        }

    def load(self, state: State) -> None:
        """Become the population whose `state` this was.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("strategy", self._made(), state)
        # files of versions before 0.2 have no best sample
        absent = ("newcomers", "best", "best_loss")
        refuse_misfit(
            "strategy",
            self.state(),
            state,
            free=["distribution"],
            rows=["newcomers"],
            optional=absent,
        )
        self._distribution.load(state["distribution"])
        self._generation, self._asked = state["generation"], None
        self._restarts.load(state["restarts"])
        self._start: Reals = self._centre(self._restarts.count)
        self._newcomers = state.get("newcomers", self._start[None][:0]).copy()
        self._best = state.get("best", self._start).copy()
        self._best_loss = float(state.get("best_loss", [np.inf])[0])

    def _made(self) -> dict[str, Any]:
        return {
            "kind": type(self._distribution).__name__,
            "parameters": len(self._start),
            "free": len(self._free),
            "size": self._size,
            "restarts": self._restarts.made(),
        }

    def _begin(self) -> None:
        """Search round the centre of this (re)start."""
        self._start = self._centre(self._restarts.count)
        self._best = self._start.copy()
        self._best_loss = float(np.inf)
        around = self._start[self._free].astype(np.float64)
        self._distribution.begin(around, self._restarts.scaled(self._size), self._generation)
