# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""OpenAI's evolution strategy.

Salimans, Ho, Chen, Sidor & Sutskever, "Evolution strategies as a scalable alternative to
reinforcement learning" (2017): the centre of a normal distribution with a fixed step size follows
an estimate of the gradient, made from pairs of opposite samples and the ranks of their losses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from vynapse.core import State
from vynapse.evolution.bounded import F64
from vynapse.evolution.distribution import normals
from vynapse.evolution.fitness import Losses
from vynapse.seeding import Streams


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
        momentum: of "sgd".
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
            "pairs": self._pairs,
            "count": self._count,
            "centre": self._centre.copy(),
            "first": self._first.copy(),
            "second": self._second.copy(),
        }

    def load(self, state: State) -> None:
        """Become the distribution whose `state` this was."""
        self._pairs, self._count = state["pairs"], state["count"]
        self._centre = state["centre"].copy()
        self._first, self._second = state["first"].copy(), state["second"].copy()
