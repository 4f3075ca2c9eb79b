# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strategy `openai-es`: OpenAI's evolution strategy.

The centre of a normal distribution with a fixed step size follows an estimate of the gradient. It
is made from pairs of opposite samples and the ranks of their losses. Salimans, Ho, Chen, Sidor &
Sutskever, "Evolution strategies as a scalable alternative to reinforcement learning" (2017).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from pydantic import Field

from vynapse.core import State
from vynapse.core.compatible import MADE, refuse_misfit, refuse_other
from vynapse.evolution.bounded import F64
from vynapse.evolution.distribution import normals
from vynapse.evolution.fitness import Losses
from vynapse.evolution.population import Population
from vynapse.evolution.strategies.breeding import OFFSPRING
from vynapse.evolution.strategies.kind import Ground, Strategy
from vynapse.evolution.strategies.restart_keys import spread
from vynapse.evolution.strategies.sampling import SamplingKeys, sampled
from vynapse.evolution.strategies.snes import default_size
from vynapse.seeding import Streams
from vynapse.settings import Settings, Size


def centred_ranks(losses: Losses) -> F64:
    """Ranks of losses (n,), from 1/2 for the best to -1/2 for the worst; equal losses share."""
    _, inverse, counts = np.unique(losses, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean = last - (counts + 1) / 2
    result: F64 = 0.5 - mean[inverse] / max(1, len(losses) - 1)
    return result


@final
@dataclass(frozen=True, slots=True)
class Ascent:
    """How the centre follows the gradient.

    Attributes:
        rule: "adam" (Kingma & Ba 2015; decays 0.9 and 0.999) or "sgd".
        rate: learning rate.
        momentum: the momentum of "sgd".
    """

    rule: Literal["adam", "sgd"] = "adam"
    rate: float = 0.05
    momentum: float = 0.9

    def step(self, gradient: F64, first: F64, second: F64, count: int) -> F64:
        """The step (d,) along the `count`-th gradient (from 1); moments are updated in place."""
        if self.rule == "sgd":
            first *= self.momentum
            first += (1 - self.momentum) * gradient
            return self.rate * first
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient**2 - second)
        scale = math.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        step: F64 = self.rate * scale * first / (np.sqrt(second) + 1e-8)
        return step


@final
class OpenAIES:
    """The law of OpenAI-ES, without its weight decay.

    Args:
        streams: "evolution.normal" is drawn from, at (generation, pair of samples).
        sigma: standard deviation, always.
        ascent: how the centre follows the gradient.
    """

    def __init__(self, streams: Streams, sigma: float, ascent: Ascent) -> None:
        self._normal = streams.stream("evolution.normal")
        self._sigma, self._ascent = sigma, ascent

    def begin(self, centre: F64, size: int, generation: int) -> None:
        """Search round `centre` (d,) with `size` samples, rounded up to pairs."""
        self._centre, self._pairs, self._count = centre, (size + 1) // 2, 0
        self._first, self._second = np.zeros_like(centre), np.zeros_like(centre)

    def sample(self, generation: int) -> F64:
        """(n, d): the centre plus, then minus, the same steps."""
        noise = normals(self._normal, generation, self._pairs, len(self._centre))
        steps = self._sigma * noise
        return np.concatenate([self._centre + steps, self._centre - steps])

    def learn(self, generation: int, samples: F64, losses: Losses) -> None:
        """One step along the estimated gradient of the rank."""
        steps = (samples - self._centre) / self._sigma
        gradient = centred_ranks(losses) @ steps / (len(losses) * self._sigma)
        self._count += 1
        step = self._ascent.step(gradient, self._first, self._second, self._count)
        self._centre = self._centre + step

    def sigma(self) -> float:
        """The step size that was given."""
        return self._sigma

    def state(self) -> State:
        """Centre and moments."""
        return {
            MADE: self._made(),
            "pairs": self._pairs,
            "count": self._count,
            "centre": self._centre.copy(),
            "first": self._first.copy(),
            "second": self._second.copy(),
        }

    def load(self, state: State) -> None:
        """Become the distribution whose `state` this was.

        Raises:
            CheckpointError: it was made differently; nothing was loaded.
        """
        refuse_other("openai-es", self._made(), state)
        refuse_misfit("openai-es", self.state(), state)
        self._pairs, self._count = state["pairs"], state["count"]
        self._centre = state["centre"].copy()
        self._first, self._second = state["first"].copy(), state["second"].copy()

    def _made(self) -> dict[str, Any]:
        return {
            "seed": self._normal.seed,
            "sigma": float(self._sigma),
            "ascent": dataclasses.asdict(self._ascent),
        }


class _Samples(Settings):
    offspring: Size | None = Field(
        None,
        ge=1,
        description="samples of a generation, at least 2 and rounded up to pairs; null for 100",
    )
    optimizer: Literal["adam", "sgd"] = Field(
        "adam", description="how the network at the centre follows the gradient"
    )
    learning_rate: float = Field(0.05, gt=0, description="learning rate of the optimizer")
    momentum: float = Field(0.9, ge=0, lt=1, description="momentum of optimizer sgd")


class OpenAISettings(SamplingKeys, _Samples):
    """Keys of strategy `openai-es`."""

    def problems(self) -> Iterator[str]:
        """A sentence for every key that was set and is not used."""
        if self.optimizer == "adam" and self.momentum != 0.9:
            yield "strategy.momentum: optimizer adam does not use it: remove it"
        yield from super().problems()


def build(settings: OpenAISettings, ground: Ground) -> Population[Any]:
    """A fresh population."""
    settings.check("openai-es", ground, settings.offspring, least=2)
    ascent = Ascent(settings.optimizer, settings.learning_rate, settings.momentum)
    law = OpenAIES(ground.streams, spread(settings.sigma, ground.weights), ascent)
    return settings.search(law, ground, settings.offspring or OFFSPRING)


def suggest(parameters: int, sigma: float, size: int | None) -> Mapping[str, Any]:
    """Four times as many samples as SNES has; steps of half a step size."""
    keys = sampled(parameters, sigma, size or 4 * default_size(parameters))
    return {**keys, "learning_rate": sigma / 2}


STRATEGY = Strategy(
    name="openai-es",
    summary="OpenAI-ES: a gradient estimated from pairs of samples, followed by Adam",
    settings=OpenAISettings,
    build=build,
    suggest=suggest,
)
