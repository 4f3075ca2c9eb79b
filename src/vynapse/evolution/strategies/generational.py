# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Strategy `generational`: the genetic algorithm whose offspring replace all parents but elites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from vynapse.evolution.evolution_strategy import EvolutionStrategy
from vynapse.evolution.strategies.breeding import OFFSPRING, BreedingKeys, self_adapted
from vynapse.evolution.strategies.kind import Ground, Strategy
from vynapse.evolution.strategies.restart_keys import doubling
from vynapse.evolution.strategies.snes import default_size
from vynapse.settings import Settings, Size


class _Parents(Settings):
    offspring: Size | None = Field(
        None,
        ge=1,
        description="lambda: networks made in a generation, and parents of the next; null for 100",
    )
    elites: int = Field(
        1,
        ge=0,
        validate_default=True,
        description="best parents that compete with the offspring, at most as many as there are",
    )

    @field_validator("elites")
    @classmethod
    def _few_elites(cls, value: int, info: Any) -> int:
        parents = info.data.get("offspring") or OFFSPRING
        if value > parents:
            raise ValueError(f"at most offspring = {parents}")
        return value


class GenerationalSettings(BreedingKeys, _Parents):
    """Keys of strategy `generational`."""


def build(settings: GenerationalSettings, ground: Ground) -> EvolutionStrategy:
    """A fresh population."""
    size = settings.offspring or OFFSPRING
    return EvolutionStrategy(
        ground.centre_in_float32,
        ground.streams,
        plus=False,
        mu=size,
        offspring=size,
        elites=settings.elites,
        **settings.parts(ground),
    )


def suggest(parameters: int, sigma: float, size: int | None) -> Mapping[str, Any]:
    """Every second child has two parents; four times as many children as SNES has samples."""
    offspring = size or 4 * default_size(parameters)
    sizes = {"offspring": offspring, "elites": 1, "crossover_rate": 0.5}
    return {**sizes, **self_adapted(sigma), **doubling(parameters, offspring)}


STRATEGY = Strategy(
    name="generational",
    summary="a genetic algorithm: all offspring become parents, and the elites stay",
    settings=GenerationalSettings,
    build=build,
    suggest=suggest,
)
