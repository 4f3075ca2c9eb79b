# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What evolutionary modes share on tasks of control."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import cast, final

from vynapse.core import ControlTask, Cost
from vynapse.errors import ConfigError
from vynapse.evolution.episodes import TrainingEpisodes
from vynapse.evolution.observations import ObservationStatistics
from vynapse.networks.normalized import taken_apart
from vynapse.networks.state import NetworkState
from vynapse.trainers.episode_keys import EpisodeKeys
from vynapse.trainers.mode import Stage


@final
@dataclass(frozen=True, slots=True)
class EpisodeValidation:
    """Candidates play the validation episodes of a task.

    Attributes:
        task: whose episodes.
        whole: every generation plays the same episodes.
        every: generations between two candidates.
    """

    task: ControlTask
    whole: bool
    every: int

    @property
    def each_improvement(self) -> bool:
        """A better training episode is a better score."""
        return self.task.validation_is_train and self.whole

    def score(self, network: NetworkState, flops: int) -> tuple[float, float, Cost]:
        """Minus the mean return, twice, and what it cost."""
        evaluation, steps = self.task.rate(network, "validation")
        cost = Cost(forwards=steps, backwards=0, flops=steps * flops, env_steps=steps)
        return evaluation.loss, evaluation.loss, cost


def control_of(stage: Stage) -> ControlTask:
    """The task of a stage with episodes."""
    return cast("ControlTask", stage.task)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Playing:
    """What genomes of a stage on a control task are measured by.

    Attributes:
        stage: the stage, whose network takes observations as genomes see them.
        episodes: those of each generation.
        candidates: how the winner is chosen.
        seeing: how genomes see observations; None for as they are.
        changing: losses of different generations do not compare.
    """

    stage: Stage
    episodes: TrainingEpisodes
    candidates: EpisodeValidation
    seeing: ObservationStatistics | None
    changing: bool


def playing(stage: Stage, keys: EpisodeKeys, batch_size: int | None, every: int) -> Playing:
    """What genomes are measured by, and candidates.

    A network that normalises its observations is taken apart: what is inside evolves, and it goes
    on seeing as it did, or better if the key says so.

    Raises:
        ConfigError: there are no examples to make batches of.
    """
    if batch_size is not None:
        raise ConfigError("batch_size: a control task has no examples: remove it, set episodes")
    task = control_of(stage)
    inside, start = taken_apart(stage.network)
    stream = stage.streams.stream("evolution.episodes")
    episodes = TrainingEpisodes(task, keys.episodes, keys.renew_episodes, stream)
    running = keys.normalize_observations
    seeing = None
    if running or start is not None:
        seeing = ObservationStatistics(task, episodes, start, running=running)
        episodes.seen = seeing.seen
    candidates = EpisodeValidation(task, episodes.whole, every)
    apart = dataclasses.replace(stage, network=inside)
    return Playing(apart, episodes, candidates, seeing, running or not episodes.whole)
