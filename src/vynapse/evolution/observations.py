# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Running normalisation of observations: their mean and spread, measured as the search goes on.

After each generation its best network plays the training episodes of that generation once more, and
what it sees is added to the statistics. So they depend on no evaluator and on no other genome.
"""

from __future__ import annotations

import math
from typing import Final, final

import numpy as np
import numpy.typing as npt

from vynapse.core import Array, ControlTask, Cost, State
from vynapse.core.control import legal_now
from vynapse.evolution.episodes import TrainingEpisodes
from vynapse.networks.normalized import Seen, normalized
from vynapse.networks.state import NetworkState

_LOOK: Final = 200
"""Steps of an episode that are looked at, at most."""
_STILL: Final = 1e-6
"""Standard deviation up to which an input counts as constant: it is shifted, but not scaled."""


@final
class ObservationStatistics:
    """Mean and variance of observations, merged by Chan, Golub & LeVeque (1983), equation 2.1.

    Args:
        task: whose observations.
        episodes: the training episodes, of which the best network of a generation plays those
            of the generation.
        start: how they are seen before the first is measured; None for as they are.
        running: they are measured; False where `start` stays.
    """

    def __init__(
        self, task: ControlTask, episodes: TrainingEpisodes, start: Seen | None, *, running: bool
    ) -> None:
        self._task, self._episodes, self._running = task, episodes, running
        size = math.prod(task.observations)
        self._count = 0 if start is None else start.count
        self._mean: npt.NDArray[np.float64] = np.zeros(size)
        self._squares: npt.NDArray[np.float64] = np.zeros(size)
        self._start = start or Seen(np.zeros(size, np.float32), np.ones(size, np.float32))
        if self._count:
            self._mean += self._start.shift
            self._squares += self._count / self._start.scale.astype(float) ** 2

    def seen(self) -> Seen:
        """How networks see observations now."""
        if not self._running or not self._count:
            return self._start
        deviation = np.sqrt(self._squares / self._count)
        scale = 1 / np.where(deviation > _STILL, deviation, 1)
        return Seen(self._mean.astype(np.float32), scale.astype(np.float32), self._count)

    def network(self, inside: NetworkState, seen: Seen) -> NetworkState:
        """A network that takes observations as they are."""
        return normalized(inside, seen, self._task.observations)

    def look(self, network: NetworkState, generation: int, flops: int) -> Cost:
        """Let the best network of a generation play once more, and add what it sees.

        Args:
            network: takes observations as they are.
            generation: whose episodes are played.
            flops: operations of one input through the network.
        """
        if not self._running:
            return Cost(forwards=0, backwards=0, flops=0, env_steps=0)
        played = self._episodes.objective(generation)
        observations, steps = _observed(network, self._task, played.episodes, played.seed)
        self.add(observations)
        return Cost(forwards=steps, backwards=0, flops=steps * flops, env_steps=steps)

    def add(self, observations: Array) -> None:
        """Count observations (n, …) in; those with a number that is not finite are left out."""
        flat = observations.reshape(len(observations), -1).astype(np.float64)
        flat = flat[np.isfinite(flat).all(axis=1)]
        count = len(flat)
        if not count:
            return
        mean = flat.mean(axis=0)
        total = self._count + count
        apart = mean - self._mean
        self._squares += ((flat - mean) ** 2).sum(axis=0) + apart**2 * (self._count * count / total)
        self._mean += apart * (count / total)
        self._count = total

    def state(self) -> State:
        """Count, mean and sums of squares."""
        return {
            "count": self._count,
            "mean": self._mean.copy(),
            "squares": self._squares.copy(),
        }

    def load(self, state: State) -> None:
        """Go on from `state`."""
        self._count = int(state["count"])
        self._mean, self._squares = state["mean"].copy(), state["squares"].copy()


def _observed(network: NetworkState, task: ControlTask, count: int, seed: int) -> tuple[Array, int]:
    """What a network sees in episodes of at most `_LOOK` steps (n, *observations), and the steps.

    An observation after which an episode ends is none that the network acts on: it is left out.
    """
    policy, environments = network.policy(), task.environments(count, seed)
    seen = environments.reset()
    over, state = np.zeros(count, bool), policy.start(count)
    parts: list[Array] = []
    for _ in range(_LOOK):
        parts.append(seen[~over])
        outputs, state = policy(seen, state)
        actions = task.act(outputs, legal_now(task, environments))
        seen, _, ended, cut = environments.step(actions)
        over |= ended | cut
        if over.all():
            break
    observations = np.concatenate(parts)
    return observations, len(observations)
