# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What mode `actor-critic` is put together from: the population and the learner of a stage."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from vynapse.core import Array
from vynapse.errors import ConfigError
from vynapse.evolution.encoding import WeightEncoding
from vynapse.evolution.population import Population
from vynapse.evolution.strategies.kind import Ground
from vynapse.networks.state import NetworkState, initial_state
from vynapse.seeding import F32
from vynapse.trainers.actor_critic_settings import ActorCriticSettings
from vynapse.trainers.episodes import control_of
from vynapse.trainers.mode import Stage

if TYPE_CHECKING:
    from vynapse.rl.off_policy import OffPolicy


def evolved(
    stage: Stage, settings: ActorCriticSettings, encoding: WeightEncoding, inside: NetworkState
) -> Population[Any] | None:
    """A fresh population round a network, round another one after a restart; None for none."""
    if settings.strategy is None:
        return None
    start = encoding.encode(None, inside)

    def centre(restart: int) -> Any:
        if restart == 0 or not stage.fresh:
            return start
        return encoding.encode(None, initial_state(inside.structure, stage.streams, restart))

    changing = not control_of(stage).fixed_start
    ground = Ground(centre, stage.streams, None, changing)
    population: Population[Any] = settings.strategy.build(ground)
    return population


def check(settings: ActorCriticSettings, stage: Stage) -> None:
    """Find contradictions without building a trainer.

    Raises:
        ConfigError: there are some.
        MissingExtra: what learns is not installed.
    """
    if settings.strategy is None and not settings.learns:
        raise ConfigError(
            "strategy: a population or a learner was wanted, got neither: set strategy or "
            "updates_per_step"
        )
    task = control_of(stage)
    if task.factors:
        raise ConfigError(
            f"task {task.name}: mode actor-critic wants actions that are one choice or a vector, "
            f"those of the task are made of {len(task.factors)} factors: choose mode policy, neat "
            "or deap"
        )
    from vynapse.rl import library

    library.load("mode actor-critic")


def refuse_unfit(inside: NetworkState) -> None:
    """Refuse a network that remembers.

    Raises:
        ConfigError: it does.
    """
    if inside.policy().start(1) is not None:
        raise ConfigError(
            "network: mode actor-critic needs a network that keeps no state between observations: "
            "choose one that is not recurrent"
        )


def learner_of(stage: Stage, settings: ActorCriticSettings, inside: NetworkState) -> OffPolicy:
    """What learns."""
    from vynapse.networks import modules
    from vynapse.rl.off_policy import OffPolicy, Rules

    def make() -> Any:
        return modules.build(inside.structure, dict(inside.tensors))

    names = (field.name for field in dataclasses.fields(Rules))
    rules = Rules(**{name: getattr(settings, name) for name in names})
    stream = stage.streams.stream("actors.learner")
    return OffPolicy(make, control_of(stage), rules, stream, stage.device)


def flat(raw: Array) -> F32:
    """Observations (n, *shape) as (n, i)."""
    rows: F32 = np.ascontiguousarray(raw.reshape(len(raw), -1), np.float32)
    return rows
