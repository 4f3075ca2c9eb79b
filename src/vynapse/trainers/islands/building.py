# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A mode that can search on islands, from one that searches with one population."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vynapse.core import Trainer
from vynapse.errors import ConfigError
from vynapse.trainers.islands.hosts import Here, Hosts
from vynapse.trainers.islands.island import Build
from vynapse.trainers.islands.keys import IslandKeys
from vynapse.trainers.islands.trainer import IslandsTrainer
from vynapse.trainers.mode import Stage


def on_islands(build: Build) -> Callable[[Stage, Any], Trainer]:
    """What builds the trainer of a mode, one population or islands, as the keys say.

    Args:
        build: makes the trainer of one population; a function of a module, since processes of
            islands import it.
    """

    def built(stage: Stage, settings: Any) -> Trainer:
        if settings.islands is None:
            if settings.islands_on != "local":
                raise ConfigError("islands_on: there are no islands: set islands, or remove it")
            return build(stage, settings)
        _refuse(settings)
        count = settings.islands.count
        hosts: Hosts
        if settings.islands_on == "local":
            hosts = Here(build, stage, settings, count)
        else:
            # without such islands nothing of Ray is loaded
            from vynapse.trainers.islands.on_ray import OnRay

            hosts = OnRay(build, stage, settings, count)
        stream = stage.streams.stream("islands.routes")
        return IslandsTrainer(settings.islands, hosts, stream)

    return built


def _refuse(settings: IslandKeys) -> None:
    """Refuse keys that are about one population.

    Raises:
        ConfigError: observations are normalised as one population sees them, or there are several
            objectives.
    """
    if getattr(settings, "normalize_observations", False):
        raise ConfigError(
            "normalize_observations: every island would see in its own way, and a genome that "
            "changes islands would see another world: remove it, or remove islands"
        )
    if getattr(settings, "objectives", None) is not None:
        raise ConfigError(
            "objectives: islands have one winner and no common front: remove it, or remove islands"
        )
