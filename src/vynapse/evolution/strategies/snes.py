# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strategy `snes`: the separable natural evolution strategy (SNES).

Schaul, Glasmachers & Schmidhuber, "High dimensions and heavy tails for natural evolution
strategies" (GECCO 2011): a normal distribution with one step size per weight follows the natural
gradient of the expected utility. Linear time and memory in the number of weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import Field

from vynapse.core import State
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.evolution.bounded import F64
from vynapse.evolution.distribution import normals
from vynapse.evolution.fitness import Losses
from vynapse.evolution.population import Population
from vynapse.evolution.strategies.kind import Ground, Strategy
from vynapse.evolution.strategies.restart_keys import spread
from vynapse.evolution.strategies.sampling import SamplingKeys, sampled
from vynapse.seeding import Streams
from vynapse.settings import Settings, Size


def default_size(dimensions: int) -> int:
    """Samples of a generation: 4 + floor(3 ln d), for SNES and for CMA-ES."""
    return 4 + math.floor(3 * math.log(dimensions))


def utilities(count: int) -> F64:
    """Utility of the best, the second best … of n: max(0, ln(n/2 + 1) - ln k), scaled to sum to 1
    and made to sum to 0.
    """
    raw = np.maximum(0, math.log(count / 2 + 1) - np.log(np.arange(1, count + 1)))
    result: F64 = raw / raw.sum() - 1 / count
    return result


@final
class Snes:
    """The law of SNES with the paper's rates: 1 for the centre, (3 + ln d) / (5 sqrt d) for sigma.

    Args:
        streams: "evolution.normal" is drawn from, at (generation, sample).
        sigma: standard deviation at first and after a restart.
    """

    def __init__(self, streams: Streams, sigma: float) -> None:
        self._normal = streams.stream("evolution.normal")
        self._initial_sigma = sigma

    def begin(self, centre: F64, size: int, generation: int) -> None:
        """Search round `centre` (d,), every weight with the initial step size."""
        self._centre, self._size = centre, size
        self._sigmas = np.full(len(centre), np.float64(self._initial_sigma))

    def sample(self, generation: int) -> F64:
        """(n, d)"""
        noise = normals(self._normal, generation, self._size, len(self._centre))
        return self._centre + self._sigmas * noise

    def learn(self, generation: int, samples: F64, losses: Losses) -> None:
        """One step along the natural gradient, in the coordinates of the distribution."""
        steps = (samples - self._centre) / self._sigmas
        utility = np.empty(len(losses))
        utility[np.argsort(losses, kind="stable")] = utilities(len(losses))
        rate = (3 + math.log(len(self._centre))) / (5 * math.sqrt(len(self._centre)))
        self._centre = self._centre + self._sigmas * (utility @ steps)
        self._sigmas = self._sigmas * np.exp(rate / 2 * (utility @ (steps**2 - 1)))

    def sigma(self) -> float:
        """Mean of the step sizes."""
        return float(self._sigmas.mean())

    def state(self) -> State:
        """Centre and step sizes."""
        return {
            MADE: self._made(),
            "size": self._size,
            "centre": self._centre.copy(),
            "sigmas": self._sigmas.copy(),
        }

    def load(self, state: State) -> None:
        """Become the distribution whose `state` this was.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("snes", self._made(), state)
        refuse_misfit("snes", self.state(), state)
        self._size = state["size"]
        self._centre, self._sigmas = state["centre"].copy(), state["sigmas"].copy()

    def _made(self) -> dict[str, float]:
        return {"seed": self._normal.seed, "sigma": float(self._initial_sigma)}


class _Samples(Settings):
    offspring: Size | None = Field(
        None,
        ge=1,
        description="samples of a generation, at least 2; null for 4 + 3 ln(weights that may "
        "change)",
    )


class SnesSettings(SamplingKeys, _Samples):
    """Keys of strategy `snes`."""


def build(settings: SnesSettings, ground: Ground) -> Population[Any]:
    """A fresh population."""
    settings.check("snes", ground, settings.offspring, least=2)
    law = Snes(ground.streams, spread(settings.sigma, ground.weights))
    return settings.search(law, ground, settings.offspring or default_size(ground.free))


def suggest(parameters: int, sigma: float, size: int | None) -> Mapping[str, Any]:
    """The size of the paper."""
    return sampled(parameters, sigma, size or default_size(parameters))


STRATEGY = Strategy(
    name="snes",
    summary="SNES: a distribution with one step size for each weight follows the natural gradient",
    settings=SnesSettings,
    build=build,
    suggest=suggest,
)
