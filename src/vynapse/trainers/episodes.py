# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What evolutionary modes share on tasks of control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, final

from pydantic import Field

from vynapse.core import ControlTask, Cost
from vynapse.errors import ConfigError
from vynapse.evolution.episodes import TrainingEpisodes
from vynapse.networks.state import NetworkState
from vynapse.settings import Settings
from vynapse.trainers.mode import Stage


class EpisodeKeys(Settings):
    """Keys that matter on tasks of control alone."""

    episodes: int = Field(
        5,
        ge=1,
        description="control tasks: episodes that a genome plays in a generation; one where all "
        "begin alike",
    )
    renew_episodes: bool = Field(
        True, description="control tasks: every generation plays other episodes"
    )


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

    def score(self, network: NetworkState, flops: int) -> tuple[float, Cost]:
        """Minus the mean return, and what it cost."""
        evaluation, steps = self.task.rate(network, "validation")
        cost = Cost(forwards=steps, backwards=0, flops=steps * flops, env_steps=steps)
        return evaluation.loss, cost


def control_of(stage: Stage) -> ControlTask:
    """The task of a stage with episodes."""
    return cast("ControlTask", stage.task)


def training_episodes(
    stage: Stage, keys: EpisodeKeys, batch_size: int | None, every: int
) -> tuple[TrainingEpisodes, EpisodeValidation]:
    """What genomes are measured by, and candidates.

    Raises:
        ConfigError: there are no examples to make batches of.
    """
    if batch_size is not None:
        raise ConfigError("batch_size: a control task has no examples: remove it, set episodes")
    task = control_of(stage)
    stream = stage.streams.stream("evolution.episodes")
    episodes = TrainingEpisodes(task, keys.episodes, keys.renew_episodes, stream)
    return episodes, EpisodeValidation(task, episodes.whole, every)
