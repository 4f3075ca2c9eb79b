# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Episodes as what genomes are measured by: the loss is the mean return with its sign turned."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from vynapse.core import Array, ControlTask, Cost
from vynapse.errors import ConfigError
from vynapse.evolution.encoding import Encoding
from vynapse.evolution.genomes import G
from vynapse.evolution.measured import Measured
from vynapse.evolution.programs import Programmed
from vynapse.kernels import control
from vynapse.kernels.control import CONTROL
from vynapse.networks.normalized import Seen, normalized
from vynapse.seeding import Stream


@final
@dataclass(frozen=True, slots=True, eq=False)
class EpisodesObjective:
    """Some episodes, the same for every genome.

    Attributes:
        task: the task.
        episodes: how many.
        seed: root of their beginnings.
        seen: how genomes see observations; None for as they are.
    """

    task: ControlTask
    episodes: int
    seed: int
    seen: Seen | None = None

    def measure(self, encoding: Encoding[G], genomes: G) -> Measured:
        """Mean returns; whole episodes run in the kernels where these know network and task.

        Raises:
            ConfigError: the task's fitness is known to the kernels alone, which do not know the
                network.
        """
        measured = self.in_threads(encoding, genomes, 1)
        if measured is not None:
            return measured
        if self.task.kernel is not None and self.task.kernel.gruau:
            raise ConfigError(
                f"task: {self.task.name} is measured in the kernels: a network of kind neat or mlp "
                "was wanted"
            )
        losses, steps, flops = np.empty(len(genomes)), 0, 0
        for index in range(len(genomes)):
            one = encoding.select(genomes, np.array([index]))
            network = encoding.decode(one[0])
            if self.seen is not None:
                network = normalized(network, self.seen, self.task.observations)
            played = self.task.play(network, self.episodes, self.seed)
            losses[index] = -played.returns.mean()
            taken = int(played.steps.sum())
            steps, flops = steps + taken, flops + taken * (encoding.flops(one) + self._seeing)
        return Measured(losses, Cost(forwards=steps, backwards=0, flops=flops, env_steps=steps))

    @property
    def _seeing(self) -> int:
        """Operations of shifting and scaling an observation."""
        return 0 if self.seen is None else 2 * math.prod(self.task.observations)

    def in_threads(self, encoding: Encoding[G], genomes: G, threads: int) -> Measured | None:
        """The same in the kernels, in threads; None where these do not know network or task."""
        kernel = self.task.kernel
        if kernel is None or not isinstance(encoding, Programmed):
            return None
        known = CONTROL[kernel.name]
        seen = {} if self.seen is None else {"shift": self.seen.shift, "scale": self.seen.scale}
        view = control.view_of(known, sigmoid=True, updates=encoding.updates, **seen)
        starts = control.starts(known, self.seed, np.arange(self.episodes))
        networks = encoding.programs(genomes)
        played = control.play(networks, known, view, starts, kernel.limit, threads=threads)
        returns: Array = control.gruau_fitness(played) if kernel.gruau else played.returns
        each = played.steps.astype(np.int64).sum(axis=1)
        flops_each = encoding.flops_each(genomes) + self._seeing
        steps, flops = int(each.sum()), int((each * flops_each).sum())
        cost = Cost(forwards=steps, backwards=0, flops=flops, env_steps=steps)
        return Measured(-returns.mean(axis=1), cost)


@final
class TrainingEpisodes:
    """The episodes of each generation: a function of its number alone.

    Args:
        task: whose episodes.
        episodes: how many each genome plays.
        renew: every generation plays other episodes.
        stream: source of their seeds.

    Attributes:
        seen: tells how genomes see observations now; None for as they are.
        whole: every generation plays the same episodes, so losses stay comparable.
    """

    counts: ClassVar[tuple[str, ...]] = ("forwards", "backwards", "flops", "env_steps")

    def __init__(self, task: ControlTask, episodes: int, renew: bool, stream: Stream) -> None:
        self._task, self._stream = task, stream
        self.seen: Callable[[], Seen] | None = None
        self._episodes = 1 if task.fixed_start else episodes
        self.whole = task.fixed_start or not renew

    def objective(self, generation: int) -> EpisodesObjective:
        """Those of a generation."""
        seed = self._stream.seed_for(0 if self.whole else generation)
        seen = None if self.seen is None else self.seen()
        return EpisodesObjective(self._task, self._episodes, seed, seen)
